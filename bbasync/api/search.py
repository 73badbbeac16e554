"""The operations on code search."""

from __future__ import annotations

from .operation import Group


class Search(Group, name="search"):
    """Code search."""
