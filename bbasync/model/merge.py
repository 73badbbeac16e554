"""Following a merge to its end, however the service tells how it went."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..errors import AmbiguousWriteError, BitbucketError, DecodingError, ServerError
from ..wire.message import Answer, Request, Sender
from ..wire.origin import printable
from .make import from_wire
from .poll import Polling, poll
from .reply import read
from .resource import Resource

R = TypeVar("R", bound=Resource)

_ACCEPTED = 202


async def merged(
    start: Callable[[], Awaitable[Answer]],
    reread: Callable[[], Awaitable[R]],
    kind: type[R],
    sender: Sender,
    polling: Polling,
) -> R:
    """*start* a merge and give the pull request as it is then.

    The service answers with it, or with the address of a task to look at. Where it answers that
    it failed or took too long, or where the answer is lost, the merge may have been carried out
    all the same: *reread* tells.
    """
    try:
        answer = await start()
    except (ServerError, AmbiguousWriteError) as error:
        return await _carried_out(error, reread)
    if answer.status != _ACCEPTED:
        made: R = read(answer, kind, sender)
        return made
    address = answer.headers.get("Location")
    if not address:
        raise DecodingError(f"{answer.method} {answer.url} answered 202 without a Location")

    async def look() -> R | None:
        told = await sender.send(Request("GET", address))
        if told.status == _ACCEPTED:
            return None
        found = told.json()
        if not isinstance(found, dict):
            raise DecodingError(f"GET {address} answered with no task")
        if found.get("task_status") != "SUCCESS":
            return None
        result = found.get("merge_result")
        return from_wire(result, kind, sender) if isinstance(result, dict) else await reread()

    try:
        return await poll(look, polling, what=f"the merge that {answer.url} began")
    except BitbucketError as error:
        error.add_note(f"The merge was begun: its task is {printable(address)}")
        raise


async def _carried_out(
    error: ServerError | AmbiguousWriteError, reread: Callable[[], Awaitable[R]]
) -> R:
    try:
        found = await reread()
    except BitbucketError as other:
        error.add_note(f"Whether it was merged could not be read: {other}")
        raise error from other
    now = found.to_dict()
    if now.get("state") in {"MERGED", "QUEUED"} or now.get("queued") is True:
        return found
    raise error
