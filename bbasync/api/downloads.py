"""The operations on the files of a repository's downloads section."""

from __future__ import annotations

from .operation import Group


class Downloads(Group, name="downloads"):
    """The files of a repository's downloads section."""
