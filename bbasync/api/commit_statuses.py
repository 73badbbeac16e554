"""The operations on build statuses of commits and pull requests."""

from __future__ import annotations

from .operation import Group


class CommitStatuses(Group, name="commit_statuses"):
    """Build statuses of commits and pull requests."""
