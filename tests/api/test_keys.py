"""SSH and GPG keys."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bbasync import BasicAuth, Bitbucket
from bbasync.errors import BadRequestError, ForbiddenError, NotFoundError
from bbasync.fake import FakeBitbucket
from bbasync.fake.state.accountkeys import armoured
from bbasync.resources import GPGKey, SSHKey

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJustAnExample00"


@pytest.fixture
def me(fake: FakeBitbucket) -> str:
    """Whose keys they are."""
    return fake.account("owner").uuid


@pytest.mark.parametrize(
    "when", [date(2027, 1, 1), datetime(2027, 1, 1, tzinfo=UTC), "2027-01-01T00:00:00.000Z"]
)
async def test_an_ssh_key_may_expire(when: date | str, bb: Bitbucket, me: str) -> None:
    """The time goes in the query, the key in the body, and its comment is read off it."""
    made = await bb.ssh.create(me, SSHKey(key=f"{KEY} me@host", label="L"), expires_on=when)
    assert made.expires_on == datetime(2027, 1, 1, tzinfo=UTC)
    assert (made.key, made.comment, made.label, made.last_used) == (KEY, "me@host", "L", None)


async def test_an_ssh_key_without_an_end_has_none(bb: Bitbucket, me: str) -> None:
    """Nothing is asked for, so nothing is set."""
    assert (await bb.ssh.create(me, SSHKey(key=KEY))).expires_on is None


async def test_an_ssh_key_is_found_by_its_link(bb: Bitbucket, me: str) -> None:
    """The service leaves the braces in it as they are: an address, not a template."""
    listed = await bb.ssh.list(me).all()
    assert len(listed) == 2
    for one in listed:
        assert "{" in one.links["self"].href
        assert (await one.self_()).fingerprint == one.fingerprint


async def test_the_service_says_what_is_wrong_with_a_key(bb: Bitbucket, me: str) -> None:
    """Text that is no key, a key twice, and another key in the place of one."""
    with pytest.raises(BadRequestError, match="key: Enter a valid SSH key"):
        await bb.ssh.create(me, SSHKey(key="no key"))
    made = await bb.ssh.create(me, SSHKey(key=KEY))
    with pytest.raises(BadRequestError, match="already added"):
        await bb.ssh.create(me, SSHKey(key=KEY))
    with pytest.raises(BadRequestError, match="can't be changed"):
        await bb.ssh.update(me, str(made.uuid), SSHKey(key=f"{KEY}x"))


async def test_keys_of_others_are_closed(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """403 for a person, 404 for nobody."""
    with pytest.raises(ForbiddenError):
        await bb.ssh.list(fake.account("member").uuid).first()
    with pytest.raises(ForbiddenError):
        await bb.gpg.list(fake.account("member").uuid).first()
    with pytest.raises(NotFoundError):
        await bb.ssh.list("{00000000-0000-0000-0000-000000000000}").first()


async def test_a_gpg_key_shows_itself_only_when_asked(bb: Bitbucket, me: str) -> None:
    """``fields`` brings the key and its subkeys, each of which names its parent."""
    plain = await bb.gpg.list(me).first()
    assert plain is not None
    assert (plain.key, plain.subkeys, plain.parent_fingerprint) == (None, None, None)
    whole = await bb.gpg.get(me, str(plain.fingerprint), fields="+key,+subkeys")
    assert str(whole.key).startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")
    [subkey] = whole.subkeys or ()
    assert subkey.parent_fingerprint == plain.fingerprint
    with pytest.raises(ForbiddenError, match="subkey"):
        await bb.gpg.delete(me, str(subkey.fingerprint))


async def test_a_gpg_key_is_added_and_found_in_either_case(bb: Bitbucket, me: str) -> None:
    """The service writes fingerprints small in objects and large in links."""
    made = await bb.gpg.create(me, GPGKey(key=armoured("mine"), name="Mine"))
    assert made.fingerprint == str(made.fingerprint).lower()
    assert made.links["self"].href.endswith(str(made.fingerprint).upper())
    assert (await made.self_()).name == "Mine"
    with pytest.raises(BadRequestError, match="valid GPG key"):
        await bb.gpg.create(me, GPGKey(key="no key"))


async def test_the_services_own_key_is_text(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """For members of the workspace only."""
    assert "BEGIN PGP PUBLIC KEY BLOCK" in await bb.gpg.get_public_key("acme")
    stranger = fake.account("outsider")
    auth = BasicAuth(stranger.email, stranger.api_token)
    async with Bitbucket(auth, base_url=fake.url) as other:
        with pytest.raises(ForbiddenError):
            await other.gpg.get_public_key("acme")
