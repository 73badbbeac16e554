"""An answer whose body is still to be read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping

import aiohttp
from attrs import define, field

from ..errors import BitbucketError, ClientClosedError, ConnectionFailedError, TimedOutError
from .calls import Calls
from .message import Answer

_CHUNK = 65_536


@define(eq=False)
class Opened:
    """An answer that was begun: *chunks* reads its body."""

    _answer: Answer
    _response: aiohttp.ClientResponse = field(repr=False)
    _calls: Calls = field(repr=False)
    received: int = 0
    """Bytes of the body so far."""
    failure: str = ""
    """The class of the error that broke off the reading."""

    @property
    def status(self) -> int:
        """The status: 200, or 206 where a part was asked for."""
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; names in any case."""
        return self._answer.headers

    def cut(self) -> None:
        """Let whoever reads the body fail: aiohttp would let them wait when it closes."""
        self._response.content.set_exception(aiohttp.ClientConnectionError("closed"))

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body, as it comes; ConnectionFailedError or TimedOutError where it breaks off."""
        where = f"{self._answer.method} {self._answer.url.partition('?')[0]}"
        try:
            async for chunk in self._response.content.iter_chunked(_CHUNK):
                self.received += len(chunk)
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            found = self._error_of(error, where)
            self.failure = type(found).__name__
            raise found from error
        except asyncio.CancelledError:
            self.failure = "CancelledError"
            raise

    def _error_of(self, error: Exception, where: str) -> BitbucketError:
        if isinstance(error, TimeoutError):
            return TimedOutError(f"{where}: nothing more came in time")
        if self._calls.cut:
            return ClientClosedError(f"the client was closed while the body of {where} was read")
        reason = " ".join(str(error).split()) or type(error).__name__
        return ConnectionFailedError(f"{where}: the body broke off: {reason}")
