"""The operations on pull requests, their comments, tasks and reviewers."""

from __future__ import annotations

from .operation import Group


class PullRequests(Group, name="pullrequests"):
    """Pull requests, their comments, tasks and reviewers."""
