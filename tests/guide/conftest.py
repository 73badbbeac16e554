"""The site, built once for all that look at it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as the task does it."""
    outdir = tmp_path_factory.mktemp("site")
    command = (sys.executable, "-W", "error", "-m", "bbasync.guide", str(outdir))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return outdir
