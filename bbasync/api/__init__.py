"""What Bitbucket does: one file an operation group, each operation a typed signature.

What comes back does not live here (that is resources), nor how it travels (that is wire).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .operation import Group as Group
    from .operation import Operation as Operation

    OPERATIONS: tuple[Operation, ...]
    """Every declared operation: ``getattr(getattr(bb, op.group), op.name)`` is the callable."""

__all__ = ["OPERATIONS", "Group", "Operation"]


def __getattr__(name: str) -> Any:
    """Load what is asked for: a client that uses one group shall not pay for all of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import contents, operation  # noqa: PLC0415 - all groups hang on them

    value = contents.operations() if name == "OPERATIONS" else getattr(operation, name)
    globals()[name] = value
    return value
