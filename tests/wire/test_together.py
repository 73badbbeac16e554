"""What is asked for by several at once is asked once, and nobody is worse off for it."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections import Counter
from contextvars import ContextVar
from typing import Any

import pytest
from attrs import define, field
from yarl import URL

from bbasync import BearerAuth, Bitbucket
from bbasync.errors import (
    BitbucketError,
    ClientClosedError,
    ConnectionFailedError,
    NotFoundError,
    TimedOutError,
)
from bbasync.wire.body import Body
from bbasync.wire.calls import Call
from bbasync.wire.message import Answer, Request, Safety
from bbasync.wire.together import Together, may_share

READ = Request("GET", "/x")
WRITE = Request("PUT", "/x", safety=Safety.REPEATABLE)
TOKEN = "t0ps3cret-t0ps3cret"
WHAT: Any = {"status": 404, "method": "GET", "url": "/x"}
ANSWER, OTHER = (Answer(200, {}, body, "GET", "/x") for body in (b"1", b"2"))


def call_of(request: Request = READ) -> Call:
    """A call that begins now."""
    return Call(request, URL(f"https://api.bitbucket.org/2.0{request.target}"), 0.0)


@define(eq=False)
class Desk:
    """Where questions are asked: each waits until it is answered here."""

    together: Together = field(factory=Together)
    asked: list[asyncio.Future[Answer]] = field(factory=list)

    async def ask(self, _: Call) -> Answer:
        """Wait for an answer."""
        self.asked.append(asyncio.get_running_loop().create_future())
        return await self.asked[-1]

    async def call(self, request: Request = READ, who: str | None = None) -> asyncio.Task[Answer]:
        """Begin a call, which asks or waits when this returns."""
        task = asyncio.create_task(self.together.answer(call_of(request), who, self.ask))
        await asyncio.sleep(0)
        return task


@pytest.fixture
def desk() -> Desk:
    """A desk with nobody at it."""
    return Desk()


async def settled() -> None:
    """Let all tasks do what they can do now."""
    for _ in range(10):
        await asyncio.sleep(0)


# --- who shares --------------------------------------------------------------------------------


async def test_calls_for_the_same_at_once_are_one_request(
    serve: Any, client: Any, say: Any
) -> None:
    """Ten tasks get the answer to one request, and it is counted once."""
    server = await serve(say(data={"a": 1}))
    bb = await client(server.url, auth=BearerAuth(TOKEN))
    answers = await asyncio.gather(*(bb.request("GET", "/x") for _ in range(10)))
    assert [answer.json() for answer in answers] == [{"a": 1}] * 10
    assert len(server.heard) == bb.requests_sent == 1
    assert not bb._transport.together._asked


async def test_a_call_after_the_answer_is_a_new_request(serve: Any, client: Any, say: Any) -> None:
    """Nothing is kept: whoever looks again and again sees what changes."""
    server = await serve(say(data=1), say(data=2))
    bb = await client(server.url)
    assert [(await bb.send(READ)).json() for _ in range(2)] == [1, 2]


async def test_one_address_in_two_spellings_is_the_same(serve: Any, client: Any, say: Any) -> None:
    """A path, and the address that the service gives for it."""
    server = await serve(say(data=1))
    bb = await client(server.url)
    await asyncio.gather(
        bb.send(Request("GET", "/x", (("q", "a b"),))),
        bb.send(Request("GET", f"{server.url}/x?q=a%20b")),
    )
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "other",
    [
        Request("GET", "/y"),
        Request("GET", "/x", (("page", "2"),)),
        Request("GET", "/x", headers={"Range": "bytes=1-"}),
        Request("GET", "/x", headers={"cache-control": "no-cache"}),
        Request("HEAD", "/x"),
        Request("POST", "/x", body=Body.of_json({}), safety=Safety.READ),
    ],
)
async def test_another_question_is_a_request_of_its_own(
    serve: Any, client: Any, say: Any, other: Request
) -> None:
    """Another address, other headers, another method: another answer."""
    server = await serve(say(body=b""))
    bb = await client(server.url)
    await asyncio.gather(bb.send(READ), bb.send(other), bb.send(other))
    shared = may_share(other)
    assert len(server.heard) == (2 if shared else 3)


def test_what_may_be_shared() -> None:
    """Only what reads without a body, counts, and does not ask for an answer of its own."""
    assert may_share(READ)
    assert may_share(Request("GET", "/x", headers={"Accept": "text/plain"}))
    assert not may_share(Request("GET", "/x", counted=False))
    assert not may_share(Request("GET", "/x", safety=Safety.NEVER))
    assert not may_share(Request("GET", "/x", body=Body.of_json({})))
    assert not may_share(Request("GET", "/x", headers={"Cache-Control": "no-store"}))


async def test_streams_are_requests_of_their_own(serve: Any, client: Any, say: Any) -> None:
    """Each reads its own body."""
    server = await serve(say(body=b"abc"))
    bb = await client(server.url)

    async def read() -> bytes:
        return b"".join([chunk async for chunk in bb.stream("/x")])

    assert await asyncio.gather(read(), read(), bb.send(READ)) != []
    assert len(server.heard) == 3


user: ContextVar[str] = ContextVar("user")


@define
class OfTask:
    """A credential that depends on the task that calls."""

    asked: int = 0

    async def authorization(self) -> str:
        """The user's of this task."""
        self.asked += 1
        return f"Bearer {user.get()}"


async def test_a_credential_never_gets_the_answer_of_another(
    serve: Any, client: Any, say: Any
) -> None:
    """Where tasks call for their own users, each user's answer is his own."""
    server = await serve(by=lambda heard: say(data=heard.authorization[-3:]))
    auth = OfTask()
    bb = await client(server.url, auth=auth)

    async def ask(name: str) -> Any:
        user.set(f"t0ps3cret-{name}")
        return (await bb.send(READ)).json()

    names = ["ann", "bob", "ann", "eve", "bob"]
    assert await asyncio.gather(*(ask(name) for name in names)) == names
    assert len(server.heard) == 3
    assert auth.asked == 5  # once a call, wherever its answer comes from


async def test_an_interactive_call_does_not_wait_for_another(desk: Desk) -> None:
    """It may use the reserve, which the one before it may not."""
    first = await desk.call()
    with Bitbucket().interactive():
        second = await desk.call()
    assert len(desk.asked) == 2
    first.cancel()
    second.cancel()


@pytest.mark.parametrize("status", [200, 409])
async def test_a_read_after_a_write_is_of_after_it(
    serve: Any, client: Any, say: Any, raw: Any, status: int
) -> None:
    """A read that began before may not show it yet, whatever became of it: nobody joins that."""
    server = await serve(raw(b"", "hold"), say(status), say(data="new"))
    bb = await client(server.url)
    old = asyncio.create_task(bb.send(READ))
    await server.hears()
    await asyncio.gather(bb.send(WRITE), return_exceptions=True)
    async with asyncio.timeout(5):
        assert (await bb.send(READ)).json() == "new"
    old.cancel()


# --- when something goes wrong -----------------------------------------------------------------


async def test_where_the_first_is_cancelled_the_next_one_asks(desk: Desk) -> None:
    """The others go on waiting, and get the answer to the second request."""
    first, second, third = [await desk.call() for _ in range(3)]
    first.cancel()
    await settled()
    assert first.cancelled()
    assert len(desk.asked) == 2
    late = await desk.call()
    desk.asked[1].set_result(ANSWER)
    assert [await one for one in (second, third, late)] == [ANSWER] * 3
    assert len(desk.asked) == 2
    assert not desk.together._asked


async def test_who_is_cancelled_while_he_waits_leaves_the_others_alone(desk: Desk) -> None:
    """The first and the third have their answer, of one request."""
    first, second, third = [await desk.call() for _ in range(3)]
    second.cancel()
    await settled()
    desk.asked[0].set_result(ANSWER)
    assert [await first, await third] == [ANSWER] * 2
    assert second.cancelled()
    assert len(desk.asked) == 1


async def test_a_turn_that_comes_to_one_who_leaves_goes_on(desk: Desk) -> None:
    """First and second are cancelled at once: it is the third that asks."""
    first, second, third = [await desk.call() for _ in range(3)]
    first.cancel()
    await asyncio.sleep(0)  # its turn is given to the second, which has not run yet
    second.cancel()
    await settled()
    assert len(desk.asked) == 2
    desk.asked[1].set_result(ANSWER)
    assert await third is ANSWER
    assert second.cancelled()


async def test_who_waited_until_all_others_left_leaves_nothing(desk: Desk) -> None:
    """When everybody is cancelled, the question is forgotten."""
    calls = [await desk.call() for _ in range(5)]
    for one in calls:
        one.cancel()
    await settled()
    assert len(desk.asked) == 1
    assert not desk.together._asked


async def test_those_who_wait_for_a_question_that_was_parted_keep_their_turns(desk: Desk) -> None:
    """A write separates newcomers from them, and takes no answer away."""
    first, second = [await desk.call() for _ in range(2)]
    desk.together.part()
    fresh = await desk.call()
    first.cancel()
    await settled()
    assert len(desk.asked) == 3
    desk.asked[1].set_result(ANSWER)
    assert await fresh is ANSWER
    desk.asked[2].set_result(OTHER)
    assert await second is OTHER
    assert not desk.together._asked


async def test_an_error_is_raised_for_each(serve: Any, client: Any, say: Any) -> None:
    """Each has an error of its own that says the same, so that no traceback grows."""
    server = await serve(say(404, {"type": "error", "error": {"message": "No", "id": "7"}}))
    bb = await client(server.url)
    ends = await asyncio.gather(*(bb.send(READ) for _ in range(4)), return_exceptions=True)
    assert len(server.heard) == 1
    assert len({id(end) for end in ends}) == 4
    assert {(type(end), str(end), end.id, end.status) for end in ends} == {
        (NotFoundError, str(ends[0]), "7", 404)
    }
    depths = [len(traceback.extract_tb(end.__traceback__)) for end in ends]
    assert len(set(depths[1:])) == 1


async def test_an_error_keeps_its_cause_and_its_notes(desk: Desk) -> None:
    """What broke the connection, and what was said of it; a note added later is one's own."""
    first, second = [await desk.call() for _ in range(2)]
    error = ConnectionFailedError("GET failed")
    error.add_note("tried often")
    error.__cause__ = OSError("reset")
    desk.asked[0].set_exception(error)
    one, other = await asyncio.gather(first, second, return_exceptions=True)
    assert one is error
    assert isinstance(other, ConnectionFailedError)
    assert (str(other), other.__cause__) == ("GET failed", error.__cause__)
    error.add_note("mine")
    assert other.__notes__ == ["tried often"]


@pytest.mark.parametrize("kind", BitbucketError.__subclasses__())
async def test_every_error_can_be_raised_for_each(desk: Desk, kind: type[BitbucketError]) -> None:
    """Whatever its constructor takes."""
    first, second = [await desk.call() for _ in range(2)]
    error = kind.__new__(kind, "text")
    error.__dict__["more"] = {"a": 1}
    desk.asked[0].set_exception(error)
    ends = await asyncio.gather(first, second, return_exceptions=True)
    assert [(type(end), end.args, vars(end)) for end in ends] == [
        (kind, ("text",), {"more": {"a": 1}})
    ] * 2


async def test_what_is_no_answer_is_nobody_elses(desk: Desk) -> None:
    """A credential that can't be made for one may be made for the next: everybody asks himself."""
    first, second = [await desk.call() for _ in range(2)]
    desk.asked[0].set_exception(KeyError("no token"))
    await settled()
    desk.asked[1].set_result(ANSWER)
    with pytest.raises(KeyError):
        await first
    assert await second is ANSWER


async def test_a_deadline_counts_what_was_waited_for_another(
    serve: Any, client: Any, raw: Any
) -> None:
    """Who waits is late when his own time is over, and the error says what he waited for."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url)
    first = asyncio.create_task(bb.send(READ))
    await server.hears()
    bb._transport.deadline = 0.02
    with pytest.raises(TimedOutError, match=r"0\.02 s \(.*waiting for another task"):
        await bb.send(READ)
    assert len(server.heard) == 1
    assert not first.done()
    first.cancel()


async def test_the_deadline_of_the_first_ends_the_first_alone(
    serve: Any, client: Any, raw: Any, say: Any
) -> None:
    """The next one asks again in the time that he has left."""
    server = await serve(raw(b"", "hold"), say(data=2))
    bb = await client(server.url, deadline=0.02)
    first = asyncio.create_task(bb.send(READ))
    await server.hears()
    bb._transport.deadline = 5
    answer = await bb.send(READ)
    assert answer.json() == 2
    with pytest.raises(TimedOutError, match="waiting for the answer"):
        await first
    assert len(server.heard) == bb.requests_sent == 2


async def test_closing_the_client_ends_who_waits_too(serve: Any, client: Any, raw: Any) -> None:
    """Nobody asks again in the place of one who was ended."""
    server = await serve(raw(b"", "hold"))
    bb = await client(server.url)
    calls = [asyncio.create_task(bb.send(READ)) for _ in range(4)]
    await server.hears()
    await bb.aclose(grace=0)
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(end) for end in ends] == [ClientClosedError] * 4
    assert len(server.heard) == 1


async def test_each_call_has_its_events(serve: Any, client: Any, say: Any) -> None:
    """All begin and end, and one is sent."""
    server = await serve(say(body=b"12345"))
    events: list[Any] = []
    bb = await client(server.url, on_event=events.append)
    await asyncio.gather(*(bb.send(READ) for _ in range(3)))
    kinds = Counter(event.kind for event in events)
    assert kinds == {"queued": 3, "sent": 1, "done": 3}
    assert len({event.call for event in events}) == 3
    assert {(one.status, one.received) for one in events if one.kind == "done"} == {(200, 5)}


async def test_a_storm_of_questions_and_cancellations_leaves_nothing(desk: Desk) -> None:
    """Whatever is cancelled and whatever fails when, everybody else gets an answer of his own."""
    chance = random.Random(7)
    requests = [Request("GET", f"/{n}") for n in range(3)]
    calls: list[asyncio.Task[Answer]] = []
    for _ in range(3000):
        match chance.randrange(8):
            case 0 | 1 | 2 | 3:
                calls.append(await desk.call(chance.choice(requests)))
            case 4 | 5 if calls:
                chance.choice(calls[-20:]).cancel()
            case 6 if open_ := [one for one in desk.asked if not one.done()]:
                one = chance.choice(open_)
                if chance.random() < 0.5:
                    one.set_result(ANSWER)
                else:
                    one.set_exception(chance.choice([NotFoundError(**WHAT), KeyError("x")]))
            case 7 if chance.random() < 0.1:
                desk.together.part()
    while not all(one.done() for one in calls):
        for one in desk.asked:
            if not one.done():
                one.set_result(ANSWER)
        await asyncio.sleep(0)
    assert not desk.together._asked
    ends = await asyncio.gather(*calls, return_exceptions=True)
    fine = (Answer, NotFoundError, KeyError, asyncio.CancelledError)
    assert all(isinstance(end, fine) for end in ends)
    assert sum(isinstance(end, Answer) for end in ends) > 300
    assert len(desk.asked) < len(calls) / 2
