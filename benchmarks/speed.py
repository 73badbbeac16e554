"""Objects a second, beside plain aiohttp with orjson."""

from __future__ import annotations

import statistics

from .clients import WORKS
from .rig import FLIGHTS, Run, Server, quartiles

HEADROOM = 3.0
"""How many times as long as the server the client must compute, to be what is measured."""


def table(server: Server, rounds: int, only: str = "") -> str:
    """One row for each piece of work that has *only* in its name, and number in flight."""
    lines = [
        "| work | in flight | ratio | quartiles | client busy | server busy | headroom |",
        "|---|---|---|---|---|---|---|",
    ]
    least = float("inf")
    for name in (name for name in WORKS if only in name):
        for flights in FLIGHTS:
            plain, typed = compare(server, name, flights, rounds)
            ratios = [ours.rate / theirs.rate for theirs, ours in zip(plain, typed, strict=True)]
            busy = statistics.median(run.busy for run in typed)
            serving = statistics.median(run.serving for run in typed)
            headroom = min(_headroom(side) for side in (plain, typed))
            least = min(least, headroom)
            cells = f"{quartiles(ratios)} | {busy:.0%} | {serving:.0%} | {headroom:.1f}"
            lines.append(f"| {name} | {flights} | {cells} |")
    verdict = "enough" if least >= HEADROOM else "too little: the server is measured too"
    lines += ["", f"The least headroom is {least:.1f}: {HEADROOM:g} is wanted, so it is {verdict}."]
    return "\n".join(lines)


def compare(server: Server, name: str, flights: int, rounds: int) -> tuple[list[Run], list[Run]]:
    """The runs of both sides, plain first; they take turns, and in who begins too."""
    sides = WORKS[name]
    for work in sides:
        server.run(work, min(flights, 2))  # classes, hooks and caches are made once
    runs: tuple[list[Run], list[Run]] = [], []
    for number in range(rounds):
        for side in (0, 1) if number % 2 else (1, 0):
            runs[side].append(server.run(sides[side], flights))
    return runs


def _headroom(runs: list[Run]) -> float:
    return statistics.median(run.busy / run.serving for run in runs)
