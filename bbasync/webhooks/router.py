"""Router: which functions are called for which events."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from difflib import get_close_matches
from typing import Any, Final, TypeAlias, TypeVar, overload

from attrs import frozen

from ..errors import ArgumentError, DecodingError
from .events import EVENTS, Event

E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Event)
Handler: TypeAlias = Callable[[Any], Awaitable[object]]
H = TypeVar("H", bound=Handler)

_log = logging.getLogger("bbasync.webhooks")

PATTERN: Final = re.compile(r"\*|[a-z0-9_.-]+:(\*|[a-z0-9_.-]+)")
_CLOSE: Final = 0.8
"""How alike two names are of which one is taken for the other misspelt."""


@frozen
class _Route:
    """When a handler is called: for a pattern of keys, or a class of events."""

    of: str | type[Event]
    handler: Handler

    def fits(self, event: Event) -> bool:
        if not isinstance(self.of, str):
            return isinstance(event, self.of)
        family, _, name = self.of.partition(":")
        if family == "*":
            return True
        return event.key == self.of or (name == "*" and event.key.startswith(f"{family}:"))


class Router:
    """Calls the handlers of an event, one after the other in the order in which they came.

    A handler that raises is logged with the delivery's id, and the next one is called: handlers
    know nothing of each other. It is not called again, for the service was answered: what may fail
    for a while tries again itself. One that fits for several reasons is called once.
    """

    def __init__(self) -> None:
        self._routes: list[_Route] = []

    def __repr__(self) -> str:
        return f"<Router of {len(self._routes)}>"

    @overload
    def on(self, *patterns: str, allow_unknown: bool = False) -> Callable[[H], H]: ...
    @overload
    def on(
        self, kind: type[E], other: type[F], /
    ) -> Callable[[Callable[[E | F], Awaitable[object]]], Callable[[E | F], Awaitable[object]]]: ...
    @overload
    def on(
        self, *kinds: type[E]
    ) -> Callable[[Callable[[E], Awaitable[object]]], Callable[[E], Awaitable[object]]]: ...
    def on(self, *of: str | type[Event], allow_unknown: bool = False) -> Any:
        """Call the async function below for events of these keys, or of these classes.

        A key may be ``pullrequest:*`` or ``*``. One that looks like a known key misspelt is an
        ArgumentError unless *allow_unknown*: the service may have keys that are not known here.
        """
        if not of:
            raise ArgumentError('on() takes keys such as "repo:push", or classes of events')
        for one in of:
            _check(one, allow_unknown=allow_unknown)

        def register(handler: H) -> H:
            if not _is_async(handler):
                raise TypeError(
                    f"{handler!r} is not an async function: handlers are awaited; use "
                    "asyncio.to_thread inside one for work that blocks"
                )
            self._routes += [_Route(one, handler) for one in of]
            return handler

        return register

    def handlers(self, event: Event) -> tuple[Handler, ...]:
        """The handlers that *event* is for, in their order."""
        found: list[Handler] = []
        for route in self._routes:
            if route.fits(event) and route.handler not in found:  # it need not be hashable
                found.append(route.handler)
        return tuple(found)

    async def dispatch(self, event: Event) -> int:
        """Call each handler of *event*; how many of them failed."""
        failed = 0
        for handler in self.handlers(event):
            try:
                await handler(event)
            except asyncio.CancelledError as error:
                if _is_cancelled():
                    raise
                failed += 1  # something inside was cancelled, and not the handler
                _log_failure(handler, event, error)
            except (KeyboardInterrupt, SystemExit, GeneratorExit):
                raise
            except BaseException as error:  # noqa: BLE001 - handlers are anybody's; it is logged
                failed += 1
                _log_failure(handler, event, error)
        return failed


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _log_failure(handler: Handler, event: Event, error: BaseException) -> None:
    said = event.delivery
    if any(isinstance(one, DecodingError) for one in _within(error)):
        # Its text shows what the field was, which is some of the body; where it was is enough.
        trace = error.__traceback__
        error = DecodingError("a field is not of its declared kind").with_traceback(trace)
    _log.error("%s failed with %s, delivery %s", _name(handler), said.key, said.id, exc_info=error)


def _within(error: BaseException) -> Iterable[BaseException]:
    """*error* and all that a traceback shows with it, however long that is."""
    seen: dict[int, BaseException] = {}
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen[id(one)] = one
            inner = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
            left += (one.__cause__, one.__context__, *inner)
    return seen.values()


def _check(of: Any, *, allow_unknown: bool) -> None:
    if isinstance(of, type) and issubclass(of, Event):
        return
    if not isinstance(of, str) or not PATTERN.fullmatch(of):
        raise ArgumentError(
            f'{of!r} is no key: give one such as "repo:push", "pullrequest:*", "*", or a class of '
            "events"
        )
    meant = None if allow_unknown else near(of)
    if meant is not None:
        raise ArgumentError(
            f"{of!r} is not known: did you mean {meant!r}? allow_unknown=True takes it as it is"
        )


def near(pattern: str) -> str | None:
    """The pattern that was probably meant; None where this is one, or like none."""
    names: dict[str, list[str]] = {}
    for key in EVENTS:
        family, _, name = key.partition(":")
        names.setdefault(family, []).append(name)
    family, _, name = pattern.partition(":")
    if family == "*" or pattern in EVENTS or (family in names and name == "*"):
        return None
    meant = next(iter(get_close_matches(family, names, 1, _CLOSE)), None)
    if meant is None or name == "*":
        return meant and f"{meant}:*"
    found = get_close_matches(name, names[meant], 1, _CLOSE)
    if found:
        return f"{meant}:{found[0]}"
    return None if meant == family else f"{meant}:*"


def _is_async(handler: Any) -> bool:
    inner = _unwrapped(handler)
    if isinstance(inner, type):
        return False  # to call it would make one
    call = getattr(inner, "__call__", None)  # noqa: B004 - whether what it is called with is async
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(call)


def _name(handler: Any) -> str:
    """What a log calls it: its repr could show what is bound to it."""
    inner = _unwrapped(handler)
    return str(getattr(inner, "__qualname__", type(inner).__name__))


def _unwrapped(handler: Any) -> Any:
    while isinstance(handler, functools.partial):
        handler = handler.func
    return handler
