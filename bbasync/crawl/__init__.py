"""Many walks at once: bounded, fair, and with an error as a record instead of the end.

What is read, and what it means, does not live here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .fanout import Outcome, fan_out

if TYPE_CHECKING:
    from .driver import Records, Summary
    from .estimate import Estimate
    from .ledger import Ledger
    from .plan import Crawl
    from .progress import Progress, WorkspaceProgress
    from .record import Batch, Checkpoint, Found, Missed, Record, Sink, Walk
    from .sinks import Function, JSONLines, Parquet, SQLite

__all__ = [
    "Batch",
    "Checkpoint",
    "Crawl",
    "Estimate",
    "Found",
    "Function",
    "JSONLines",
    "Ledger",
    "Missed",
    "Outcome",
    "Parquet",
    "Progress",
    "Record",
    "Records",
    "SQLite",
    "Sink",
    "Summary",
    "Walk",
    "WorkspaceProgress",
    "fan_out",
]

# Loaded when first asked for: who fans out does not crawl.
_LATER = {
    "Batch": "record",
    "Checkpoint": "record",
    "Crawl": "plan",
    "Estimate": "estimate",
    "Found": "record",
    "Function": "sinks",
    "JSONLines": "sinks",
    "Ledger": "ledger",
    "Missed": "record",
    "Parquet": "sinks",
    "Progress": "progress",
    "Record": "record",
    "Records": "driver",
    "SQLite": "sinks",
    "Sink": "record",
    "Summary": "driver",
    "Walk": "record",
    "WorkspaceProgress": "progress",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value
