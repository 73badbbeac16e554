"""The operations on people's GPG keys, and the service's own."""

from __future__ import annotations

from .operation import Group


class GPG(Group, name="gpg"):
    """People's GPG keys, and the service's own."""
