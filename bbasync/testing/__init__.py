"""For the tests of programs that use bbasync: fixtures for pytest, and aioresponses that works.

The server that answers them does not live here (that is fake).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .mocking import aioresponses

__all__ = ["aioresponses"]


def __getattr__(name: str) -> Any:
    """Load what needs a package of its own when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .mocking import aioresponses  # noqa: PLC0415 - aioresponses need not be installed

    globals()[name] = aioresponses
    return aioresponses
