"""What the transport asks of a credential: a header, another after a 401, who is counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from attrs import define, field
from yarl import URL

from bbasync import BearerAuth, Bitbucket, MemoryCache
from bbasync.errors import (
    AnswerError,
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket
from bbasync.wire.body import Body
from bbasync.wire.message import Request, Safety

ITEM = {"type": "repository", "name": "site"}
REFUSED = {"type": "error", "error": {"message": "Access token expired."}}


@define(eq=False)
class Renewing:
    """A credential whose token number grows with each renewal."""

    number: int = 1
    asked: list[str] = field(factory=list)
    identity: str = "of-ada"

    async def authorization_over(self, _: Any) -> str:
        """The header."""
        return f"Bearer token-{self.number}"

    async def renew(self, refused: str, _: Any) -> bool:
        """Another token, unless there is one already."""
        self.asked.append(refused)
        if refused == f"Bearer token-{self.number}":
            self.number += 1
        return True

    def hint(self, _: AnswerError) -> str:
        """What to do."""
        return "ask Ada"


def good_from(say: Any, number: int) -> Any:
    """A server's script: tokens from that number on are good."""

    def answer(heard: Any) -> Any:
        token = (heard.authorization or "token-0").rpartition("-")[2]
        return say(200, ITEM) if int(token) >= number else say(401, REFUSED)

    return answer


async def test_a_401_is_answered_with_a_renewed_credential(serve: Any, say: Any) -> None:
    """The call is sent once more, a write too: what was turned away was not carried out."""
    server = await serve(by=good_from(say, 2))
    auth = Renewing()
    events: list[Any] = []
    async with Bitbucket(auth, base_url=server.url, on_event=events.append) as bb:
        await bb.repositories.create("acme", "site", {"scm": "git"})
        await bb.repositories.get("acme", "site")
    sent = [(one.method, one.authorization, one.body) for one in server.heard]
    assert sent == [
        ("POST", "Bearer token-1", b'{"scm":"git"}'),
        ("POST", "Bearer token-2", b'{"scm":"git"}'),
        ("GET", "Bearer token-2", b""),
    ]
    assert auth.asked == ["Bearer token-1"]
    retries = [one for one in events if one.kind == "retry"]
    assert [(one.status, one.reason) for one in retries] == [(401, "its credential was renewed")]
    assert not any("token-1" in repr(one) for one in events)


async def test_a_call_is_renewed_exactly_once(serve: Any, say: Any) -> None:
    """A second 401 is the answer, with the way out that the credential knows."""
    server = await serve(by=good_from(say, 9))
    auth = Renewing()
    async with Bitbucket(auth, base_url=server.url) as bb:
        with pytest.raises(UnauthorizedError, match=r"expired\. \(ask Ada\)") as caught:
            await bb.repositories.get("acme", "site")
    assert len(server.heard) == 2
    assert caught.value.hint == "ask Ada"


async def test_a_stream_is_renewed_as_well(serve: Any, say: Any) -> None:
    """What is read piece by piece begins with a header that is good."""
    server = await serve(by=good_from(say, 2))
    async with Bitbucket(Renewing(), base_url=server.url) as bb:
        assert b"site" in await bb.stream("/repositories/acme/site/downloads/x")


async def test_a_body_is_sent_again_whole(serve: Any, say: Any, tmp_path: Any) -> None:
    """A file that went with the refused request goes with the next one too."""
    server = await serve(by=good_from(say, 2))
    file = tmp_path / "notes.txt"
    file.write_bytes(b"all of it")
    async with Bitbucket(Renewing(), base_url=server.url) as bb:
        await bb.downloads.upload("acme", "site", {"notes.txt": file})
    assert [b"all of it" in one.body for one in server.heard] == [True, True]


async def test_a_renewed_credential_keeps_its_budget_and_its_answers(
    serve: Any, say: Any, client: Any
) -> None:
    """The quota counts, and the cache keeps, for the credential's name and not for its header."""
    server = await serve(say(200, ITEM, headers={"ETag": '"one"'}))
    auth = Renewing()
    bb = await client(server.url, auth=auth, cache=MemoryCache())
    await bb.repositories.get("acme", "site")
    auth.number += 1
    await bb.repositories.get("acme", "site")
    assert bb.quota["api"].used == 2
    assert server.heard[1].headers["If-None-Match"] == '"one"'


async def test_what_is_asked_at_once_is_one_request_although_the_header_changes(
    serve: Any, say: Any
) -> None:
    """Two tasks of one credential share an answer by its name."""

    class Each(Renewing):
        async def authorization_over(self, _: Any) -> str:
            self.number += 1
            return f"Bearer token-{self.number}"

    server = await serve(say(200, ITEM))
    async with Bitbucket(Each(), base_url=server.url) as bb:
        await asyncio.gather(*(bb.repositories.get("acme", "site") for _ in range(5)))
    assert len(server.heard) == 1


async def test_the_budget_may_have_another_name_than_the_credential(
    serve: Any, say: Any, client: Any
) -> None:
    """Where the service counts several together, so does the client."""

    @define(eq=False)
    class Counted(Renewing):
        budget: str = "consumer"

    server = await serve(say(200, ITEM))
    bb = await client(server.url)
    tenants = [bb.as_(Counted(identity=name)) for name in ("ada", "bob")]
    for one in tenants:
        await one.repositories.get("acme", "site")
    assert [one.quota["api"].used for one in tenants] == [2, 2]
    other = bb.as_(Renewing(identity="eve"))
    await other.repositories.get("acme", "site")
    assert other.quota["api"].used == 1


async def test_a_signer_signs_each_request_and_each_hop(serve: Any, say: Any) -> None:
    """It is told the method and the address that the request really goes to."""
    signed: list[tuple[str, URL]] = []

    class Signs:
        async def authorization_for(self, method: str, url: URL) -> str:
            signed.append((method, url))
            return f"JWT {len(signed)}"

    server = await serve(say(302, headers={"Location": "/2.0/repositories/b"}), say(200, ITEM))
    async with Bitbucket(Signs(), base_url=server.url) as bb:
        await bb.request("GET", "/repositories/a", query={"q": "x y"})
    assert [one.authorization for one in server.heard] == ["JWT 1", "JWT 2"]
    assert [(method, url.raw_path_qs) for method, url in signed] == [
        ("GET", "/2.0/repositories/a?q=x%20y"),
        ("GET", "/2.0/repositories/b"),
    ]


async def test_anonymous_callers_are_told_that_they_are(serve: Any, say: Any) -> None:
    """A 401 without a credential says what is missing; storage's refusals are not its business."""
    server = await serve(say(401, REFUSED), say(302, headers={"Location": "{there}"}))
    async with Bitbucket(base_url=server.url) as bb:
        with pytest.raises(UnauthorizedError, match="no credential was sent"):
            await bb.users.me()
    storage = await serve(say(403, body=b"<Error>AccessDenied</Error>"))
    where = f"http://127.0.0.1:{storage.port}/bucket/x"
    moved = await serve(say(302, headers={"Location": where}))
    async with Bitbucket(Renewing(), base_url=moved.url) as bb:
        with pytest.raises(ForbiddenError) as caught:
            await bb.downloads.get("acme", "site", "x")
    assert caught.value.hint == ""
    assert storage.heard[0].authorization is None


async def test_a_credential_calls_elsewhere_with_another_one() -> None:
    """Over the client's connections, uncounted, and without the client's own credential."""
    async with FakeBitbucket(quota=1) as fake, FakeBitbucket() as other:
        async with Bitbucket(BearerAuth(fake.access_token), base_url=fake.url) as bb:
            sender = bb.sender_to(other.url, BearerAuth(other.access_token))
            for n in range(3):
                await sender.send(
                    Request("GET", "/repositories/acme", (("n", str(n)),), counted=False)
                )
            assert bb.requests_sent == 0
            assert dict(bb.quota) == {}
        assert [one.status for one in other.requests] == [200] * 3
        assert fake.requests == []


async def test_closing_waits_for_a_renewal_that_is_under_way(serve: Any, say: Any) -> None:
    """Its request is answered although the client's own calls are ended at once."""
    go = asyncio.Event()
    server = await serve(say(200, {"access_token": "new"}))
    saved: list[Any] = []

    async def renewal(sender: Any) -> None:
        await go.wait()
        body = Body.of_form((("grant_type", "refresh_token"),))
        request = Request("POST", "/token", (), body, safety=Safety.REPEATABLE, counted=False)
        saved.append((await sender.send(request)).json())

    bb = await Bitbucket(BearerAuth("of-ada"), base_url=server.url).__aenter__()
    task = asyncio.create_task(renewal(bb.sender_to(server.url, None)))
    bb.guard(task)
    closing = asyncio.create_task(bb.aclose(grace=0))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not closing.done()
    go.set()
    async with asyncio.timeout(5):
        await closing
    assert saved == [{"access_token": "new"}]


async def test_a_renewal_that_fails_is_the_error_of_the_call(serve: Any, say: Any) -> None:
    """The service can't be asked for a new token: that is what the caller is told."""

    class Broken(Renewing):
        async def renew(self, refused: str, _: Any) -> bool:
            raise ConnectionFailedError(f"POST /access_token failed for {refused[:6]}")

    server = await serve(say(401, REFUSED))
    async with Bitbucket(Broken(), base_url=server.url) as bb:
        with pytest.raises(ConnectionFailedError, match="access_token failed"):
            await bb.repositories.get("acme", "site")
    assert len(server.heard) == 1


@pytest.mark.parametrize("value", ["line\nbreak", 7, b"Bearer x"])
async def test_what_is_no_header_is_refused_before_anything_is_sent(
    serve: Any, say: Any, value: Any
) -> None:
    """The error names the credential's class and shows nothing of the value."""

    class Odd:
        async def authorization(self) -> Any:
            return value

    server = await serve(say(200, ITEM))
    async with Bitbucket(Odd(), base_url=server.url) as bb:
        with pytest.raises(ConfigurationError, match="of Odd gives no header's value"):
            await bb.repositories.get("acme", "site")
    assert server.heard == []
