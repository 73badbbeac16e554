"""What the system says to a command that runs."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_HELD_UP: Final = 2
"""Interruptions that wait when one more is proof that the loop does not get to them."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, and Ctrl-C again end its clean-up.

    By itself asyncio raises KeyboardInterrupt at the second Ctrl-C, wherever the loop is, so that
    the clean-up breaks in the middle, or goes on in what is not its task.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        yield
        return
    with _at_ctrl_c(loop, task.cancel):
        if sys.platform == "win32":  # which has no SIGTERM
            yield
            return
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGTERM)


@contextmanager
def _at_ctrl_c(loop: asyncio.AbstractEventLoop, act: Callable[[], object]) -> Iterator[None]:
    before, waiting = signal.getsignal(signal.SIGINT), 0

    def interrupted(*_: object) -> None:
        nonlocal waiting
        if waiting >= _HELD_UP:  # by a pipe that nobody reads, say
            raise KeyboardInterrupt
        waiting += 1
        loop.call_soon_threadsafe(taken)

    def taken() -> None:
        nonlocal waiting
        waiting -= 1
        act()

    if before is signal.SIG_IGN:  # a shell's command in the background: Ctrl-C is for another
        yield
        return
    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
