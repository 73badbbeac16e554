"""The operations on who may do what to which branches."""

from __future__ import annotations

from .operation import Group


class BranchRestrictions(Group, name="branch_restrictions"):
    """Who may do what to which branches."""
