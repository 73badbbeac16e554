"""A server on the loopback that stands where the service would."""

from types import TracebackType
from typing import Self

from aiohttp import web


class Listening:
    """Listens between entering and leaving; what it answers is for others to say."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host, self._port = host, port
        self._runner: web.ServerRunner | None = None
        self._site: str | None = None

    @property
    def url(self) -> str:
        """Where the API starts, version included."""
        return f"{self.site}/2.0"

    @property
    def site(self) -> str:
        """Where the web side is, which has the endpoint of OAuth's tokens."""
        if self._site is None:
            raise RuntimeError(f"The {type(self).__name__.lower()} has no address before it starts")
        return self._site

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        raise NotImplementedError

    async def listen(self) -> None:
        """Begin to listen."""
        if self._runner is not None:
            raise RuntimeError(f"The {type(self).__name__.lower()} is running already")
        runner = web.ServerRunner(web.Server(self.answer, access_log=None), shutdown_timeout=1.0)
        self._runner = runner
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await self.close()
            raise
        host, port = runner.addresses[0][:2]
        self._site = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def close(self) -> None:
        """Stop listening."""
        runner, self._runner, self._site = self._runner, None, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def refusal(status: int, text: str) -> web.Response:
    """Answer in plain text."""
    return web.Response(status=status, text=text + "\n")
