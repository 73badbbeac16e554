"""`bbasync crawl`: its options; what they ask for is loaded when it is called."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

import typer

from . import exits
from .distant import Client, Redis, Scheduler, distant_of
from .options import Demo

_PATIENCE: Final = 3900
"""Seconds that a crawl waits for its quota, which comes again within the hour."""
_LITTLE: Final = 60
"""As above, for somebody who waits for a plan."""


def _lists(incomplete: str) -> list[tuple[str, str]]:
    from .crawl_asked import complete_list  # noqa: PLC0415 - only a shell that completes needs it

    return complete_list(incomplete)


def crawl(
    workspaces: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORKSPACE", help="All of yours when none is named."),
    ] = None,
    *,
    read: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LIST[:NAME=VALUE,...]",
            help="A list of each repository, such as commits, or with options "
            "pullrequests:state=OPEN. One that is read twice needs a name, as in more=tags.",
            autocompletion=_lists,
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="FILE.jsonl, FILE.jsonl.zst, FILE.sqlite, or a directory for Parquet, as "
            "DIRECTORY/ or NAME.parquet. Else JSON Lines go to stdout.",
        ),
    ] = None,
    q: Annotated[
        str | None,
        typer.Option("--q", help="Which repositories, such as 'is_private = true'."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help="Only what has changed since: 2026-11-01, a time (UTC unless it has a zone), or "
            '"7 days" ago.',
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the crawl that --to or --checkpoint has.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Begin anew, whatever --to has already.")
    ] = False,
    checkpoint: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="How far it has come; beside --to as NAME.crawl if not."),
    ] = None,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Show how many requests and hours it takes; read no more."),
    ] = False,
    max_requests: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Stop before more are sent; --resume goes on."),
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, max=64, help="Lists that are read at the same time.")
    ] = 8,
    max_wait: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            show_default=f"{_PATIENCE}, or {_LITTLE} with --plan",
            help="What a call waits in all when the service says later.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Write the summary, or the plan, to stdout as JSON.")
    ] = False,
    demo: Demo = False,
    scheduler: Scheduler = None,
    client: Client = None,
    redis: Redis = None,
) -> None:
    """Read all repositories of workspaces, and lists of each of them.

    What is found goes into a file, or to stdout. Ctrl-C and errors lose
    nothing that is in a file: the same command with --resume goes on where
    it ended, or begins where nothing was written yet. Each item is there
    once, and the file has its own name when it is complete. To stdout some
    items may come again after a --resume.

    A list that can't be read is told of in the end, and has a line in the
    file; the rest goes on.
    """
    from .crawl_asked import Wanted  # noqa: PLC0415 - a command loads what it needs
    from .crawl_run import start_crawl  # noqa: PLC0415 - as above

    wanted = Wanted(
        tuple(workspaces or ()),
        tuple(read or ()),
        to=None if to == "-" else to,
        q=q,
        since=since,
        resume=resume,
        overwrite=overwrite,
        checkpoint=checkpoint,
        plan=plan,
        max_requests=max_requests,
        concurrency=concurrency,
        max_wait=max_wait if max_wait is not None else _LITTLE if plan else _PATIENCE,
        json=json,
        demo=demo,
    )
    if scheduler is None and client is None and redis is None:
        exits.leave(partial(start_crawl, wanted))
    from .crawl_remote import start_remote  # noqa: PLC0415 - few have a cluster

    exits.leave(lambda: start_remote(wanted, distant_of(scheduler, client, redis, demo=demo)))
