"""A run as Markdown, without anything that tells when or where it was."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Final

import bbasync

RESULTS: Final = Path(__file__).parent / "RESULTS.md"
UNDERNEATH: Final = ("aiohttp", "attrs", "cattrs", "msgspec", "orjson", "yarl")
"""What the figures depend on, beside Python."""


def versions() -> str:
    """What was measured, and on what."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    found = ", ".join(f"{name} {version(name)}" for name in UNDERNEATH)
    return f"bbasync {bbasync.__version__} on {python} with {found}."


def document(rounds: int, reading: str, sections: dict[str, str]) -> str:
    """The whole file: *reading* says how to read it."""
    parts = [
        "# Results",
        f"Written by `python -m benchmarks --write`, in {rounds} rounds.\n{versions()}",
        reading,
        *(f"## {title}\n\n{text}" for title, text in sections.items()),
    ]
    return "\n\n".join(parts) + "\n"
