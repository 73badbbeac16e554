"""What other clients of this service got wrong, as far as no other test looks at it."""

from __future__ import annotations

import asyncio
import inspect
import re
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bbasync import OPERATIONS, BasicAuth, Bitbucket
from bbasync.errors import ArgumentError, ConfigurationError
from bbasync.fake import FakeBitbucket, Fault

SITE = ("acme", "site")
IN_PATH = re.compile(r"\{(\w+)\}")


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A fake of its own for each test."""
    async with FakeBitbucket(repositories=3, members=2, outsiders=0) as running:
        yield running


@pytest.fixture
async def bb(fake: FakeBitbucket, client: Any) -> Bitbucket:
    """A client that owns everything."""
    return await client(fake.url, auth=BasicAuth(fake.email, fake.api_token))


async def call_with(bb: Bitbucket, operation: Any, name: str, value: str) -> None:
    """Call *operation* with *value* in one place of its path, and with what fits elsewhere."""
    method = getattr(getattr(bb, operation.group), operation.name)
    wanted = [
        one
        for one in inspect.signature(method).parameters.values()
        if one.default is one.empty and one.kind is not one.VAR_KEYWORD
    ]
    arguments = {one.name: {} if one.name == "body" else "x" for one in wanted}
    result = method(**arguments | {name: value})
    if inspect.isawaitable(result):
        await result
    else:
        async for _ in result:
            break


@pytest.mark.parametrize("value", ["", ".", ".."])
async def test_no_operation_lets_a_value_climb(
    fake: FakeBitbucket, bb: Bitbucket, value: str
) -> None:
    """Whichever place of whichever path it is meant for, a dot or nothing is never sent."""
    told = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for operation in OPERATIONS:
            for name in IN_PATH.findall(operation.path):
                if value == "" and name == "path":
                    continue  # the root of the files
                with pytest.raises(ArgumentError) as caught:
                    await call_with(bb, operation, name, value)
                told += f"{name} can't be" in str(caught.value)
    assert told > 700  # the rest want another body
    assert fake.requests == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("value", ["../w2/r2", "x/../../..", "a?b", "a#b", "%2e%2e", "a\\..\\b"])
async def test_a_strange_name_is_the_name_of_nothing(
    fake: FakeBitbucket, bb: Bitbucket, method: str, value: str
) -> None:
    """What means another path elsewhere is one segment here, that no repository is called."""
    call = bb.repositories.get if method == "GET" else bb.repositories.delete
    before = set(fake.store.workspaces["acme"].repositories)
    with pytest.raises(Exception, match="404"):
        await call("acme", value)
    [sent] = fake.requests
    assert re.fullmatch(r"/2\.0/repositories/acme/[^/?#]+", sent.path)
    assert sent.query == ""
    assert set(fake.store.workspaces["acme"].repositories) == before


async def test_a_provider_that_is_not_awaitable_is_an_error(
    fake: FakeBitbucket, client: Any
) -> None:
    """Neither a token nor a coroutine is put into the header as text; nothing is sent."""

    class Sync:
        def authorization(self) -> str:
            return f"Bearer {fake.access_token}"

    bb = await client(fake.url, auth=Sync())
    with pytest.raises(ConfigurationError, match="of Sync must be awaitable"):
        await bb.repositories.get(*SITE)
    assert fake.requests == []


async def test_a_renamed_repository_is_found_where_it_is_now(
    fake: FakeBitbucket, bb: Bitbucket
) -> None:
    """A read follows the service to the new name, with the credential; a write does not."""
    moved = Fault.redirect("/2.0/repositories/acme/site", status=301)
    fake.faults.add("/repositories/acme/old", moved)
    assert (await bb.repositories.get("acme", "old")).full_name == "acme/site"
    assert [one.authorized for one in fake.requests] == [True, True]
    with pytest.raises(Exception, match="301") as caught:
        await bb.repositories.delete("acme", "old")
    assert caught.value.location == "/2.0/repositories/acme/site"  # type: ignore[attr-defined]
    assert fake.store.find_repository(*SITE) is not None


async def test_a_queue_is_no_timeout(fake: FakeBitbucket, client: Any) -> None:
    """Who waits for a connection for longer than a silence may last is still served."""
    bb = await client(fake.url, connections=1, timeout=0.2)
    slow = fake.faults.add("/hook_events", Fault.drip(0.02, size=40), times=3)
    paths = [f"/hook_events?n={n}" for n in range(6)]
    calls = [asyncio.create_task(bb.request("GET", path)) for path in paths]
    assert len(await asyncio.gather(*calls)) == 6
    assert slow.hits == 3


@pytest.mark.parametrize("status", [408, 425, 520, 524, 555])
async def test_unusual_statuses_are_tried_again(
    fake: FakeBitbucket, bb: Bitbucket, status: int
) -> None:
    """What says "not now" in another number is not final for a read."""
    fake.faults.add("/repositories/*", Fault.status(status), times=1)
    assert (await bb.repositories.get(*SITE)).full_name == "acme/site"
    assert [one.status for one in fake.requests] == [status, 200]
