"""Commands in processes of their own that need not load what a first one has loaded.

A server is forked for each, so that hundreds of them are quick. What only a whole process shows
(a terminal, closed streams, what is loaded) is tested with one.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
from asyncio.streams import FlowControlMixin
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Final, Self

from attrs import define, field, frozen

NAMES: Final = ("stdin", "stdout", "stderr")
SERVER: Final = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.cli.warm", "tests.cli.loaded"])


@frozen
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class Reading(asyncio.StreamReaderProtocol):
    """The end of a pipe from which a command's words come."""

    def __init__(self) -> None:
        self.words = asyncio.StreamReader()
        self.over = asyncio.Event()
        super().__init__(self.words)

    def connection_lost(self, exc: Exception | None) -> None:
        """There is no more."""
        super().connection_lost(exc)
        self.over.set()


@define(eq=False)
class Process:
    """A command that runs; used as one of asyncio.subprocess, with all its streams piped."""

    stdin: asyncio.StreamWriter
    _out: Reading
    _err: Reading
    _leave: Callable[[], None]
    _forked: ForkServerProcess
    _ended: asyncio.Event = field(factory=asyncio.Event)

    @classmethod
    async def start(cls, arguments: Sequence[str], variables: Mapping[str, str]) -> Self:
        """Run a command with these *variables* alone."""
        pipes = [SERVER.Pipe(duplex=False) for _ in NAMES]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        forked = SERVER.Process(target=_command, args=(theirs, list(arguments), dict(variables)))
        forked.start()
        for one in theirs:
            one.close()
        loop = asyncio.get_running_loop()
        to, protocol = await loop.connect_write_pipe(FlowControlMixin, _file(pipes[0][1], "wb"))
        out, err = Reading(), Reading()
        line, _ = await loop.connect_read_pipe(lambda: out, _file(pipes[1][0], "rb"))
        await loop.connect_read_pipe(lambda: err, _file(pipes[2][0], "rb"))
        made = cls(asyncio.StreamWriter(to, protocol, None, loop), out, err, line.close, forked)
        loop.add_reader(forked.sentinel, made._end)
        return made

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._forked.sentinel)
        self._forked.join()
        self.stdin.close()
        self._ended.set()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._forked.pid is not None
        return self._forked.pid

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        return self._forked.exitcode if self._ended.is_set() else None

    @property
    def stdout(self) -> asyncio.StreamReader:
        """What it says."""
        return self._out.words

    @property
    def stderr(self) -> asyncio.StreamReader:
        """What it says beside that."""
        return self._err.words

    def leave(self) -> None:
        """Close its stdout, as a reader does who has seen enough."""
        self._leave()

    def send_signal(self, one: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, one)

    def kill(self) -> None:
        """End it whatever it does."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait until it has ended, and all that it said has come: how it did."""
        for one in (self._ended, self._out.over, self._err.over):
            await one.wait()
        code = self._forked.exitcode
        assert code is not None
        return code

    async def communicate(self, typed: bytes = b"") -> tuple[bytes, bytes]:
        """Type that, and read all that it says until it ends."""
        self.stdin.write(typed)
        self.stdin.close()
        out, err, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self.wait())
        return out, err


async def ran(arguments: Sequence[str], variables: Mapping[str, str], typed: str = "") -> Ran:
    """Run a command to its end, with these *variables* alone and *typed* at its stdin."""
    process = await Process.start(arguments, variables)
    try:
        out, err = await process.communicate(typed.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ran(await process.wait(), out.decode(), err.decode())


def _file(pipe: Connection, mode: str) -> object:
    number = os.dup(pipe.fileno())
    pipe.close()
    return os.fdopen(number, mode, buffering=0)


def _command(
    streams: Sequence[Connection], arguments: Sequence[str], variables: Mapping[str, str]
) -> None:
    """What the new process does: have its own streams and variables, and be the command."""
    for number, (name, pipe) in enumerate(zip(NAMES, streams, strict=True)):
        os.dup2(pipe.fileno(), number)
        pipe.close()
        mode, lines = "w" if number else "r", 1 if name == "stderr" else -1
        setattr(sys, name, os.fdopen(number, mode, lines, encoding="utf-8", closefd=False))
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:0] = filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv = ["bbasync", *arguments]
    from bbasync.cli import run

    try:
        run()
    finally:
        gc.collect()  # a whole process would tell of what it left open
