"""What Bitbucket does: one file an operation group, each operation a typed signature.

What comes back does not live here (that is resources), nor how it travels (that is wire).
"""

from __future__ import annotations

from .operation import Group, Operation
from .projects import Projects
from .repositories import Repositories
from .users import Users
from .webhooks import Webhooks
from .workspaces import Workspaces

__all__ = [
    "OPERATIONS",
    "Group",
    "Operation",
    "Projects",
    "Repositories",
    "Users",
    "Webhooks",
    "Workspaces",
]

OPERATIONS: tuple[Operation, ...] = tuple(
    operation
    for group in (Projects, Repositories, Users, Webhooks, Workspaces)
    for operation in group.operations
)
"""Every declared operation: ``getattr(getattr(bb, op.group), op.name)`` is the callable."""
