"""`bbasync fake`: the embedded server, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Final, TypedDict

from attrs import frozen

from ..errors import ArgumentError, ConfigurationError
from ..fake import FakeBitbucket, Fault
from .exits import Code, say
from .signals import ended_by_sigterm

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
STATUSES: Final = range(400, 600)
TOO_MANY: Final = 429
"""A status whose answer is laid out otherwise."""


class Sizes(TypedDict):
    """How much invented data there is."""

    seed: int
    workspaces: int
    repositories: int
    members: int
    outsiders: int
    pullrequests: int


@frozen
class Served:
    """How the fake is served."""

    host: str
    port: int
    quota: int | None
    latency: float
    empty: bool = False
    faults: Sequence[str] = ()


async def serve(sizes: Sizes, wanted: Served) -> Code:
    """Serve until interrupted; the variables to use it with go to stdout, once it listens."""
    faults = [_fault(each) for each in wanted.faults]
    fake = _made(sizes, wanted)
    for path, fault in faults:
        fake.faults.add(path, fault)
    try:
        await fake.start()
    except OSError as error:
        raise ConfigurationError(str(error)) from error
    try:
        with ended_by_sigterm():
            _tell(fake, wanted)
            await asyncio.Event().wait()
    except asyncio.CancelledError:  # by a signal, and nobody above waits for more than a code
        say("interrupted")
        return Code.INTERRUPTED
    finally:
        await fake.stop()
    return Code.DONE


def _made(sizes: Sizes, wanted: Served) -> FakeBitbucket:
    if not wanted.empty:
        return FakeBitbucket(
            **sizes,
            host=wanted.host,
            port=wanted.port,
            quota=wanted.quota,
            latency=wanted.latency,
        )
    fake = FakeBitbucket.empty(
        seed=sizes["seed"],
        host=wanted.host,
        port=wanted.port,
        quota=wanted.quota,
        latency=wanted.latency,
    )
    fake.workspace("acme")  # no call makes one
    return fake


def _tell(fake: FakeBitbucket, wanted: Served) -> None:
    sys.stdout.write(
        f"export BITBUCKET_BASE_URL={fake.url}\n"
        f"export BITBUCKET_EMAIL={fake.email}\n"
        f"export BITBUCKET_API_TOKEN={fake.api_token}\n"
    )
    sys.stdout.flush()
    if wanted.host not in LOOPBACK:
        say(
            f"warning: {wanted.host} may be reached from other machines; whoever reaches it may "
            "do everything here"
        )
    say("serving; Ctrl-C ends it")


def _fault(text: str) -> tuple[str, Fault]:
    """Read PATH=STATUS."""
    path, _, status = text.rpartition("=")
    number = int(status) if status.isascii() and status.isdecimal() else 0
    if not path.startswith(("/", "*")) or number not in STATUSES:
        raise ArgumentError(
            f"--fault {text}: write PATH=STATUS, with a status of 400 to 599, such as "
            "'/repositories/*=503'"
        )
    return path, Fault.too_many() if number == TOO_MANY else Fault.status(number)
