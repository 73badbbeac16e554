"""Commands in processes of their own that need not load what a first one has loaded.

A server is forked for each, so that hundreds of them are quick. What only a whole process shows
(signals, pipes, terminals, what is loaded) is tested with one.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attrs import frozen

STREAMS: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
SERVER: Final = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [
        *(
            f"bbasync.cli.{one}"
            for one in (
                *("main", "api", "audit_run", "crawl_run", "hooks_listen", "hooks_verify", "login"),
                *("logins", "serve", "whoami"),
            )
        ),
        # What they load later, when they open a client or read options; one that is not there
        # is passed over.
        *("bbasync.auth.netrc", "bbasync.wire.opening", "bbasync.wire.calls", "bbasync.fake"),
        *("bbasync.wire.quota", "bbasync.wire.retry", "limits.aio.strategies"),
        *("limits.aio.storage", "pydantic.type_adapter", "typer._coercion", "rich.progress"),
    ]
)


@frozen
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


async def ran(arguments: Sequence[str], variables: Mapping[str, str], typed: str = "") -> Ran:
    """Run a command to its end, with these *variables* alone and *typed* at its stdin."""
    with TemporaryDirectory(prefix="bbasync-cli-") as name:
        place = Path(name)
        for stream, _ in STREAMS:
            (place / stream).write_text(typed if stream == "stdin" else "")
        process = SERVER.Process(target=_command, args=(name, list(arguments), dict(variables)))
        process.start()
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(process.sentinel)
            if not ended.is_set():
                process.kill()
            process.join()
        code = process.exitcode
        process.close()
        out, err = ((place / stream).read_bytes().decode() for stream in ("stdout", "stderr"))
    return Ran(-1 if code is None else code, out, err)


def _command(place: str, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
    """What the new process does: have its own streams and variables, and be the command."""
    for number, (name, mode) in enumerate(STREAMS):
        opened = os.open(Path(place) / name, os.O_RDONLY if mode == "r" else os.O_WRONLY)
        os.dup2(opened, number)
        os.close(opened)
        setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:0] = filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv = ["bbasync", *arguments]
    from bbasync.cli import run

    run()
