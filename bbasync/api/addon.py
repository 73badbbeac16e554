"""The operations on the installed Connect app itself."""

from __future__ import annotations

from .operation import Group


class Addon(Group, name="addon"):
    """The installed Connect app itself."""
