"""The operations on the issue tracker, which the service has removed."""

from __future__ import annotations

from .operation import Group


class Issues(Group, name="issues"):
    """The issue tracker, which the service has removed."""
