"""Sinks: where a crawl puts what it has found, each item once.

``JSONLines``, ``SQLite`` and ``Parquet`` write beside their path, under its name with ``.part``
behind it, while the crawl is incomplete. What is there can be looked at, and is needed to resume;
under its final name it appears when the crawl is complete, as a whole, in place of what an earlier
crawl has left. A resume that finds less than the checkpoint says, or another file, is refused. One
crawl at a time writes to a path: ``.lock`` behind it says so while it runs. The checkpoint knows a
sink by its file's name, so that the folder may be moved, and what was written by what is in it.

A list that was missed is written too, with its error. Where a later run has read it after all, its
items stand behind that: ``SQLite`` takes the error away then, the others, which only ever grow,
don't.

A path that can't be written is a ConfigurationError before anything is requested. A disk that
fails later is an OSError: the crawl ends, and can be resumed when there is room again.
"""

from .function import Function
from .jsonl import JSONLines
from .parquet import Parquet
from .sqlite import SQLite

__all__ = ["Function", "JSONLines", "Parquet", "SQLite"]
