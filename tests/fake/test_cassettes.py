"""Cassettes: a whole program of the real client, recorded once and played back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket, ClientCredentialsAuth, OAuthConsumer
from bbasync.errors import AnswerError
from bbasync.fake import FakeBitbucket, Fault
from bbasync.fake.cassettes import Player, Recorder
from tests.fake.conftest import Asker, basic

NOTE = b"hello\n"
HOOK = {"url": "https://ci.example.org/h/T0PSECRET-path", "events": ["repo:push"], "active": True}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SECRET = "hook-secret-0815"


async def failed(call: Awaitable[Any]) -> tuple[int, str]:
    """The status that a call fails with, and what the error is."""
    with pytest.raises(AnswerError) as caught:
        await call
    return caught.value.status, type(caught.value).__name__


async def program(url: str, owner: Any, member: Any, oauth: Any) -> list[Any]:
    """What a program does and sees: pages, links, changes, files, errors, and API 1.0."""
    said: list[Any] = []
    async with Bitbucket(owner, base_url=url, max_wait=0) as bb:
        repositories = [one async for one in bb.repositories.list("acme", pagelen=5)]
        said += [[one.full_name, one.uuid, one.created_on.isoformat()] for one in repositories]
        pulls = [one async for one in repositories[0].pullrequests()]
        said += [[one.id, one.title, one.author.display_name, one.author.uuid] for one in pulls]
        said += [one.hash async for one in pulls[0].commits()]
        author = await bb.users.get(pulls[0].author.uuid)
        said.append([author.display_name, author.account_id])
        members = [one async for one in bb.workspaces.list_members("acme")]
        people = [one.user for one in members]
        said += [[one.display_name, one.nickname, one.account_id, one.uuid] for one in people]
        said += [one.author.raw async for one in bb.commits.list("acme", "site")]
        said.append(await changes(bb))
        await bb.downloads.upload("acme", "site", {"note.txt": NOTE})
        said.append((await bb.downloads.get("acme", "site", "note.txt")).decode())
        diff = await bb.stream("/repositories/acme/site/pullrequests/1/diff")
        said.append(diff.decode())
        said.append(await failed(bb.repositories.get("acme", "nothing")))
        said.append(await failed(bb.repositories.get("acme", "jobs")))
        reader = bb.as_(member)
        said.append(await failed(reader.repositories.list_webhooks("acme", "site").all()))
        stranger = bb.as_(BearerAuth("no-such-token-at-all"))
        said.append(await failed(stranger.repositories.get("acme", "site")))
        groups = await bb.as_(oauth).groups.list("acme")
        said += [[one.slug, [m.display_name for m in one.members]] for one in groups]
    return said


async def changes(bb: Bitbucket) -> list[Any]:
    """Create, change and delete."""
    made = await bb.repositories.create("acme", "new-one", {"project": {"key": "WEB"}})
    renamed = await bb.repositories.update("acme", "new-one", {"description": "Other"})
    hook = await bb.repositories.create_webhook("acme", "new-one", HOOK | {"secret": SECRET})
    await bb.repositories.update_webhook("acme", "new-one", hook.uuid, {"url": HOOK["url"]})
    await bb.repositories.delete_webhook("acme", "new-one", hook.uuid)
    await bb.repositories.delete("acme", "new-one")
    return [made.uuid, renamed.description, hook.uuid]


def leaves(value: Any) -> Iterator[Any]:
    """What lists end in."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from leaves(one)
    else:
        yield value


def assert_same_but_for_names(real: Any, played: Any, names: set[str]) -> None:
    """Each value stayed, or has a name in it and became another one, the same each time."""
    before, after = list(leaves(real)), list(leaves(played))
    assert len(before) == len(after)
    there, back = dict(zip(before, after, strict=True)), dict(zip(after, before, strict=True))
    assert [there[one] for one in before] == after
    assert [back[one] for one in after] == before
    changed = [str(one) for one, other in there.items() if one != other]
    assert [one for one in changed if not (UUID.search(one) or any(n in one for n in names))] == []


def personal(fake: FakeBitbucket) -> set[str]:
    """All that is somebody's, or secret, in a fake."""
    found = set(fake.store.credentials)
    for one in fake.accounts:
        found |= {one.display_name, one.nickname, one.email, one.account_id, one.api_token}
        found |= set(one.display_name.split())
        found |= {one.uuid[1:-1], one.uuid[1:-1].replace("-", ""), basic(one.email, one.api_token)}
        found.add(base64.b64encode(f"{one.email}:{one.api_token}".encode()).decode())
    found |= {one.uuid[1:-1] for one in fake.store.repositories()}
    found |= {one.uuid[1:-1] for one in fake.store.workspaces.values()}
    return found


def assert_clean(text: str, fake: FakeBitbucket) -> None:
    """Nothing personal is in a text, as it is or as an address has it."""
    low = text.lower()
    for one in personal(fake):
        for spelled in {one, quote(one), quote(one, safe="")}:
            assert spelled.lower() not in low, spelled
    assert "T0PSECRET" not in text
    assert SECRET not in text


def read(path: Path) -> str:
    """All that is in a file."""
    return path.read_text("utf-8")


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """Where a cassette goes."""
    return tmp_path / "session.json"


async def test_a_program_sees_the_same_from_a_cassette(fake: FakeBitbucket, cassette: Path) -> None:
    """But for names; every exchange is used, and nothing of anybody's is in the file."""
    member = fake.account("member")
    fake.faults.add("/repositories/acme/jobs", Fault.too_many(retry_after=3600))
    async with Recorder(cassette, upstream=fake.site) as recorder:
        real = await program(
            recorder.url,
            BasicAuth(fake.email, fake.api_token),
            BasicAuth(member.email, member.api_token),
            BearerAuth(fake.oauth_token),
        )
    assert (429, "RateLimitedError") in real
    assert recorder.failures == []
    assert_clean(read(cassette), fake)
    other = BasicAuth("nobody@example.com", "another-token")
    async with Player(cassette) as player:
        played = await program(player.url, other, other, other)
        assert player.unmatched == []
        player.assert_all_used()
    names = personal(fake) | {"Acme automation", "Former Colleague"}
    assert_same_but_for_names(real, played, names)
    assert played[0][0] == "acme/site"


async def test_the_credential_goes_to_the_service_and_not_to_the_storage(
    ask: Asker, cassette: Path
) -> None:
    """Whoever follows a redirect gets the bytes, even if he shows his credential to the recorder.

    The storage refuses a credential, and its signed address is told to nobody.
    """
    fake = ask.fake
    path = "/2.0/repositories/acme/site/downloads/a.txt"
    async with Recorder(cassette, upstream=fake.site) as recorder:
        form = aiohttp.FormData()
        form.add_field("files", b"bytes", filename="a.txt")
        posted = await ask(recorder.site + path.removesuffix("/a.txt"), "POST", data=form)
        assert posted.status == 201
        answer = await ask(recorder.site + path)
        assert answer.headers["Location"] == f"{recorder.site}/elsewhere/1"
        assert (await ask(answer.headers["Location"])).body == b"bytes"
        assert (await ask(f"{recorder.site}/elsewhere/2")).status == 404
    shown = {one.path.split("/")[1]: one.authorized for one in fake.requests}
    assert shown == {"2.0": True, "storage": False}
    assert "Signature" not in read(cassette)
    async with Player(cassette) as player:
        answer = await ask(player.site + path, auth="anonymous")
        assert answer.headers["Location"] == f"{player.site}/elsewhere/1"
        assert (await ask(answer.headers["Location"])).body == b"bytes"


async def test_the_exchange_of_tokens_is_passed_on_and_not_recorded(
    fake: FakeBitbucket, cassette: Path
) -> None:
    """Neither the consumer's secret nor the token is in the file; the player grants another."""

    async def name(server: Recorder | Player, key: str, secret: str) -> str:
        consumer = OAuthConsumer(key, secret, site=server.site)
        async with Bitbucket(ClientCredentialsAuth(consumer), base_url=server.url) as bb:
            return (await bb.workspaces.get("acme")).name

    consumer = fake.consumer
    async with Recorder(cassette, upstream=fake.site) as recorder:
        real = await name(recorder, consumer.key, consumer.secret)
    text = read(cassette)
    assert len(json.loads(text)["exchanges"]) == 1
    assert consumer.secret not in text
    assert_clean(text, fake)
    async with Player(cassette) as player:
        assert await name(player, "some-key", "some-secret") == real


async def test_literal_braces_and_line_ends_in_paths_come_through(
    ask: Asker, cassette: Path
) -> None:
    """As the service was asked by itself; the player takes braces in either spelling."""
    uuid = ask.fake.account("member").uuid
    path = f"/repositories/%7B%7D/{ask.fake.store.find_repository('acme', 'site').uuid}"
    diff = "/repositories/acme/site/pullrequests/1/diff"
    async with Recorder(cassette, upstream=ask.fake.site, keep=[uuid]) as recorder:
        assert (await ask(f"{recorder.url}/users/{uuid}")).json["uuid"] == uuid
        assert (await ask(recorder.url + path)).status == 200
        location = (await ask(recorder.url + diff)).headers["Location"]
        assert location.startswith(recorder.url)
        assert "%0D" in location
        assert (await ask(location)).status == 200
    async with Player(cassette) as player:
        spelled = quote(uuid)
        assert (await ask(f"{player.url}/users/{spelled}")).json["uuid"] == uuid
        location = (await ask(player.url + diff)).headers["Location"]
        assert (await ask(location)).status == 200


async def test_every_body_is_passed_on_as_it_is(ask: Asker, cassette: Path) -> None:
    """What a client gets through the recorder is what it gets without, but for where links lead."""
    async with Recorder(cassette, upstream=ask.fake.site) as recorder:
        for path in ("/repositories/acme?pagelen=3", "/repositories/acme/site/src", "/user"):
            straight = (await ask(path)).body.decode()
            through = (await ask(recorder.url + path)).body.decode()
            assert through.replace(recorder.site, ask.fake.site) == straight
            assert path == "/user" or recorder.url in through
