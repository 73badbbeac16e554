"""The groups of operations as attributes of the client, each loaded when it is first used."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from ..wire.message import Sender

if TYPE_CHECKING:
    from .operation import Operation
    from .projects import Projects
    from .repositories import Repositories
    from .users import Users
    from .webhooks import Webhooks
    from .workspaces import Workspaces


class Groups(Sender):
    """What a client can do: an attribute for each documented group of operations."""

    @cached_property
    def projects(self) -> Projects:
        """Projects of a workspace."""
        from .projects import Projects

        return Projects(self)

    @cached_property
    def repositories(self) -> Repositories:
        """Repositories, their forks, webhooks, settings and permissions."""
        from .repositories import Repositories

        return Repositories(self)

    @cached_property
    def users(self) -> Users:
        """The caller, and other accounts."""
        from .users import Users

        return Users(self)

    @cached_property
    def webhooks(self) -> Webhooks:
        """The events that webhooks can be called for."""
        from .webhooks import Webhooks

        return Webhooks(self)

    @cached_property
    def workspaces(self) -> Workspaces:
        """Workspaces, their members and effective permissions."""
        from .workspaces import Workspaces

        return Workspaces(self)


def operations() -> tuple[Operation, ...]:
    """Every declared operation, group by group; each group stands in a module of its name."""
    from .operation import Group

    names = [name for name, made in vars(Groups).items() if isinstance(made, cached_property)]
    for name in names:
        import_module(f".{name}", __package__)
    return tuple(one for name in names for one in Group.named[name].operations)
