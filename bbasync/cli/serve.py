"""`bbasync fake`: the embedded server, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Final, TypedDict

from attrs import frozen

from ..errors import ArgumentError
from ..fake import FakeBitbucket, Fault
from .exits import Code, say
from .listening import is_loopback, listened_at
from .signals import ended_by_signals

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
    if wanted.empty:
        _check_unsized()
    fake = _made(sizes, wanted)
    for each in wanted.faults:
        _add_fault(fake, each)
    with listened_at(wanted.host, wanted.port):
        await fake.start()
    try:
        with ended_by_signals():
            _tell(fake, wanted)
            await asyncio.Event().wait()
    except asyncio.CancelledError:  # by a signal, and nobody above waits for more than a code
        say("interrupted")
        return Code.INTERRUPTED
    finally:
        await fake.stop()
    return Code.DONE


def _check_unsized() -> None:
    """ArgumentError where a size was typed, though it may be the usual one: nothing has it."""
    typed = {one.partition("=")[0] for one in sys.argv[1:]}
    sizes = (f"--{name}" for name in Sizes.__annotations__ if name != "seed")
    found = next((one for one in sizes if one in typed), None)
    if found is not None:
        raise ArgumentError(f"--empty has no invented data: leave out {found}, or --empty")


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
    if not is_loopback(wanted.host):
        say(
            f"warning: {wanted.host or 'it'} may be reached from other machines; whoever "
            "reaches it may do everything here"
        )
    say("serving; Ctrl-C ends it")


def _add_fault(fake: FakeBitbucket, text: str) -> None:
    """Read PATH=STATUS, and have that happen."""
    path, _, status = text.rpartition("=")
    number = int(status) if status.isascii() and status.isdecimal() else 0
    if not path.startswith(("/", "*")) or number not in STATUSES:
        raise ArgumentError(
            f"--fault {text}: write PATH=STATUS, with a status of 400 to 599, such as "
            "'/repositories/*=503'"
        )
    fault = Fault.too_many() if number == TOO_MANY else Fault.status(number)
    try:
        fake.faults.add(path, fault)
    except ValueError as error:
        raise ArgumentError(f"--fault {text}: {error}") from None
