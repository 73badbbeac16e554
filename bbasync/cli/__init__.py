"""The same, from a shell: commands, progress on stderr, data on stdout, documented exit codes.

What is found and how does not live here (that is audit, and the rooms below it).
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper


def run() -> None:
    """Start the command line; says what to install where its packages are missing."""
    _occupy()
    try:
        import_module("rich")  # what commands load, they all need
        from .exits import shielded  # noqa: PLC0415 - its packages are an extra
        from .main import app  # noqa: PLC0415 - as above
    except ImportError as error:
        sys.stderr.write(
            f"bbasync: the command line needs a package that is not installed ({error.name}): "
            "python -m pip install 'bbasync[cli]'\n"
        )
        sys.exit(2)
    except KeyboardInterrupt:  # while all that was loaded
        sys.stderr.write("bbasync: interrupted\n")
        sys.exit(130)
    shielded(app)


def _occupy() -> None:
    """Have something at the standard streams that the shell has closed.

    Else the next file or socket is there, and gets what was meant for a person. What writes to a
    closed stdout fails; what is for stderr is lost.
    """
    for name, how, mode in (
        ("stdin", os.O_RDONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),
        ("stderr", os.O_WRONLY, "w"),
    ):
        if getattr(sys, name) is None:
            # In this order each gets the number that is its own, the lowest that is free.
            setattr(sys, name, os.fdopen(os.open(os.devnull, how), mode, encoding="utf-8"))
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what a place can't show is no error
