"""The operations on rights of groups on repositories, by API 1.0."""

from __future__ import annotations

from .operation import Group


class GroupPrivileges(Group, name="group_privileges"):
    """Rights of groups on repositories, by API 1.0."""
