"""What the groups of operations of API 1.0 have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, ParamSpec

from attrs import evolve

from ..errors import ArgumentError
from .operation import Group, Operation

P = ParamSpec("P")

Format = Literal["yaml", "xml"]
"""What API 1.0 can answer in, beside JSON."""


class Version1(Group):
    """Operations of API 1.0: plain arrays, and errors in plain text."""

    async def as_text(
        self,
        format: Format,
        operation: Callable[P, Awaitable[Any]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> str:
        """Call an *operation* of this group that reads, and return its answer as it came.

        ``await bb.groups.as_text("yaml", bb.groups.list, "acme")``
        """
        found = getattr(operation, "operation", None)
        if not isinstance(found, Operation) or found not in self.operations:
            raise ArgumentError(f"operation takes a method of this group, not {operation!r}")
        if found.method != "GET":
            raise ArgumentError(f"{found.group}.{found.name} has no format: it does not read")
        if format not in {"yaml", "xml"}:
            raise ArgumentError(f"format takes 'yaml' or 'xml', not {format!r}")
        request, _ = found.request(self, args, kwargs)
        query = (*request.query, ("format", format))
        return (await self._sender.send(evolve(request, query=query))).text
