"""A console for stdout, whose reader may have seen enough."""

from __future__ import annotations

from rich.console import Console


class Screen(Console):
    """A rich console that leaves the end of its reader to whoever runs the command."""

    def on_broken_pipe(self) -> None:
        """Raise what happened; else the exit code would say that something went wrong."""
        raise BrokenPipeError
