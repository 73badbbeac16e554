"""What is left of API 1.0: forms and texts, plain arrays, and errors without a layout."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket, Resource
from bbasync.errors import (
    ArgumentError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    MethodNotAllowedError,
    NotFoundError,
)
from bbasync.fake import FakeBitbucket
from bbasync.model.make import from_wire
from bbasync.model.shape import fields_of
from bbasync.resources import GroupPrivilege, Invitation, V1Account, V1Group

PAYLOADS = (
    Path(__file__).parents[3] / "shared/payloads/responses/cyprianno__spring-social-bitbucket"
)
RECORDED = {
    "get-a-list-of-groups": V1Group,
    "get-group-on-repository": GroupPrivilege,
    "get-list-of-repositories-with-privilege-group": GroupPrivilege,
    "get-pending-invitations": Invitation,
    "get-pending-invitations-for-email": Invitation,
    "get-privilege-group-associated-with-group": GroupPrivilege,
    "get-privileged-groups": GroupPrivilege,
    "get-privileged-groups-for-repository": GroupPrivilege,
    "get-privileges-across-all-repositories": GroupPrivilege,
    "get-the-group-members": V1Account,
    "post-a-new-group": V1Group,
    "put-new-member-into-a-group": V1Account,
    "send-an-invite": Invitation,
    "set-repo-privilege": GroupPrivilege,
    "update-a-group": V1Group,
}


@pytest.fixture
async def oauth(fake: FakeBitbucket) -> AsyncIterator[Bitbucket]:
    """A client of the same person, by a token of OAuth."""
    async with Bitbucket(BearerAuth(fake.oauth_token), base_url=fake.url) as client:
        yield client


async def test_groups_come_with_everybody_in_them(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """In one request, from below the host's root and not below the base URL."""
    found = await bb.groups.list("acme")
    assert [sent.path for sent in fake.requests] == ["/1.0/groups/acme"]
    by_slug = {one.slug: one for one in found}
    developers = by_slug["developers"]
    known = fake.store.workspaces["acme"].groups["developers"].members
    assert {one.uuid for one in developers.members or ()} == known
    assert by_slug["administrators"].permission == "admin"
    assert developers.permission is None


async def test_a_group_is_found_by_who_is_in_it(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """The names repeat; a group that the caller is not in is left out, and no error."""
    found = await bb.groups.find(group=["acme/administrators", "acme/developers"])
    assert [one.slug for one in found] == ["administrators"]
    assert await bb.groups.find(group="acme/developers") == ()
    assert fake.requests[0].query == "group=acme%2Fadministrators&group=acme%2Fdevelopers"


async def test_a_group_is_made_by_a_form_and_changed_by_json(
    oauth: Bitbucket, fake: FakeBitbucket
) -> None:
    """A slug is the name in small letters with dashes; a change keeps what it does not name."""
    made = await oauth.groups.create("acme", name="The Designers")
    assert (made.name, made.slug, made.permission) == ("The Designers", "the-designers", None)
    await oauth.groups.update("acme", "the-designers", V1Group(permission="write"))
    changed = await oauth.groups.update("acme", "the-designers", {"auto_add": True})
    assert (changed.permission, changed.auto_add) == ("write", True)
    cleared = await oauth.groups.update("acme", "the-designers", V1Group(permission=None))
    assert cleared.permission is None
    kinds = [sent.headers["Content-Type"] for sent in fake.requests]
    assert kinds == ["application/x-www-form-urlencoded", *["application/json"] * 3]
    assert fake.requests[0].body == b"name=The+Designers"
    assert fake.requests[1].path == "/1.0/groups/acme/the-designers/"


async def test_members_come_and_go(oauth: Bitbucket, fake: FakeBitbucket) -> None:
    """A person is put in with an empty object, since the service wants JSON there."""
    person = fake.account("member").uuid
    where = ("acme", "contractors", person)
    assert (await oauth.groups.add_member(*where)).uuid == person
    assert fake.requests[0].body == b"{}"
    assert person in [one.uuid for one in await oauth.groups.list_members("acme", "contractors")]
    await oauth.groups.remove_member(*where)
    assert person not in [
        one.uuid for one in await oauth.groups.list_members("acme", "contractors")
    ]
    with pytest.raises(NotFoundError):
        await oauth.groups.remove_member(*where)


async def test_an_api_token_can_read_groups_and_not_write_them(bb: Bitbucket) -> None:
    """It can't have the scope, and learns so by a plain text."""
    assert (await bb.groups.get("acme", "developers")).name == "Developers"
    for call in (
        bb.groups.create("acme", name="New"),
        bb.groups.update("acme", "developers", V1Group(auto_add=True)),
        bb.groups.delete("acme", "developers"),
        bb.groups.add_member("acme", "developers", "{x}"),
        bb.groups.remove_member("acme", "developers", "{x}"),
    ):
        with pytest.raises(ForbiddenError, match="scopes"):
            await call


async def test_a_workspace_is_named_by_its_slug(
    bb: Bitbucket, oauth: Bitbucket, fake: FakeBitbucket
) -> None:
    """By its uuid, creating a group is 405 and everything else 403."""
    uuid = fake.store.workspaces["acme"].uuid
    with pytest.raises(MethodNotAllowedError):
        await oauth.groups.create(uuid, name="New")
    with pytest.raises(ForbiddenError):
        await bb.groups.list(uuid)
    with pytest.raises(NotFoundError):
        await bb.groups.list("nowhere")


async def test_errors_are_plain_text_and_still_typed(
    bb: Bitbucket, oauth: Bitbucket, fake: FakeBitbucket
) -> None:
    """The text is the message, whatever the status."""
    with pytest.raises(NotFoundError) as caught:
        await bb.groups.get("acme", "nobody")
    assert (caught.value.message, caught.value.detail) == ("Not Found", None)
    with pytest.raises(ConflictError, match="of that name"):
        await oauth.groups.create("acme", name="Developers")
    with pytest.raises(BadRequestError, match="permission is one of"):
        await oauth.groups.update("acme", "developers", {"permission": "owner"})
    member = fake.account("member")
    auth = BasicAuth(member.email, member.api_token)
    async with Bitbucket(auth, base_url=fake.url) as other:
        with pytest.raises(ForbiddenError, match="Forbidden"):
            await other.groups.list("acme")
        with pytest.raises(ForbiddenError, match="Forbidden"):
            await other.group_privileges.list("acme")
        with pytest.raises(ForbiddenError, match="Forbidden"):
            await other.invitations.list("acme")
    async with Bitbucket(BearerAuth(fake.access_token), base_url=fake.url) as token:
        with pytest.raises(ForbiddenError, match="does not support authentication"):
            await token.groups.list("acme")


@pytest.mark.parametrize("format_", ["yaml", "xml"])
async def test_other_formats_are_handed_back_as_text(format_: Any, bb: Bitbucket) -> None:
    """What the service sends, not looked into; the call is spelled as for JSON."""
    text = await bb.groups.as_text(format_, bb.groups.list, "acme")
    assert text.startswith({"yaml": "-\n  name:", "xml": "<?xml "}[format_])
    assert "developers" in text
    given = await bb.group_privileges.as_text(
        format_, bb.group_privileges.list, "acme", filter="write"
    )
    assert "write" in given
    assert "administrators" not in given
    found = await bb.groups.as_text(format_, bb.groups.find, group="acme/administrators")
    assert "administrators" in found
    assert await bb.invitations.as_text(format_, bb.invitations.list, "acme")


async def test_only_what_reads_has_formats(bb: Bitbucket) -> None:
    """A format that there is none of, a write and a method of another group are refused."""
    groups: Any = bb.groups
    with pytest.raises(ArgumentError, match="json"):
        await groups.as_text("json", groups.list, "acme")
    with pytest.raises(ArgumentError, match=r"groups\.delete has no format"):
        await groups.as_text("xml", groups.delete, "acme", "developers")
    with pytest.raises(ArgumentError, match="of this group"):
        await groups.as_text("xml", bb.workspaces.get, "acme")
    with pytest.raises(ArgumentError, match="of this group"):
        await groups.as_text("xml", "list", "acme")
    assert bb.requests_sent == 0


async def test_a_privilege_is_given_by_a_word(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """The body is that word alone; what comes back is a list of the one privilege."""
    where = ("acme", "site", "acme", "developers")
    [given] = await bb.group_privileges.update(*where, "write")
    sent = fake.requests[-1]
    assert (sent.body, sent.headers["Content-Type"]) == (b"write", "text/plain")
    assert (given.repo, given.privilege) == ("acme/site", "write")
    assert given.repository is not None
    assert given.repository.owner is not None
    assert given.repository.owner.is_team is True
    assert [one.privilege for one in await bb.group_privileges.get(*where)] == ["write"]
    await bb.group_privileges.delete(*where)
    with pytest.raises(NotFoundError):
        await bb.group_privileges.get(*where)
    with pytest.raises(BadRequestError, match="read, write, admin"):
        await bb.group_privileges.update(*where, "owner")


async def test_privileges_are_listed_by_kind_repository_and_group(
    bb: Bitbucket, fake: FakeBitbucket
) -> None:
    """All in one array, and nothing of it paged."""
    fake.store.workspaces["acme"].repositories["site"].is_private = False
    every = await bb.group_privileges.list("acme")
    assert {one.privilege for one in every} == {"read", "write"}
    writes = await bb.group_privileges.list("acme", filter="write")
    assert [one.repo for one in writes] == [one.repo for one in every if one.privilege == "write"]
    private = await bb.group_privileges.list("acme", private=True)
    public = await bb.group_privileges.list("acme", private=False)
    assert len(private) + len(public) == len(every)
    assert public
    site = await bb.group_privileges.list_of_repository("acme", "site")
    assert {one.repo for one in site} == {"acme/site"}
    contractors = await bb.group_privileges.list_of_group("acme", "acme", "contractors")
    assert contractors
    await bb.group_privileges.delete_of_group("acme", "acme", "contractors")
    assert await bb.group_privileges.list_of_group("acme", "acme", "contractors") == ()
    assert len(await bb.group_privileges.list("acme")) == len(every) - len(contractors)


async def test_an_invitation_to_a_repository_has_local_times(
    bb: Bitbucket, fake: FakeBitbucket
) -> None:
    """Those of Amsterdam become aware, and equal the same times in UTC beside them."""
    fake.store.clock = lambda: datetime(2026, 7, 19, 16, 22, 51, tzinfo=UTC).timestamp()
    made = await bb.invitations.create("acme", "site", email="a+b@example.com", permission="read")
    assert fake.requests[0].body in {
        b"permission=read&email=a%2Bb%40example.com",
        b"email=a%2Bb%40example.com&permission=read",
    }
    assert made.to_dict()["sent_on"] == "2026-07-19 18:22:51"
    assert made.sent_on == datetime(2026, 7, 19, 16, 22, 51, tzinfo=UTC)
    site = made.repository
    assert site is not None
    assert (site.slug, site.owner) == ("site", "acme")
    assert site.created_on == site.utc_created_on
    assert site.last_updated == site.utc_last_updated


async def test_invitations_to_groups_are_made_read_and_taken_back(bb: Bitbucket) -> None:
    """Taking one back is a deletion that says whose in its body."""
    new = "new@example.com"
    await bb.invitations.invite("acme", Invitation(email=new, group_slug="developers"))
    await bb.invitations.invite("acme", {"email": new, "group_slug": "reviewers"})
    found = await bb.invitations.get("acme", new)
    assert found.groups == ("acme/developers", "acme/reviewers")
    assert (await bb.invitations.get_for_group("acme", new, "acme", "reviewers")).email == new
    assert new in [one.email for one in await bb.invitations.list("acme")]
    await bb.invitations.delete("acme", {"email": new, "group_slug": "reviewers"})
    assert (await bb.invitations.get("acme", new)).groups == ("acme/developers",)
    with pytest.raises(NotFoundError):
        await bb.invitations.get_for_group("acme", new, "acme", "reviewers")
    await bb.invitations.delete("acme", Invitation(email=new))
    with pytest.raises(NotFoundError):
        await bb.invitations.get("acme", new)


async def test_times_of_invitations_to_groups_are_utc(bb: Bitbucket) -> None:
    """They say so themselves, with a space where others have a T."""
    joe = await bb.invitations.get("acme", "joe@example.com")
    assert joe.to_dict()["utc_sent_on"] == "2026-07-19 16:22:51+00:00"
    assert joe.utc_sent_on == datetime(2026, 7, 19, 16, 22, 51, tzinfo=UTC)


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="no recorded payloads beside the repository")
@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_answer_is_read_whole(name: str) -> None:
    """Each field reads, none is unknown, and a dump is what came in."""
    data = json.loads((PAYLOADS / f"{name}.json").read_bytes())
    for item in data if isinstance(data, list) else [data]:
        made = from_wire(item, RECORDED[name], None)
        _read_whole(made)
        assert made.to_dict() == item


def _read_whole(made: Resource) -> None:
    known = {name.rstrip("_") for name in fields_of(type(made))}
    assert set(made.to_dict()) <= known
    for name in fields_of(type(made)):
        value = getattr(made, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Resource):
                _read_whole(one)
