"""Virtual environments for peers, made in a temporary folder and gone afterwards."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

PATIENCE: Final = 300.0
"""Seconds that an installation may take."""
NEWEST: Final = 20
"""The minor version up to which a Python is looked for."""


class Peer(NamedTuple):
    """A client to compare with, in the version that its driver was written for."""

    name: str
    version: str
    kind: str
    least: tuple[int, int] = (3, 11)
    """The oldest Python that it runs on."""

    @property
    def module(self) -> str:
        """The module that drives it."""
        return f"benchmarks.peers.{self.name.replace('-', '_')}"


class LeftOutError(Exception):
    """Why a peer is not measured, in words that tell nothing of the machine."""


@contextmanager
def environment(peer: Peer) -> Iterator[str]:
    """Give the Python of a fresh environment that has *peer*."""
    python = _python(peer.least)
    with tempfile.TemporaryDirectory(prefix="peer-") as place:
        bin_ = Path(place) / ("Scripts" if sys.platform == "win32" else "bin")
        own = str(bin_ / "python")
        # With the pip that is here: to install another one takes longer than the peer.
        here = importlib.util.find_spec("pip") is not None
        without = ["--without-pip"] if here else []
        _done([python, "-m", "venv", *without, place], "no virtual environment could be made")
        pip = [sys.executable, "-m", "pip", "--python", own] if here else [own, "-m", "pip"]
        wanted = f"{peer.name}=={peer.version}"
        install = [*pip, "install", "--quiet", "--disable-pip-version-check", wanted]
        _done(install, "it could not be installed")
        yield own


def _python(least: tuple[int, int]) -> str:
    """Find a Python that is new enough and can make environments: names may be shims."""
    if sys.version_info[:2] >= least:
        return sys.executable
    for minor in range(least[1], NEWEST):
        found = shutil.which(f"python{least[0]}.{minor}")
        if found and _works(found):
            return found
    raise LeftOutError(f"it needs Python {least[0]}.{least[1]}, and there is none here")


def _works(python: str) -> bool:
    tried = subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False)
    return tried.returncode == 0


def _done(command: list[str], otherwise: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise LeftOutError(f"{otherwise} in {PATIENCE:g} seconds") from None
    except subprocess.CalledProcessError as error:
        needs = re.search(r"Requires-Python (\S+)", error.stderr or "")
        raise LeftOutError(otherwise + (f": it needs Python {needs[1]}" if needs else "")) from None
