"""Whether somebody waits for a call: such calls may use the reserve, and go first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_interactive: ContextVar[bool] = ContextVar("bbasync_interactive", default=False)


@contextmanager
def interactive() -> Iterator[None]:
    """Let the calls of the block, and of tasks begun in it, use the reserve and go first."""
    before = _interactive.set(True)
    try:
        yield
    finally:
        _interactive.reset(before)


def is_interactive() -> bool:
    """Whether the calls that are made here are."""
    return _interactive.get()
