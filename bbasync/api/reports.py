"""The operations on reports on commits, with their annotations."""

from __future__ import annotations

from .operation import Group


class Reports(Group, name="reports"):
    """Reports on commits, with their annotations."""
