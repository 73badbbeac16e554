"""What a program pays at its start: ``import bbasync`` beside ``import aiohttp``."""

from __future__ import annotations

import subprocess
import sys
import time

from .rig import ROOT, quartiles

WHAT = {
    "import bbasync": "import bbasync",
    "the same and one group of operations": "import bbasync; bbasync.Bitbucket().repositories",
    "the same and every operation": "import bbasync; bbasync.OPERATIONS",
}


def seconds(code: str) -> float:
    """How long an interpreter runs that does *code* and nothing else."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    return time.perf_counter() - started


def table(rounds: int) -> str:
    """The ratios, each round's runs in turn, without the time that any interpreter takes."""
    lines = ["| start | ratio to `import aiohttp` | quartiles |", "|---|---|---|"]
    for code in ("pass", "import aiohttp", *WHAT.values()):
        seconds(code)  # compiled files are written once
    for name, code in WHAT.items():
        ratios = []
        for _ in range(rounds):
            nothing, plain, ours = (seconds(one) for one in ("pass", "import aiohttp", code))
            ratios.append((ours - nothing) / (plain - nothing))
        lines.append(f"| {name} | {quartiles(ratios)} |")
    return "\n".join(lines)
