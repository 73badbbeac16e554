"""A fake with something in every list, a client of it, and a look at all that comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import attrs
import pytest

from bbasync import BasicAuth, Bitbucket, Resource
from bbasync.fake import FakeBitbucket
from bbasync.model.kinds import TYPES

Everything = Callable[[Resource], list[Resource]]


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """A fake of its own for each test."""
    async with FakeBitbucket() as fake:
        yield fake


@pytest.fixture
async def client(service: FakeBitbucket) -> AsyncIterator[Bitbucket]:
    """A client that owns the workspace ``acme``."""
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url) as bb:
        yield bb


@pytest.fixture(scope="session")
def everything() -> Everything:
    """Read every declared field of a resource, and of those in it: all of them, in one list.

    On the way, each must be of the class that its ``type`` names, and declare what was sent.
    """

    def read(found: Resource) -> list[Resource]:
        return list(_read(found))

    return read


def _read(found: Resource) -> Iterator[Resource]:
    yield found
    sent, kind = found.to_dict(), type(found)
    named = TYPES.get(sent.get("type", ""), kind)
    assert kind is named, f"a {sent['type']} was read as {kind.__name__}: {sent}"
    if kind is not Resource:
        strange = set(sent) - {name.rstrip("_") for name in _fields(kind)} - {"links"}
        assert not strange, f"{kind.__name__} does not declare {strange}"
    for name in _fields(kind):
        value = getattr(found, name)
        inside = value.values() if isinstance(value, Mapping) else value
        for one in inside if isinstance(value, tuple | Mapping) else [value]:
            if isinstance(one, Resource):
                yield from _read(one)


def _fields(kind: type[Resource]) -> list[str]:
    return [one.name for one in attrs.fields(kind)] if attrs.has(kind) else []
