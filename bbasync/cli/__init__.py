"""The same, from a shell: commands, progress on stderr, data on stdout, documented exit codes.

What is found and how does not live here (that is audit, and the rooms below it).
"""

from __future__ import annotations

import sys
from importlib import import_module


def run() -> None:
    """Start the command line; says what to install where its packages are missing."""
    try:
        import_module("rich")  # what commands load, they all need
        from .main import app  # noqa: PLC0415 - its packages are an extra
    except ImportError as error:
        sys.stderr.write(
            f"bbasync: the command line needs a package that is not installed ({error.name}): "
            "python -m pip install 'bbasync[cli]'\n"
        )
        sys.exit(2)
    app()
