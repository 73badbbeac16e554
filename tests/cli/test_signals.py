"""What Ctrl-C does to a command that runs, beside what each command's own tests show."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bbasync.cli.signals import ended_by_signals


@contextmanager
def _ignored() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_again_ends_the_clean_up_where_it_waits() -> None:
    """It does not break it where it happens to be, as asyncio's own does."""
    reached = []

    async def work() -> None:
        with ended_by_signals():
            try:
                signal.raise_signal(signal.SIGINT)
                await asyncio.Event().wait()
            finally:
                signal.raise_signal(signal.SIGINT)
                reached.append("the clean-up's first wait")
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                reached.append("its end")

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(work())
    assert reached == ["the clean-up's first wait"]


def test_ctrl_c_gets_through_where_the_loop_is_held_up() -> None:
    """A pipe that nobody reads does not hold a command for ever."""

    async def work() -> None:
        with ended_by_signals():
            for _ in range(9):
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(work())


def test_ctrl_c_that_a_shell_keeps_away_stays_away() -> None:
    """A command in a script's background is not ended by what is meant for another."""

    async def work() -> str:
        with ended_by_signals():
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return "done"

    with _ignored():
        assert asyncio.run(work()) == "done"


def test_what_ctrl_c_did_before_it_does_again_behind_the_block() -> None:
    """There is nothing left of the block."""

    async def work() -> None:
        before = signal.getsignal(signal.SIGINT)
        with ended_by_signals():
            assert signal.getsignal(signal.SIGINT) is not before
        assert signal.getsignal(signal.SIGINT) is before

    asyncio.run(work())
