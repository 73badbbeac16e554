"""What goes wrong between the client and the service, where a test says so."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final, Literal, TypeAlias, get_args

from attrs import Factory, define, evolve, field, frozen

from .exchange import Reply
from .given import choice, number, whole
from .replies import error, length_required, too_many
from .service import checked, fits

Stage: TypeAlias = Literal["head", "read", "handled"]
"""How far a request gets: its body unread, read but not carried out, or carried out."""
Way: TypeAlias = Literal["whole", "cut", "drip", "silence", "reset", "close"]
"""What becomes of the answer on its way out."""

PAGE: Final = b"""<!DOCTYPE html>
<html><head><title>Bitbucket is undergoing maintenance</title></head>
<body><h1>We'll be back soon</h1><p>Please try again later.</p></body></html>
"""
_STATUSES: Final = (200, 599)
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_WORDS: Final = {
    500: "Something went wrong",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    555: "The service took too long to respond",
}
_GARBLES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "truncated": lambda body: body[: len(body) // 2],
    "list": lambda body: b"[" + body + b"]",
    "text": lambda _: b'"ok"',
    "null": lambda _: b"null",
    "utf-8": lambda body: body.replace(b'": "', b'": "\xff\xfe', 1),
}


@frozen
class Fault:
    """One way to go wrong; made by the methods below, switched on by ``fake.faults.add``."""

    name: str
    """What ``Exchange.fault`` says of the requests that it hit."""
    stage: Stage = "read"
    way: Way = "whole"
    reply: Reply | None = None
    """The answer in place of the service's own."""
    garble: Callable[[bytes], bytes] | None = None
    """What becomes of the body of the service's own answer."""
    at: int | None = None
    """How many bytes of the body are sent before something happens; None: part of the head."""
    told: bool = True
    """Whether a Content-Length tells how long the body should have been."""
    pause: float = 0.0
    until: asyncio.Event | None = None
    reused: bool = False
    """Whether only requests on a connection that was used before are hit."""
    to_itself: bool = False

    @staticmethod
    def too_many(
        *,
        json: bool = False,
        retry_after: float | str | datetime | None = None,
        reset: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Fault:
        """429: bare text as the service sends it, or JSON; with what it may tell of the time.

        *retry_after* is seconds, a datetime or text as it is; *reset* comes with the headers that
        anonymous callers see. *headers* come beside.
        """
        told = dict(headers or {}) | _later(retry_after)
        if reset is not None:
            told |= {
                "x-ratelimit-limit": "60, 60;w=3600",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": f"{reset:g}",
            }
        bare = too_many()
        message = (bare.text or b"").decode()
        reply = error(429, message, headers=told).reply if json else _with(bare, told)
        return Fault("429", reply=reply)

    @staticmethod
    def status(
        status: int,
        *,
        html: bool = False,
        retry_after: float | str | datetime | None = None,
        after: Stage = "read",
    ) -> Fault:
        """An error status, in JSON or as a page; *after* "handled" it was carried out as well."""
        whole("status", status, *_STATUSES)
        choice("after", after, get_args(Stage))
        words = _WORDS.get(status, "No luck")
        told = _later(retry_after)
        reply = error(status, words, headers=told).reply
        if html:
            page = f"<html><head><title>{status} {words}</title></head></html>\n".encode()
            reply = Reply(status, headers=told, text=page, content_type="text/html")
        return Fault(f"{status} {after}" if after != "read" else str(status), after, reply=reply)

    @staticmethod
    def page(status: int = 200) -> Fault:
        """The page of a maintenance, with an error status or without."""
        whole("status", status, *_STATUSES)
        return Fault(f"page {status}", reply=Reply(status, text=PAGE, content_type="text/html"))

    @staticmethod
    def reset(after: Stage = "handled") -> Fault:
        """A connection that is reset in place of an answer."""
        choice("after", after, get_args(Stage))
        return Fault(f"reset {after}", after, "reset")

    @staticmethod
    def stale() -> Fault:
        """A kept connection that is closed just as the next request goes out on it."""
        return Fault("stale", "head", "close", reused=True)

    @staticmethod
    def cut(at: int | None = None, *, length: bool = True) -> Fault:
        """An answer that ends after *at* bytes of its body, or within its head.

        With *length* False the body comes in chunks, and nothing tells how long it is.
        """
        if at is not None:
            whole("at", at, 0)
        return Fault(f"cut {'head' if at is None else at}", "handled", "cut", at=at, told=length)

    @staticmethod
    def drip(pause: float, *, size: int = 1) -> Fault:
        """An answer that comes *size* bytes at a time, with *pause* seconds between them."""
        whole("size", size, 1)
        number("pause", pause, 0, math.inf)
        return Fault("drip", "handled", "drip", at=size, pause=pause)

    @staticmethod
    def silence(
        *, after: Stage = "read", at: int | None = None, until: asyncio.Event | None = None
    ) -> Fault:
        """No answer, or none after *at* bytes of its body; once *until* is set, the rest of it."""
        choice("after", after, get_args(Stage))
        if at is not None:
            whole("at", at, 0)
        stage: Stage = "handled" if at is not None or until is not None else after
        return Fault(f"silence {stage}", stage, "silence", at=at, until=until)

    @staticmethod
    def wrong_json(kind: Literal["truncated", "list", "text", "null", "utf-8"]) -> Fault:
        """A body that is no JSON, or JSON of another type than belongs there."""
        choice("kind", kind, _GARBLES)
        return Fault(f"wrong json {kind}", "handled", garble=_GARBLES[kind])

    @staticmethod
    def redirect(location: str | None = None, *, status: int = 302) -> Fault:
        """A redirect to *location*, or to the very address that was asked for: a circle."""
        whole("status", status, 300, 399)
        headers = {} if location is None else {"Location": location}
        reply = Reply(status, headers=headers, text=b"")
        return Fault(f"redirect {status}", reply=reply, to_itself=location is None)

    @staticmethod
    def length_required() -> Fault:
        """411, from something in between that can't do without a Content-Length."""
        return Fault("411", reply=length_required())

    @property
    def answers(self) -> bool:
        """Whether an answer is begun at all."""
        return self.way not in {"reset", "close"} and (self.way != "silence" or self.at is not None)

    def answer(self, own: Callable[[], Reply], target: str) -> Reply:
        """Make the answer; *own* carries the request out, as long as that is what happens."""
        reply = own() if self.stage == "handled" else Reply(text=b"")
        if self.reply is not None:
            reply = self.reply
        if self.to_itself:
            reply = _with(reply, {"Location": target})
        if self.garble is not None and reply.payload():
            reply = evolve(reply, body=None, text=self.garble(reply.payload()))
        return reply


@define
class Rule:
    """A fault with where and how often it strikes; *hits* is how often it has, *struck* is set."""

    fault: Fault
    path: str
    method: str | None
    times: int | None
    first: int
    chance: float
    seen: int = 0
    hits: int = 0
    struck: asyncio.Event = field(factory=asyncio.Event, repr=False)

    def strikes(self, method: str, path: str, dice: random.Random, *, reused: bool) -> bool:
        """Whether this request is hit; counts it."""
        if self.method not in {None, method} or not fits(path, self.path):
            return False
        if self.fault.reused and not reused:
            return False
        self.seen += 1
        if self.seen < self.first or self.hits == self.times or dice.random() >= self.chance:
            return False
        self.hits += 1
        self.struck.set()
        return True


@define
class Faults:
    """The faults that are switched on; ``fake.faults``."""

    over: asyncio.Event = Factory(asyncio.Event)
    """Set when silences have an end: the fake stops, or the faults are cleared."""
    _rules: list[Rule] = field(factory=list)
    _dice: random.Random = field(factory=lambda: random.Random(1))

    def seed(self, seed: int) -> None:
        """Start the dice anew, for those with a *chance*."""
        self._dice.seed(seed)

    def add(
        self,
        path: str,
        fault: Fault,
        *,
        method: str | None = None,
        times: int | None = None,
        first: int = 1,
        chance: float = 1.0,
    ) -> Rule:
        """Let *fault* strike the requests for *path*.

        That is a pattern of what stands behind the version, ``/repositories/*``, the version
        itself may be there too; or of a whole path, ``/storage/*``. The fault strikes *times* of
        them (None: all), from number *first* on, each with a *chance*. Of several that fit, the one
        that was added first strikes, so that faults can follow each other.
        """
        if not isinstance(fault, Fault):
            raise TypeError(f"{fault!r} is no fault: there are Fault.status(503) and others")
        if method is not None:
            method = str(method).upper()
            choice("method", method, _METHODS)
        if times is not None:
            whole("times", times, 0)
        whole("first", first, 1)
        number("chance", chance, 0, 1)
        rule = Rule(fault, checked(path), method, times, first, chance)
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Switch all faults off; who was kept in silence is let go."""
        self._rules.clear()
        self.release()

    def release(self) -> None:
        """End the silences of now, and let later ones be silent again."""
        self.over.set()
        self.over = asyncio.Event()

    def strike(self, method: str, path: str, *, reused: bool) -> Fault | None:
        """Choose the fault that hits a request."""
        for rule in self._rules:
            if rule.strikes(method, path, self._dice, reused=reused):
                return rule.fault
        return None


def _with(reply: Reply, headers: dict[str, str]) -> Reply:
    return evolve(reply, headers=reply.headers | headers)


def _later(when: float | str | datetime | None) -> dict[str, str]:
    """Write a Retry-After."""
    if when is None:
        return {}
    if isinstance(when, datetime):
        return {"Retry-After": format_datetime(when.astimezone(UTC), usegmt=True)}
    return {"Retry-After": when if isinstance(when, str) else f"{when:g}"}
