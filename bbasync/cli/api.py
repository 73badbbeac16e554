"""`bbasync api METHOD PATH`: any call, and any walk over pages, from a shell."""

from __future__ import annotations

import sys
from collections.abc import Coroutine, Mapping
from typing import IO, Any

from attrs import evolve
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from ..client import Bitbucket
from ..errors import (
    ArgumentError,
    BitbucketError,
    DecodingError,
    GoneError,
    MethodNotAllowedError,
    NotFoundError,
    UnauthorizedError,
    UntrustedAddressError,
)
from ..paging import Pager
from ..paging.page import whole
from ..wire.body import Uploads
from ..wire.message import Request
from . import paths
from .call import Wanted, check, read_input, request_of
from .exits import Code, say
from .notices import noticed
from .output import line_of, opened, show, write
from .session import ADVICE, connect


def start_api(wanted: Wanted, *, demo: bool, max_wait: float) -> Coroutine[Any, Any, Code]:
    """Check what was asked for and read its input; what is left is to be run."""
    check(wanted)
    ready = evolve(wanted, content=read_input(wanted))
    return _run(ready, demo=demo, max_wait=max_wait)


async def _run(wanted: Wanted, *, demo: bool, max_wait: float) -> Code:
    console = Console(stderr=True)
    with noticed(console):
        async with Uploads() as uploads:
            request = await request_of(wanted, uploads)
            with opened(wanted.output, lines=wanted.paginate) as to:
                async with connect(demo=demo, max_wait=max_wait, anonymous=True) as bb:
                    await _answer(bb, wanted, request, to, console)
    return Code.DONE


async def _answer(
    bb: Bitbucket, wanted: Wanted, request: Request, to: IO[bytes], console: Console
) -> None:
    try:
        if wanted.paginate:
            await _walk(bb, request, to, _Line(console))
        else:
            await _fetch(bb, wanted, request, to)
    except UntrustedAddressError as error:
        if bb.requests_sent:
            raise
        raise ArgumentError(str(error)) from error  # it is the path that leads there
    except BitbucketError as error:
        _explain(error, bb, wanted)
        raise
    operation = paths.operation_at(wanted.method, wanted.path)
    if operation is not None and operation.deprecated:
        say(f"{operation.method} {operation.path} is deprecated: {operation.notice}")


async def _fetch(bb: Bitbucket, wanted: Wanted, request: Request, to: IO[bytes]) -> None:
    async with bb.open(request) as answer:
        if wanted.include or wanted.method == "HEAD":
            _show_head(answer.status, answer.headers)
        if wanted.output is None and sys.stdout.isatty():
            await show(answer.chunks(), answer.headers.get("Content-Type", ""))
        else:
            await write(answer.chunks(), to)


def _show_head(status: int, headers: Mapping[str, str]) -> None:
    lines = [f"HTTP {status}", *(f"{name}: {value}" for name, value in headers.items()), ""]
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


async def _walk(bb: Bitbucket, request: Request, to: IO[bytes], line: _Line) -> None:
    """Write each item on a line of its own, a page at a time."""
    pager: Pager[Any] = Pager(bb, request, whole)
    count = 0
    complete = False
    try:
        with line.progress:
            async for page in pager.pages():
                to.write(b"".join(map(line_of, page.values)))
                to.flush()
                count += len(page.values)
                line.step(count, page.size)
        complete = True
    except DecodingError as error:
        if count:
            raise
        raise ArgumentError(f"{error}: leave --paginate out") from error
    finally:
        if count and not complete:
            items = "1 item was" if count == 1 else f"{count:,} items were"
            say(f"{items} written, each whole, before it ended")


class _Line:
    """A line that says how far a walk is; only where it would not stand among the items."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=not console.is_terminal or sys.stdout.isatty(),
        )
        self._task = self.progress.add_task("0 items")

    def step(self, count: int, size: int | None) -> None:
        """Show that a page came in."""
        of = "" if size is None else f" of {size:,}"
        self.progress.update(self._task, description=f"{count:,}{of} items")


def _explain(error: BitbucketError, bb: Bitbucket, wanted: Wanted) -> None:
    """Add to *error* what is known here of the reason."""
    match error:
        case NotFoundError() | MethodNotAllowedError():
            note = paths.hint(wanted.method, wanted.path)
            if note:
                error.add_note(note)
        case GoneError():
            operation = paths.operation_at(wanted.method, wanted.path)
            if operation is not None and operation.deprecated:
                error.add_note(operation.notice)
    if isinstance(error, NotFoundError | UnauthorizedError) and not bb.authenticated:
        error.add_note(f"no credential was sent: {ADVICE}")
