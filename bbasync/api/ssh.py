"""The operations on people's SSH keys."""

from __future__ import annotations

from .operation import Group


class SSH(Group, name="ssh"):
    """People's SSH keys."""
