"""The bars of `bbasync crawl`: how far each workspace is, and all of them, while it runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..crawl import Progress, WorkspaceProgress

_MOST: Final = 8
"""Workspaces that have a bar of their own."""
_WINDOW: Final = 10.0
"""Seconds over which the rate is taken."""
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_ROUGH: Final = 5
"""Minutes that don't matter where there are hours."""


class Bars:
    """Bars on a terminal, gone when the block ends; elsewhere nothing."""

    def __init__(self, console: Console, *, shown: bool) -> None:
        # It is told of progress a few times a second; a clock of its own would tell it no more.
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.shown = shown
        self._names: list[str] = []
        self._rate = Rate()

    def __enter__(self) -> Self:
        if self.shown:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.shown:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        """Draw how far it is."""
        rate = self._rate.at(progress.seconds, sum(progress.found.values()))
        self._names = chosen(progress.workspaces, self._names)
        self._live.update(_drawn(progress, self._names, rate), refresh=True)


class Rate:
    """Records a second, over the last ten."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def at(self, seconds: float, count: int) -> float | None:
        """The rate now that there are *count*; None at the beginning."""
        self._seen.append((seconds, count))
        while self._seen[-1][0] - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        (since, before), (now, after) = self._seen[0], self._seen[-1]
        return (after - before) / (now - since) if now > since else None


def chosen(workspaces: Mapping[str, WorkspaceProgress], before: list[str]) -> list[str]:
    """Which have a bar: those that had one and are not done, and others that are being read."""
    kept = [name for name in before if not _is_done(workspaces[name])]
    busy = (name for name, one in workspaces.items() if one.running and name not in kept)
    return [*kept, *(name for name, _ in zip(busy, range(_MOST - len(kept)), strict=False))]


def _is_done(one: WorkspaceProgress) -> bool:
    return one.known is not None and one.done >= one.known and not one.running and not one.waiting


def _drawn(progress: Progress, names: list[str], rate: float | None) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, max_width=24)
    table.add_column(ratio=1)
    table.add_column(no_wrap=True, justify="right")
    every = progress.workspaces
    for name in names:
        _row(table, escape(name), [every[name]])
    others = [one for name, one in every.items() if name not in names and not _is_done(one)]
    if others:
        _row(table, f"[dim]{len(others):,} more", others)
    if len(every) > 1:
        _row(table, "[bold]all", list(every.values()))
    return Group(
        table, *(Text(line, no_wrap=True, overflow="ellipsis") for line in told(progress, rate))
    )


def _row(table: Table, name: str, those: list[WorkspaceProgress]) -> None:
    """A bar, by the repositories that are read; of those that are known."""
    done = sum(one.done for one in those)
    total = sum(max(one.known or 0, one.listed) for one in those)
    more = "+" if any(one.known is None for one in those) else ""
    bar = ProgressBar(total=max(total, 1), completed=done)
    table.add_row(name, bar, f"{done:,}/{total:,}{more} repositories")


def told(progress: Progress, rate: float | None) -> list[str]:
    """What there is to say beside the bars, a line for what was found and one for what it costs."""
    found = [f"{sum(progress.found.values()):,} found"]
    if rate is not None:
        found.append(f"{rate:,.0f}/s")
    if progress.missed:
        found.append(f"{progress.missed:,} lists missed")
    return [" · ".join(found), " · ".join(_costs(progress))]


def _costs(progress: Progress) -> Iterator[str]:
    yield f"{progress.requests:,} requests sent"
    if progress.left is not None:
        yield f"{progress.left:,} left in the budget"
    if progress.eta:
        quota = " at this quota" if progress.left is not None else ""
        yield f"about {duration(progress.eta)} left{quota}"


def duration(seconds: float) -> str:
    """So many *seconds*, as exactly as an estimate is."""
    if seconds < _MINUTE:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / _MINUTE)
    if seconds < _HOUR - _MINUTE:
        return f"{minutes} min"
    if seconds >= 2 * _DAY:
        return f"{round(seconds / _DAY)} days"
    hours, minutes = divmod(_ROUGH * round(minutes / _ROUGH), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
