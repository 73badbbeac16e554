"""A reverse proxy that writes down what passes through it."""

import asyncio
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from .addresses import TOKENS, Upstream
from .bodies import kept, type_of
from .cassette import Answered, CassetteError, Recorded, dump, save
from .hiding import API, hide_json
from .known import Secrets
from .listening import Listening, refusal
from .messages import TOLD_HEADERS, picked, sent
from .passing import Passage, Told, length_of, recorded_location
from .scrub import Hook, scrubbed

NOBODY = frozenset({"", "x-token-auth", "x-bitbucket-api-token-auth"})
"""User names that say only that a token follows."""
_NO_SECRETS = frozenset({"grant_type", "redirect_uri", "scope"})


class Recorder(Listening):
    """Passes requests on to a service, and writes a cassette of them.

    A client uses `url` for its base URL. Its credential goes to *upstream*, and to no other
    origin. The cassette is written whole when the block ends, and not at all when an exception
    ends it, or where a secret would be in it.

    Secrets are replaced by ``***`` and personal data by pseudonyms, the same one for the same
    value, all over. What is in *keep* stays as it is, a name of a workspace for example that the
    program has in it; *rename* says what else is to be called otherwise. Workspaces and
    repositories keep their names. *scrub* is called with each exchange when it is clean; it gives
    the one to write, or None for none.

    Secrets that others have left in contents, as in files, logs and comments, are found by their
    looks only: read a cassette before you commit it.

    Bytes that are no text can't be searched: without *binary* only their number is recorded. What
    OAuth's token endpoint is asked and answers is passed on, and never recorded.
    """

    def __init__(
        self,
        cassette: str | os.PathLike[str],
        *,
        upstream: str = API,
        keep: Iterable[str] = (),
        rename: Mapping[str, str] | None = None,
        scrub: Hook | None = None,
        binary: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(host, port)
        if isinstance(keep, str):
            raise TypeError(f"keep takes several texts: write keep=({keep!r},)")
        self._path = Path(cassette)
        self._passage = Passage(Upstream(upstream))
        self._keep = frozenset(text.lower() for text in keep)
        self._rename, self._hook, self._binary = dict(rename or {}), scrub, binary
        self._secrets = Secrets()
        self._users: list[str] = []
        self._heard: list[Recorded] = []
        self.failures: list[str] = []
        """Requests that were not answered, or not before the end; they are not recorded."""

    async def listen(self) -> None:
        """Begin to listen; where a cassette could not be written, say so before anything else."""
        folder = self._path.absolute().parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise CassetteError(f"{self._path} can't be written: {folder} is no folder to write in")
        await super().listen()
        self._passage.open()

    async def close(self) -> None:
        """Stop listening, without writing anything."""
        try:
            await super().close()
        finally:  # cancelled too
            await self._passage.close()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
        if error is None:
            self.save()

    def save(self) -> None:
        """Write down what has passed until now, or raise CassetteError."""
        heard = scrubbed(
            self._heard,
            self._secrets,
            users=self._users,
            keep=self._keep,
            rename=self._rename,
            hook=self._hook,
        )
        save(self._path, dump(heard))

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Pass one request on, and its answer back."""
        target, headers = request.raw_path, request.headers
        path = target.partition("?")[0]
        if not target.startswith("/"):
            return refusal(400, "This is no forward proxy: give its address as the base URL")
        if path.startswith("/site/") and path != TOKENS:
            return refusal(501, f"Of the web side, only {TOKENS} is passed on")
        if not self._passage.leads(path):
            return refusal(404, "No answer has redirected there")
        self._learn(headers)
        here = self.site
        try:
            content = await request.content.read()  # of any size
            told = await self._passage.ask(request.method, target, headers, content, here)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures.append(f"{request.method} {path}: {type(error).__name__}")
            return refusal(502, f"The service did not answer: {type(error).__name__}")
        except asyncio.CancelledError:
            self.failures.append(f"{request.method} {path}: not answered when the recording ended")
            raise
        self._learn(told.headers)
        if path == TOKENS:
            self._learn_tokens(content, told.content)
        else:
            self._heard.append(self._recorded(request, content, told, here))
        return self._passage.back(told, here, request.method)

    def _recorded(
        self, request: web.BaseRequest, content: bytes, told: Told, here: str
    ) -> Recorded:
        kind = type_of(told.headers)
        official = self._passage.recordable(told.content, kind)
        headers = picked(told.headers, TOLD_HEADERS) | recorded_location(told)
        headers |= length_of(told, request.method)
        asked = sent(
            request.method,
            request.raw_path,
            request.headers,
            content,
            here=here,
            binary=self._binary,
        )
        body = kept(official, kind, binary=self._binary)
        return Recorded(asked, Answered(told.status, headers, body))

    def _learn(self, headers: Mapping[str, str]) -> None:
        """Note the credentials in headers, so that they are found wherever they turn up."""
        for name, value in headers.items():
            if name.lower() in {"authorization", "proxy-authorization"}:
                user = self._secrets.add_header(value)
                if user not in NOBODY and "@" not in user:
                    self._users.append(user)
            elif name.lower() == "cookie":
                self._secrets.add_cookies(value)
            elif name.lower() == "set-cookie":  # whose other parts are for whom and how long
                self._secrets.add_cookies(value.partition(";")[0])

    def _learn_tokens(self, content: bytes, answer: bytes) -> None:
        """Note what a client of OAuth shows, and what it is given."""
        for name, value in parse_qsl(content.decode(errors="replace")):
            if name not in _NO_SECRETS:
                self._secrets.add(value)
        try:
            hide_json(json.loads(answer), self._secrets.add)
        except ValueError:  # no tokens then
            return
