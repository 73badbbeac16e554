"""`bbasync fake`: the embedded server, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import sys
from typing import TypedDict

from ..errors import ConfigurationError
from ..fake import FakeBitbucket
from .exits import Code, say


class Sizes(TypedDict):
    """How much invented data there is."""

    seed: int
    workspaces: int
    repositories: int
    members: int
    outsiders: int
    pullrequests: int


async def serve(sizes: Sizes, *, port: int, quota: int | None, latency: float) -> Code:
    """Serve until interrupted; the variables to use it with go to stdout."""
    fake = FakeBitbucket(**sizes, port=port, quota=quota, latency=latency)
    try:
        await fake.start()
    except OSError as error:
        raise ConfigurationError(str(error)) from error
    try:
        sys.stdout.write(
            f"export BITBUCKET_BASE_URL={fake.url}\n"
            f"export BITBUCKET_EMAIL={fake.email}\n"
            f"export BITBUCKET_API_TOKEN={fake.api_token}\n"
        )
        sys.stdout.flush()
        say("serving; Ctrl-C ends it")
        await asyncio.Event().wait()
    finally:
        await fake.stop()
    return Code.DONE
