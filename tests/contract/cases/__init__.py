"""What the contract tests call each operation with, a module a family of operations."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import field, frozen

from bbasync import Bitbucket
from bbasync.api import Operation
from bbasync.fake import FakeBitbucket

Names = Callable[[Bitbucket, FakeBitbucket], Awaitable[dict[str, str]]]
Find = Callable[[Bitbucket], Awaitable[Any]]


def _dict() -> Any:
    return field(factory=dict)


@frozen
class Cases:
    """What one family of operations needs; operations are called ``group.name`` here."""

    groups: Mapping[str, Names] = _dict()
    """Of each group, what makes the things that its addresses name.

    It gives a name for each variable of a path. ``variable`` is for the whole group,
    ``operation.variable`` (such as ``delete_tag.name``) for one operation and comes first.
    """
    bodies: Mapping[str, Any] = _dict()
    """The body of each operation that takes one."""
    fresh: Mapping[str, Mapping[str, str]] = _dict()
    """Names in the path that differ where something is made."""
    given: Mapping[str, Mapping[str, Any]] = _dict()
    """Query and form parameters that an operation can't be called without."""
    auth: Mapping[str, str] = _dict()
    """Operations that an API token can't call: the attribute of the fake that can.

    It is a bearer's token, or a whole Authorization header of the scheme ``JWT``.
    """
    gone: Mapping[str, str] = _dict()
    """Operations that the service has removed: the number of the announcement."""
    written: tuple[tuple[str, str], ...] = ()
    """An operation that writes, and the one that reads what was written."""
    deleted: tuple[tuple[str, str], ...] = ()
    """An operation that deletes, and the one that no longer finds it."""
    empty: frozenset[str] = frozenset()
    """Reads that bring nothing to look into, such as a check that is answered 204."""
    found: Mapping[str, Find] = _dict()
    """Where a resource of each class that has links into the API is found."""
    linkless: frozenset[str] = frozenset()
    """Classes that come without a link into the API."""
    abstract: frozenset[str] = frozenset()
    """Classes of which only the subclasses come."""
    bytes_: frozenset[tuple[str, str]] = frozenset()
    """Links (class, rel) that are answered with bytes."""
    actions: frozenset[tuple[str, str]] = frozenset()
    """Links (class, rel) that do something, and so are not followed by the tests of reading."""
    removed: frozenset[tuple[str, str]] = frozenset()
    """Links (class, rel) that are answered with 410."""
    never_sent: Mapping[tuple[str, str], str] = _dict()
    """Links (class, rel) that the service sends and the fake does not, and an address for each."""


def _modules() -> list[Cases]:
    names = sorted(one.name for one in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").CASES for name in names]


def _together(parts: list[Cases]) -> Cases:
    """Everything of all modules; nothing may be said twice."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name in Cases.__attrs_attrs__:
            value = getattr(part, name.name)
            before = whole.get(name.name, type(value)())
            if isinstance(value, tuple):
                whole[name.name] = before + value
                continue
            twice = set(before) & set(value)
            assert not twice, f"{name.name}: {twice} stand in two modules"
            whole[name.name] = before | value
    return Cases(**whole)


EVERY = _together(_modules())


async def names_for(
    operation: Operation, client: Bitbucket, service: FakeBitbucket
) -> dict[str, str]:
    """A name for each variable in the operation's path, with what it names made."""
    made = await EVERY.groups[operation.group](client, service)
    wanted = re.findall(r"{(\w+)}", operation.path)
    own = {one: made.get(f"{operation.name}.{one}", made.get(one)) for one in wanted}
    missing = [one for one, name in own.items() if name is None]
    assert not missing, f"{operation.group}.{operation.name} has no name for {missing}"
    return {one: str(name) for one, name in own.items()}
