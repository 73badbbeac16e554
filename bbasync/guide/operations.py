"""The table of all operations, as OPERATIONS has them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from itertools import groupby

from attrs import frozen

from ..api import OPERATIONS, Group, Operation


@frozen
class Row:
    """One operation as a line of the table."""

    call: str
    """How it is called, without types: ``repositories.get(workspace, repo_slug, **query)``."""
    returns: str
    method: str
    path: str
    scopes: Sequence[str]
    summary: str
    notice: str
    """Why it is deprecated, and what to call instead; empty where it is not."""
    page: str
    """Where its documentation stands, from the table."""


@frozen
class Section:
    """One group of operations."""

    name: str
    summary: str
    page: str
    rows: Sequence[Row]


def sections() -> list[Section]:
    """Every operation, group by group, in the order in which they are declared."""
    return [
        Section(
            name,
            _first_line(Group.named[name].__doc__),
            page_of(Group.named[name].__module__, Group.named[name].__qualname__),
            [_row(one) for one in those],
        )
        for name, those in groupby(OPERATIONS, key=lambda one: one.group)
    ]


def page_of(module: str, name: str) -> str:
    """The address of a name's documentation, from the top of the site."""
    return f"{module.replace('.', '/')}.html#{name}"


def _row(operation: Operation) -> Row:
    function = operation.signature.function
    return Row(
        call=f"{operation.group}.{operation.name}{_plain(function)}",
        returns=str(inspect.signature(function).return_annotation),
        method=operation.method,
        path=operation.path,
        scopes=operation.scopes,
        summary=_first_line(function.__doc__),
        notice=operation.notice,
        page=page_of(function.__module__, function.__qualname__),
    )


def _plain(function: Callable[..., object]) -> str:
    """The parameters without ``self`` and without types."""
    signature = inspect.signature(function)
    bare = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    return str(inspect.Signature(bare[1:]))


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
