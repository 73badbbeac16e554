"""An answer whose body is still on its way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

import aiohttp
from attrs import field, frozen

from ..errors import ConnectionFailedError, TimedOutError

_CHUNK = 65_536


@frozen(eq=False)
class Opened:
    """An answer that was begun: *chunks* reads its body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    method: str
    url: str
    _response: aiohttp.ClientResponse = field(repr=False)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body, as it comes; ConnectionFailedError or TimedOutError where it breaks off."""
        where = f"{self.method} {self.url.partition('?')[0]}"
        try:
            async for chunk in self._response.content.iter_chunked(_CHUNK):
                yield chunk
        except TimeoutError as error:
            raise TimedOutError(f"{where}: nothing more came in time") from error
        except (aiohttp.ClientError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise ConnectionFailedError(f"{where}: the body broke off: {reason}") from error
