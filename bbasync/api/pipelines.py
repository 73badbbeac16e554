"""The operations on pipelines, their steps and logs, and all that configures them."""

from __future__ import annotations

from .operation import Group


class Pipelines(Group, name="pipelines"):
    """Pipelines, their steps and logs, and all that configures them."""
