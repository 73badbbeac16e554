"""The operations on branches and tags."""

from __future__ import annotations

from .operation import Group


class Refs(Group, name="refs"):
    """Branches and tags."""
