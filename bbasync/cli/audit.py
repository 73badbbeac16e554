"""`bbasync audit`: progress while it reads, then tables, JSON or CSV."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from enum import Enum
from io import TextIOWrapper

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from ..audit import Progress as Step
from ..audit import WorkspaceAudit, audit, write_csv, write_json
from ..client import Bitbucket
from .distant import Distant
from .exits import Code, code_of, say
from .notices import noticed
from .session import connect
from .tables import show


class Form(Enum):
    """How the result is written."""

    TABLES = "tables"
    JSON = "json"
    CSV = "csv"


async def run_audit(
    workspaces: Sequence[str],
    form: Form,
    *,
    demo: bool,
    everything: bool,
    max_wait: float,
    concurrency: int,
    distant: Distant | None = None,
) -> Code:
    """Audit *workspaces*, here or *distant*, and write the result to stdout in *form*."""
    started = time.monotonic()
    if distant is not None:
        from ..audit.remote import remote  # noqa: PLC0415 - few have a cluster

        with _watched() as bars:
            found = await remote(
                distant.scheduler,
                workspaces,
                concurrency=concurrency,
                watcher=bars.step,
                **distant.options(max_wait),
            )
        audits, requests = list(found.audits), found.requests
    else:
        async with connect(demo=demo, max_wait=max_wait) as bb:
            audits = await _gather(bb, workspaces, concurrency)
            requests = bb.requests_sent
    if form is not Form.TABLES and isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # as programs expect it, whatever people do here
    audits.sort(key=lambda one: one.workspace)
    if form is Form.TABLES and not any(audit.rights for audit in audits):
        return _verdict(audits, shown=False)  # a table of nothing would hide why
    if form is Form.JSON:
        write_json(audits, sys.stdout, requests=requests)
    elif form is Form.CSV:
        write_csv(audits, sys.stdout)
    else:
        seconds = time.monotonic() - started
        show(audits, requests=requests, seconds=seconds, everything=everything)
    return _verdict(audits, shown=form is Form.TABLES)


def _verdict(audits: Sequence[WorkspaceAudit], *, shown: bool) -> Code:
    if not audits:
        say("the credential's owner belongs to no workspace: there is nothing to audit")
        return Code.INCOMPLETE
    problems = [problem for audit in audits for problem in audit.problems]
    if not shown:
        for problem in problems:
            say(f"{problem.repository or problem.workspace}: {problem.message}")
    codes = {code_of(one.cause) if one.cause else Code.INCOMPLETE for one in problems}
    if len(codes) == 1 and not any(audit.rights for audit in audits):
        return codes.pop()  # nothing could be read, and all for the same kind of reason
    return Code.INCOMPLETE if problems else Code.DONE


async def _gather(
    bb: Bitbucket, workspaces: Sequence[str], concurrency: int
) -> list[WorkspaceAudit]:
    with _watched() as bars:
        walk = audit(bb, workspaces, concurrency=concurrency, watcher=bars.step)
        async with aclosing(walk):
            return [one async for one in walk]


@contextmanager
def _watched() -> Iterator[_Bars]:
    """Bars, and the library's warnings above them."""
    console = Console(stderr=True)
    bars = _Bars(console)
    with noticed(console), bars.progress:
        yield bars


class _Bars:
    """One bar a workspace, for the list that is being read."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Elapsed(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def step(self, step: Step) -> None:
        """Show that a page came in."""
        task = self._tasks.get(step.workspace)
        if task is None:
            task = self._tasks[step.workspace] = self.progress.add_task(step.workspace)
        self.progress.update(
            task,
            description=f"{step.workspace}: {step.what}",
            completed=step.done,
            total=step.total,
        )
