"""The operations on deployments, environments, and deploy keys."""

from __future__ import annotations

from .operation import Group


class Deployments(Group, name="deployments"):
    """Deployments, environments, and deploy keys."""
