"""Events: what happens to a call on its way, for whoever listens; the log is one of them."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, Final, Literal, TypeAlias

from attrs import define, field, frozen

from ..errors import ConfigurationError

_log = logging.getLogger("bbasync")

Kind: TypeAlias = Literal["queued", "sent", "throttled", "retry", "redirect", "done"]

_NOTABLE_WAIT: Final = 5.0
_number = itertools.count(1)


@frozen
class Event:
    """One thing that happened to one call; nothing in here is secret.

    *kind* is ``queued`` (the call begins), ``sent`` (it has a connection, and goes out),
    ``redirect`` (it goes on to *location*), ``throttled`` (it waits, since the quota is used up),
    ``retry`` (it waits to be sent again), or ``done`` (it has its answer or its error; of a
    stream: its body has been read). What a kind has nothing to say of is left at its default.
    A call that is given the answer to the same one of another task has its beginning and end alone.
    """

    kind: Kind
    call: int
    """The same for all events of one call, and of no other one in this process."""
    method: str
    url: str
    operation: str = ""
    """Such as ``repositories.get``, where the call is a declared operation."""
    attempt: int = 0
    status: int | None = None
    """Of an answer that has not changed since it was put in the cache: 304."""
    reason: str = ""
    """Why there is no status: a broken connection, or the error's class when it is done."""
    wait: float = 0.0
    """Seconds that the call is going to wait now."""
    seconds: float = 0.0
    """Seconds since the call began."""
    received: int = 0
    """Bytes of the answer's body, unpacked."""
    location: str = ""


Listener: TypeAlias = Callable[[Event], object]
"""Called with each event, in the task of the call: it should return quickly."""


def listeners_of(given: Any) -> tuple[Listener, ...]:
    """The listeners that *given* is: one, several or none; ConfigurationError where it is not."""
    found = () if given is None else (given,) if callable(given) else given
    try:
        found = tuple(found)
    except TypeError:
        found = (found,)
    for one in found:
        if not callable(one):
            raise ConfigurationError(f"on_event takes a callable or several, not {one!r}")
        if iscoroutinefunction(one):
            raise ConfigurationError(f"on_event takes a plain function: nobody awaits {one!r}")
    return found


def next_number() -> int:
    """The number of a new call."""
    return next(_number)


@define(eq=False, repr=False)
class Listeners:
    """Whoever listens; an exception of theirs is logged once, and breaks no call."""

    listeners: tuple[Listener, ...] = ()
    _failed: set[int] = field(factory=set)

    def wants(self, kind: Kind) -> bool:
        """Whether an event of *kind* would be heard at all."""
        if self.listeners or kind in {"retry", "throttled"}:
            return True
        return kind in {"done", "redirect"} and _log.isEnabledFor(logging.DEBUG)

    def tell(self, event: Event) -> None:
        """Hand *event* to everybody."""
        log(event)
        for number, listener in enumerate(self.listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - whatever it is, it is not the call's fault
                if number not in self._failed:
                    self._failed.add(number)
                    _log.exception("a listener failed on the event %r", event.kind)


def log(event: Event) -> None:
    """Say *event* in the log: waits always, the rest to whoever debugs."""
    what = f"answered {event.status}" if event.status is not None else event.reason
    if event.kind in {"retry", "throttled"}:
        _log.log(
            logging.WARNING if event.wait >= _NOTABLE_WAIT else logging.INFO,
            "%s %s: %s; trying again in %.1f s",
            event.method,
            event.url,
            what,
            event.wait,
        )
    elif event.kind in {"done", "redirect"}:
        _log.debug("%s %s -> %s", event.method, event.url, event.status or event.reason)
