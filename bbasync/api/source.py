"""The operations on files and directories, and commits made of them."""

from __future__ import annotations

from .operation import Group


class Source(Group, name="source"):
    """Files and directories, and commits made of them."""
