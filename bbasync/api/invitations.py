"""The operations on invitations to workspaces and repositories, by API 1.0."""

from __future__ import annotations

from .operation import Group


class Invitations(Group, name="invitations"):
    """Invitations to workspaces and repositories, by API 1.0."""
