"""The library's warnings, such as a wait for quota, as whoever runs a command is told of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.markup import escape

from .exits import plain, say

_TOGETHER: Final = 2.0
"""Seconds within which warnings come together."""


@contextmanager
def noticed(console: Console) -> Iterator[None]:
    """Tell of the library's warnings on *console*, above what moves there; else a line each."""
    notices, logger = Notices(console), logging.getLogger("bbasync")
    notices.addFilter(Once())
    logger.addHandler(notices)
    try:
        yield
    finally:
        logger.removeHandler(notices)


class Notices(logging.Handler):
    """Shows warnings: with colour at a terminal, elsewhere as all else that a command says."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Print *record*, on one line however narrow the place is."""
        text = record.getMessage()
        if self._console.is_terminal:
            self._console.print(f"[yellow]{escape(plain(text))}", highlight=False)
        else:
            say(text)


class Once(logging.Filter):
    """Lets the first of warnings through that are alike and come together.

    When the service asks to wait, every call that is under way says so.
    """

    def __init__(self) -> None:
        super().__init__()
        self._latest: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* says something new."""
        before = self._latest.get(record.msg)
        self._latest[record.msg] = record.created
        return before is None or record.created - before > _TOGETHER
