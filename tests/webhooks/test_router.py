"""The router: who is called, in which order, and what happens to those who raise."""

from __future__ import annotations

import asyncio
import functools
import logging
from typing import Any

import pytest

from bbasync.errors import ArgumentError
from bbasync.webhooks import EVENTS, Event, Router
from bbasync.webhooks.events import (
    Delivery,
    PullRequestCommentEvent,
    PullRequestCreated,
    PullRequestEvent,
    RepoPush,
    event_of,
)


def event(key: str) -> Event:
    """An event of *key*."""
    return event_of({}, Delivery(key, "id-of-it"))


@pytest.fixture
def called() -> list[str]:
    """The names of the handlers that were called."""
    return []


@pytest.fixture
def router(called: list[str]) -> Router:
    """A router with a handler for every kind of pattern."""
    router = Router()
    patterns: dict[str, tuple[Any, ...]] = {
        "all": ("*",),
        "push": ("repo:push",),
        "pulls": ("pullrequest:*",),
        "two": ("pullrequest:created", "repo:push"),
        "created": (PullRequestCreated,),
        "talk": (PullRequestCommentEvent, RepoPush),
        "pull": (PullRequestEvent,),
        "any": (Event,),
    }
    for name, of in patterns.items():

        async def handler(_: Event, name: str = name) -> None:
            called.append(name)

        router.on(*of)(handler)
    return router


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("repo:push", "all push two talk any"),
        ("pullrequest:created", "all pulls two created pull any"),
        ("pullrequest:comment_resolved", "all pulls talk pull any"),
        ("pullrequest:renamed", "all pulls any"),
        ("pullrequests:x", "all any"),
        ("pipeline:span_created", "all any"),
    ],
)
async def test_who_fits_is_called_in_order(
    router: Router, called: list[str], key: str, names: str
) -> None:
    """By key, by family, by class; unknown keys of a family too."""
    assert await router.dispatch(event(key)) == 0
    assert called == names.split()


async def test_a_handler_that_fits_twice_is_called_once(called: list[str]) -> None:
    """However often it was registered."""
    router = Router()

    @router.on("repo:*", "repo:push")
    @router.on(RepoPush)
    async def handler(_: Event) -> None:
        called.append("it")

    await router.dispatch(event("repo:push"))
    assert called == ["it"]


async def test_a_handler_that_raises_stops_nobody_and_is_logged_with_the_delivery(
    called: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Also one that awaits what was cancelled."""
    router = Router()

    @router.on("*")
    async def breaks(_: Event) -> None:
        raise LookupError("gone")

    @router.on("*")
    async def waits(_: Event) -> None:
        inner = asyncio.ensure_future(asyncio.sleep(10))
        inner.cancel()
        await inner

    @router.on("*")
    async def works(_: Event) -> None:
        called.append("works")

    with caplog.at_level(logging.ERROR, "bbasync.webhooks"):
        assert await router.dispatch(event("repo:push")) == 2
    assert called == ["works"]
    assert [one.name for one in caplog.records] == ["bbasync.webhooks"] * 2
    assert "id-of-it" in caplog.text
    assert "breaks" in caplog.text


async def test_a_cancelled_dispatch_ends() -> None:
    """So that a receiver can be closed."""
    router, begun = Router(), asyncio.Event()

    @router.on("*")
    async def waits(_: Event) -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(router.dispatch(event("repo:push")))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("pullrequest:craeted", "pullrequest:created"),
        ("repo:pushed", "repo:push"),
        ("pullrequests:created", "pullrequest:created"),
        ("pull_request:created", "pullrequest:created"),
        ("pullrequests:*", "pullrequest:*"),
        ("repos:whatever", "repo:*"),
        ("repo:commit_status_create", "repo:commit_status_created"),
    ],
)
def test_a_key_that_looks_misspelt_is_told(pattern: str, meant: str) -> None:
    """It would never be called; whoever means it says so."""
    router = Router()
    with pytest.raises(ArgumentError, match="did you mean") as caught:
        router.on(pattern)
    assert repr(meant) in str(caught.value)
    assert "allow_unknown" in str(caught.value)
    router.on(pattern, allow_unknown=True)


@pytest.mark.parametrize("pattern", [*EVENTS, "*", "repo:*", "repo:branch_created", "deploy:done"])
def test_known_keys_and_unlike_ones_are_taken(pattern: str) -> None:
    """The service may have keys that are not known here."""
    Router().on(pattern)


@pytest.mark.parametrize("pattern", ["", "repo", "repo:", ":push", "re*", "Repo:Push", "a b:c", 7])
def test_what_is_no_key_is_refused(pattern: Any) -> None:
    """Whatever was meant by it."""
    with pytest.raises(ArgumentError, match="no key"):
        Router().on(pattern)
    with pytest.raises(ArgumentError):
        Router().on()


async def test_only_async_functions_are_handlers() -> None:
    """A method, a partial and an object that is called are such too."""
    router = Router()

    class Object:
        async def __call__(self, _: Event) -> None:
            """Be called."""

        async def method(self, _: Event) -> None:
            """Be called too."""

    made = Object()
    for handler in (made, made.method, functools.partial(made.method), functools.partial(made)):
        assert router.on("*")(handler) is handler
    for wrong in (print, lambda _: None, Object, 7):
        with pytest.raises(TypeError, match="not an async function"):
            router.on("*")(wrong)  # type: ignore[type-var]  # that is what is tested
    assert await router.dispatch(event("repo:push")) == 0


class Counting:
    """A handler that is equal to others, and so can't be hashed."""

    def __init__(self) -> None:
        self.calls = 0

    __hash__ = None  # type: ignore[assignment] # as attrs makes it

    def __eq__(self, other: object) -> bool:
        return self is other

    async def __call__(self, _: Event) -> None:
        """Count."""
        self.calls += 1


async def test_a_handler_need_not_be_hashable() -> None:
    """It is called, and once."""
    router, handler = Router(), Counting()
    router.on("*", "repo:push")(handler)
    assert await router.dispatch(event("repo:push")) == 0
    assert handler.calls == 1


async def test_a_long_chain_of_errors_is_a_failure_like_others(
    called: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """As of something that was tried again a thousand times."""
    router = Router()

    @router.on("*")
    async def breaks(_: Event) -> None:
        last = LookupError("first")
        for number in range(3000):
            error = LookupError(number)
            error.__context__, last = last, error
        raise last

    @router.on("*")
    async def works(_: Event) -> None:
        called.append("works")

    assert await router.dispatch(event("repo:push")) == 1
    assert called == ["works"]
    assert "breaks" in caplog.text


@pytest.mark.parametrize("stops", [KeyboardInterrupt, SystemExit])
async def test_what_ends_the_program_is_no_failure_of_a_handler(
    stops: type[BaseException], called: list[str]
) -> None:
    """Nobody else is called then."""
    router = Router()

    @router.on("*")
    async def ends(_: Event) -> None:
        raise stops

    @router.on("*")
    async def works(_: Event) -> None:
        called.append("works")

    with pytest.raises(stops):
        await router.dispatch(event("repo:push"))
    assert called == []


@pytest.mark.parametrize("wrapped", ["bare", "cause", "context", "group", "round", "itself"])
async def test_what_a_field_was_is_not_logged(
    wrapped: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Since it is of the body; that it was not as documented is, and where it was read."""
    router = Router()
    odd = event_of({"actor": "hunter2"}, Delivery("repo:push", "id-of-it"))

    async def again(event: Event) -> None:
        assert event.actor

    @router.on("*")
    async def reads(event: Event) -> None:
        if wrapped == "group":  # nothing else but its members has the field in it
            async with asyncio.TaskGroup() as group:
                group.create_task(again(event))
        try:
            assert event.actor
        except ValueError as error:
            if wrapped == "bare":
                raise
            if wrapped == "cause":
                raise LookupError("no name") from error
            if wrapped == "round":
                several = ExceptionGroup("several", [error])
                error.__context__ = several
                raise several from None
            if wrapped == "itself":
                raise error from error
            raise LookupError("no name")  # noqa: B904 - it is the context that is meant

    assert await router.dispatch(odd) == 1
    assert "hunter2" not in caplog.text
    assert "not of its declared kind" in caplog.text
    assert "in reads" in caplog.text
    assert "delivery id-of-it" in caplog.text
