"""Whom a command talks to: the service that the environment names, or the embedded fake."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.markup import escape

from ..auth import BasicAuth
from ..client import Bitbucket
from ..errors import ConfigurationError


@asynccontextmanager
async def connect(
    *, demo: bool, max_wait: float, anonymous: bool = False
) -> AsyncGenerator[Bitbucket, None]:
    """An open client; ConfigurationError where the environment has no credential for it.

    Where the command is of use to callers without one, *anonymous* lets them in.
    """
    if demo:
        from ..fake import FakeBitbucket  # noqa: PLC0415 - a server is loaded where it is used

        async with (
            FakeBitbucket.demo() as fake,
            Bitbucket(
                BasicAuth(fake.email, fake.api_token), base_url=fake.url, max_wait=max_wait
            ) as bb,
        ):
            yield bb
        return
    client = Bitbucket.from_env(max_wait=max_wait)
    if not client.authenticated and not anonymous:
        raise ConfigurationError(
            "no credential: set BITBUCKET_EMAIL and BITBUCKET_API_TOKEN, or try --demo"
        )
    async with client as bb:
        yield bb


class Notices(logging.Handler):
    """Shows the library's warnings, such as a wait for quota, above the progress bars."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Print *record*."""
        self._console.print(f"[yellow]{escape(record.getMessage())}")
