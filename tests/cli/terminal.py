"""Commands at a terminal of their own."""

from __future__ import annotations

import asyncio
import os
import pty
import sys

from tests.cli.conftest import environment
from tests.cli.warm import Ran

AT_ITS_TERMINAL = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from bbasync.cli import run
run()
"""


async def typed_at(dialogue: list[tuple[str, str]], *arguments: str, **variables: str) -> Ran:
    """Run a command at a terminal, and type each answer when its question stands there."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        AT_ITS_TERMINAL,
        *arguments,
        env=environment({**variables, "TERM": "dumb"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    talking = asyncio.create_task(asyncio.to_thread(talk, ours, dialogue))
    try:
        code = await asyncio.wait_for(process.wait(), 30)
    finally:
        if process.returncode is None:
            process.kill()
        shown = await talking
    return Ran(code, shown.replace("\r\n", "\n"), "")


def talk(terminal: int, dialogue: list[tuple[str, str]]) -> str:
    """What is shown at *terminal* until the other side closes it, where each question is answered.

    To be run in a thread.
    """
    shown, unseen, left = b"", b"", list(dialogue)
    with os.fdopen(terminal, "r+b", buffering=0) as file:
        while True:
            try:
                more = file.read(4096)
            except OSError:  # the other side has closed it
                return shown.decode()
            shown, unseen = shown + more, unseen + more
            if left and left[0][0].encode() in unseen:
                file.write(left.pop(0)[1].encode())
                unseen = b""
