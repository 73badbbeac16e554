"""Branches and tags with a slash in their name, where the service takes no such name.

In the paths of commits and files the service finds nothing by them, however they are spelled, so
that they are looked up first; what is looked up is kept for one call or walk, no longer.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar, cast

from attrs import define, evolve

from ..errors import DecodingError, NotFoundError
from ..model.reply import read
from ..resources import Ref
from ..wire.message import Answer, Reading, Request, Sender
from ..wire.origin import segment
from .operation import Group

F = TypeVar("F", bound=Callable[..., Any])


@define
class _Resolving:
    """A Sender that puts a commit's hash in the place of a branch or a tag in addresses."""

    _sender: Sender
    _repository: str
    """The repository's address, with a slash behind."""
    _name: str
    _hash: str = ""

    async def send(self, request: Request) -> Answer:
        """Send *request* to where the commit is."""
        return await self._sender.send(await self._resolved(request))

    def open(self, request: Request) -> AbstractAsyncContextManager[Reading]:
        """Open *request* where the commit is."""
        return self._opened(request)

    @asynccontextmanager
    async def _opened(self, request: Request) -> AsyncGenerator[Reading, None]:
        async with self._sender.open(await self._resolved(request)) as reading:
            yield reading

    async def _resolved(self, request: Request) -> Request:
        where, slash, rest = request.address.removeprefix(self._repository).partition(self._name)
        if not slash or where not in _PLACES or rest[:1] not in {"", "/"}:
            return request
        self._hash = self._hash or await self._found()
        return evolve(request, address=f"{self._repository}{where}{self._hash}{rest}")

    async def _found(self) -> str:
        """The hash; the name itself where there is none, for the service to say so."""
        for kind in ("branches", "tags"):
            address = f"{self._repository}refs/{kind}/{self._name}"
            try:
                answer = await self._sender.send(
                    Request("GET", address, (("fields", "target.hash"),))
                )
            except NotFoundError:
                continue
            target = read(answer, Ref, self._sender).target
            if target is None or target.hash is None:
                raise DecodingError(f"GET {answer.url} answered without the hash of the commit")
            return str(target.hash)
        return self._name


_PLACES = frozenset({"commit/", "src/", "filehistory/"})
"""What stands before a commit in a path."""


def finding(sender: Sender, workspace: object, repo_slug: object, commit: object) -> Sender:
    """What sends requests about *commit*: *sender*, or one that looks a name with a slash up."""
    if not isinstance(commit, str) or "/" not in commit:
        return sender
    here = segment("workspace", workspace), segment("repo_slug", repo_slug)
    return _Resolving(sender, f"/repositories/{'/'.join(here)}/", segment("commit", commit))


def by_name(function: F) -> F:
    """Let an operation's ``commit`` be a branch or tag with a slash; to stand above ``GET``."""
    names = list(inspect.signature(function).parameters)[1:]

    def group(self: Group, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Group:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        where = (given.get(name) for name in ("workspace", "repo_slug", "commit"))
        sender = finding(self._sender, *where)
        return self if sender is self._sender else type(self)(sender)

    @functools.wraps(function)
    def walk(self: Group, *args: Any, **kwargs: Any) -> Any:
        return function(group(self, args, kwargs), *args, **kwargs)

    @functools.wraps(function)
    async def fetch(self: Group, *args: Any, **kwargs: Any) -> Any:
        return await function(group(self, args, kwargs), *args, **kwargs)

    return cast(F, fetch if inspect.iscoroutinefunction(function) else walk)
