"""The gate: every request of a crawl passes it, so that they are counted and come to an end."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from datetime import datetime
from typing import Final

from ..api.contents import Contents
from ..client import Bitbucket
from ..errors import (
    AnswerError,
    ArgumentError,
    BitbucketError,
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    OAuthError,
    RateLimitedError,
    ReauthorizationRequired,
    TimedOutError,
    TokenStoreError,
    UnauthorizedError,
    UnknownRelError,
)
from ..wire.message import Answer, Reading, Request

_FATAL: Final = (
    ArgumentError,
    ClientClosedError,
    ConfigurationError,
    OAuthError,
    ReauthorizationRequired,
    TokenStoreError,
    UnauthorizedError,
)
"""What is not one list's problem: it would be the same for the next one."""
_UNREACHED: Final = (ConnectionFailedError, TimedOutError)

_ENTERED: Final[ContextVar[bool]] = ContextVar("entered", default=False)


class Gate(Contents):
    """A client as a crawl uses it: at most *most* requests, and none after the first refusal.

    It counts what tasks send that have entered it. What the crawl's user sends, who follows the
    links of what was found, just passes.
    """

    def __init__(self, bb: Bitbucket, *, most: int | None = None, patience: int = 1) -> None:
        self.bb = bb
        self.stop: BitbucketError | None = None
        """Why nothing is sent any more, though there may be more to read."""
        self._most = most
        self._patience = patience
        self._before = bb.requests_sent
        self._let_in = 0
        self._repeated = 0
        self._reached = False
        self._unreached = 0

    @staticmethod
    def enter() -> None:
        """Let what this task sends count, and that of the tasks that it begins."""
        _ENTERED.set(True)

    @property
    def sent(self) -> int:
        """Requests that the client has sent since the crawl began."""
        return self.bb.requests_sent - self._before

    @property
    def reset_at(self) -> datetime | None:
        """When the service is expected to answer again, where it stopped the crawl."""
        return self.stop.reset_at if isinstance(self.stop, RateLimitedError) else None

    async def send(self, request: Request) -> Answer:
        """Send *request*; once the crawl has to stop, its reason instead."""
        if not _ENTERED.get():
            return await self.bb.send(request)
        self._admit()
        try:
            answer = await self.bb.send(request)
        except RateLimitedError as error:
            self.stop = self.stop or error
            raise
        except AnswerError:
            self._answered()
            raise
        except _UNREACHED:
            self._unreached += 1
            raise
        self._answered()
        return answer

    def open(self, request: Request) -> AbstractAsyncContextManager[Reading]:
        """Send *request*, and leave the body of its answer to be read in the block."""
        return self.bb.open(request)

    def stops(self, error: BaseException) -> bool:
        """Whether *error* says that the crawl has to stop, and can go on another day."""
        return error is self.stop or isinstance(error, RateLimitedError)

    def ends(self, error: BitbucketError) -> bool:
        """Whether *error* ends the crawl, and is not the problem of one list alone.

        A service that was never reached, or is not any more, would lose every list that is left.
        """
        if isinstance(error, _UNREACHED):
            return not self._reached or self._unreached > self._patience
        return isinstance(error, _FATAL) and not isinstance(error, UnknownRelError)

    def _admit(self) -> None:
        if self.stop is None and self._most is not None:
            # A call that is under way may not have been sent yet, or more than once already.
            self._repeated = max(self._repeated, self.sent - self._let_in)
            if self._let_in + self._repeated >= self._most:
                self.stop = BitbucketError(f"max_requests={self._most}: no more are sent")
        if self.stop is not None:
            raise self.stop.with_traceback(None)
        self._let_in += 1

    def _answered(self) -> None:
        self._reached, self._unreached = True, 0
