"""The cache: answers are kept with their tags, and never given again without asking.

Each read asks whether the answer that is kept is still the one (``If-None-Match``). Where it is,
the service answers 304 without a body, and the body comes from the cache. So nothing here can be
stale, a write has nothing to invalidate, and a request is saved none: what is saved is the work of
making, sending and unpacking the body. The quota counts a 304 like any answer, since nobody says
that the service does not.

None of the kept libraries fits. aiohttp-client-cache replaces the session, below redirects, quota
and retries, and shares answers between credentials; hishel has no door for aiohttp; both decide by
age first. cachetools would save five lines. What is left to do is this page, and a cache in Redis
or on a disk is a class with two methods.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from hashlib import blake2b
from typing import Final, Protocol

from attrs import define, evolve
from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder
from multidict import CIMultiDict, CIMultiDictProxy

from ..errors import ConfigurationError
from .calls import Call
from .message import Answer

_log = logging.getLogger("bbasync")

_OK: Final = 200
NOT_MODIFIED: Final = 304
_PERSON: Final = b"bbasync-cache"
_FORMAT: Final = "bbasync:1"
"""How every key starts; it grows when what is kept gets another layout."""
_CONDITIONS: Final = frozenset(
    {
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        "accept-encoding",  # as streams ask, whose bytes may be many
    }
)
"""Headers with which the caller asks for a part, or under a condition of his own: 304 is then his
own business too."""


class Cache(Protocol):
    """Where answers are kept: bytes by a key, in memory, on a disk or in Redis.

    It may forget whatever it likes, and should forget what was not used for long: nothing is ever
    deleted from here. An exception in it is logged once, and the call goes on without it; time
    that it takes, the call takes. Keys are hashes; values are what the service has answered, and
    as secret as that is.
    """

    def get(self, key: str, /) -> Awaitable[bytes | None]:
        """What was kept under *key*, if it still is."""
        ...

    def set(self, key: str, value: bytes, /) -> Awaitable[object]:
        """Keep *value*."""
        ...


class MemoryCache:
    """A Cache of *max_bytes* in memory, which forgets what was not used for longest.

    Clients that are given the same one share it, and no credential sees another's answers.
    """

    def __init__(self, max_bytes: int = 64 * 2**20) -> None:
        if not isinstance(max_bytes, int) or isinstance(max_bytes, bool) or max_bytes < 1:
            raise ConfigurationError(f"max_bytes takes a number of bytes, not {max_bytes!r}")
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def __repr__(self) -> str:
        return f"<MemoryCache of {len(self._kept)} answers in {self._size} bytes>"

    async def get(self, key: str) -> bytes | None:
        """What was kept under *key*, if it still is."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    async def set(self, key: str, value: bytes) -> None:
        """Keep *value*, in place of what has to go for it; one that is too large is not kept."""
        self._size -= len(self._kept.pop(key, b""))
        if len(value) > self._max_bytes:
            return
        self._kept[key] = value
        self._size += len(value)
        while self._size > self._max_bytes:
            self._size -= len(self._kept.popitem(last=False)[1])


class Stored(Struct, array_like=True, frozen=True, gc=False):
    """An answer as it is kept: its tag, the headers that speak of its body, and that."""

    tag: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


_encoder: Final = Encoder()
_decoder: Final = Decoder(Stored)


@define(eq=False)
class Revalidation:
    """Asks whether what is kept in a cache is still so, and keeps what is new."""

    _cache: Cache
    _has_failed: bool = False

    async def answer(
        self, who: str | None, ask: Callable[[Call], Awaitable[Answer]], call: Call
    ) -> Answer:
        """The answer that *ask* gives to *call* of the credential *who*, or the same as kept."""
        headers = call.request.headers
        if headers and not _CONDITIONS.isdisjoint(name.lower() for name in headers):
            return await ask(call)
        key = key_of(who, str(call.url), headers)
        stored = await self._stored(key)
        if stored is not None:
            call.request = evolve(call.request, headers={**headers, "If-None-Match": stored.tag})
        answer = await ask(call)
        if stored is not None and answer.status == NOT_MODIFIED:
            return _renewed(stored, answer)
        if _may_be_kept(answer):
            await self._keep(key, answer)
        return answer

    async def _stored(self, key: str) -> Stored | None:
        try:
            value = await self._cache.get(key)
            return None if value is None else _decoder.decode(value)
        except Exception:  # noqa: BLE001 - whatever it is, it is not the call's fault
            self._failed()
            return None

    async def _keep(self, key: str, answer: Answer) -> None:
        pairs = [(name.lower(), value) for name, value in answer.headers.items()]
        headers = tuple(pair for pair in pairs if _is_of_body(pair[0]))
        stored = Stored(answer.headers["ETag"], headers, answer.body)
        try:
            value = _encoder.encode(stored)
            await self._cache.set(key, value)
        except Exception:  # noqa: BLE001 - as above
            self._failed()

    def _failed(self) -> None:
        if not self._has_failed:
            self._has_failed = True
            _log.warning("the cache failed: calls go on without it", exc_info=True)


def key_of(who: str | None, url: str, headers: Mapping[str, str]) -> str:
    """Under which key the answer is kept: nobody can read from it who asked what.

    Not as the quota names a person, whose tokens share a budget: each may see something else.
    """
    lines = sorted(f"{name.lower()}: {value}" for name, value in headers.items())
    asked = "\n".join([url, *lines])
    return f"{_FORMAT}:{_hashed(who or '')}:{_hashed(asked)}"


def _hashed(text: str) -> str:
    return blake2b(text.encode(), digest_size=16, person=_PERSON).hexdigest()


def _may_be_kept(answer: Answer) -> bool:
    tag = answer.headers.get("ETag", "")
    if answer.status != _OK or not (tag and tag.isascii() and tag.isprintable()):
        return False
    said = [(name.lower(), value.lower()) for name, value in answer.headers.items()]
    return not any(
        (name == "cache-control" and "no-store" in value) or (name == "vary" and "*" in value)
        for name, value in said
    )


def _is_of_body(name: str) -> bool:
    return name.startswith("content-") or name in {"etag", "last-modified"}


def _renewed(stored: Stored, fresh: Answer) -> Answer:
    """The answer that is kept, with what the service says anew; a 304's body is none."""
    said = fresh.headers.items()
    headers = CIMultiDict((name, one) for name, one in said if not _is_of_body(name.lower()))
    headers.extend(stored.headers)
    return evolve(
        fresh, status=_OK, headers=CIMultiDictProxy(headers), body=stored.body, unchanged=True
    )
