"""Quota: where calls are counted, which clients may share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Self

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .limiter import Limiter
    from .window import Store


class Quota:
    """How calls are counted: ``Quota.local()``, ``Quota.redis(url)`` or ``Quota.off()``.

    Clients that are given the same object share its counts, pauses and lines.
    """

    def __init__(self, url: str | None, *, counts: bool = True) -> None:
        self._url = url
        self.counts = counts
        self._limiters: list[Limiter] = []

    @classmethod
    def local(cls) -> Self:
        """Count the calls of this process, in memory: the default."""
        return cls(None)

    @classmethod
    def redis(cls, url: str) -> Self:
        """Count the calls of all processes that use the Redis at *url* (``redis://host:6379/0``).

        Needs ``bbasync[redis]``. Redis gets hashes and times, never a credential. While it can't
        be reached each process counts by itself, and says so once. A pause after a 429 reaches
        the other processes within a second.
        """
        if not isinstance(url, str) or not url.startswith(("redis://", "rediss://")):
            raise ConfigurationError("Quota.redis takes an address like redis://host:6379/0")
        quota = cls(url)
        quota._store(float)  # what is no address is told at once
        return quota

    @classmethod
    def off(cls) -> Self:
        """Neither count nor hold back: each call waits for itself after its own 429."""
        return cls(None, counts=False)

    def __repr__(self) -> str:
        kind = "redis(...)" if self._url else "local()" if self.counts else "off()"
        return f"Quota.{kind}"

    def limiter(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
        jitter: Callable[[], float],
    ) -> Limiter:
        """The limiter on these clocks, the same for all clients that have them."""
        for one in self._limiters:
            if (one.clock, one.sleep, one.jitter) == (clock, sleep, jitter):
                return one
        from .limiter import Limiter  # noqa: PLC0415 - see _store

        self._limiters.append(Limiter(self, clock, sleep, jitter))
        return self._limiters[-1]

    def _store(self, clock: Callable[[], float]) -> Store:
        # Here and not above: importing limits takes as long as importing all of bbasync.
        if self._url is not None:
            from .shared import Shared  # noqa: PLC0415 - it takes long

            return Shared(self._url, clock)
        from .window import Local  # noqa: PLC0415 - the same

        return Local(clock)
