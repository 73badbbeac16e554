"""The operations on what an app keeps on commits, pull requests, repositories and people."""

from __future__ import annotations

from .operation import Group


class Properties(Group, name="properties"):
    """What an app keeps on commits, pull requests, repositories and people."""
