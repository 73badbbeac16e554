"""The operations on groups of a workspace and their members, by API 1.0."""

from __future__ import annotations

from .operation import Group


class Groups(Group, name="groups"):
    """Groups of a workspace and their members, by API 1.0."""
