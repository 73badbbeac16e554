"""The operations on commits, their comments and approvals, and what differs between them."""

from __future__ import annotations

from .operation import Group


class Commits(Group, name="commits"):
    """Commits, their comments and approvals, and what differs between them."""
