"""The operations on how branches are named, in repositories and projects."""

from __future__ import annotations

from .operation import Group


class BranchingModel(Group, name="branching_model"):
    """How branches are named, in repositories and projects."""
