"""Every declared operation is answered over a socket, and all that comes back can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from attrs import frozen
from cases import EVERY, names_for

from bbasync import OPERATIONS, BasicAuth, BearerAuth, Bitbucket, Pager, Resource
from bbasync.api import Operation
from bbasync.errors import GoneError, NotFoundError
from bbasync.fake import FakeBitbucket

Everything = Callable[[Resource], list[Resource]]

BY_NAME = {f"{one.group}.{one.name}": one for one in OPERATIONS}
SERVED = {key: one for key, one in BY_NAME.items() if key not in EVERY.gone}
PAGES = {"html", "avatar", "clone", "pullrequest_create", "html_overview"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("key", SERVED)
async def test_an_operation_is_served(
    key: str, client: Bitbucket, service: FakeBitbucket, everything: Everything
) -> None:
    """It is answered with 2xx, and every field of what comes back reads as it is declared.

    Whatever has links into the API is of a class whose links are all followed in test_links.
    """
    given = await _given(key, client, service)
    async with _caller(key, service) as bb:
        before = len(service.requests)
        found = await _answered(BY_NAME[key], bb, given)
    answered = {one.status // 100 for one in service.requests[before:]}
    assert 2 in answered <= {2, 3}
    read = [inner for one in found if isinstance(one, Resource) for inner in everything(one)]
    linked = {type(one).__name__ for one in read if set(one.links) - PAGES}
    assert linked <= set(EVERY.found)
    if BY_NAME[key].method == "GET" and key not in EVERY.empty:
        assert found


@pytest.mark.parametrize("key", EVERY.gone)
async def test_a_removed_operation_says_where_that_was_announced(
    key: str, client: Bitbucket, service: FakeBitbucket
) -> None:
    """It warns when it is called, and its 410 names the announcement."""
    given = await _given(key, client, service)
    with pytest.raises(GoneError) as caught, pytest.warns(DeprecationWarning, match="CHANGE-"):
        await _answered(BY_NAME[key], client, given)
    assert str(caught.value.announcement_url).endswith(EVERY.gone[key])


@pytest.mark.parametrize(("written", "read"), EVERY.written)
async def test_what_was_written_can_be_read(
    written: str, read: str, client: Bitbucket, service: FakeBitbucket
) -> None:
    """A change is seen by whoever reads next, but for secrets, which nobody is told."""
    given = await _given(written, client, service)
    await _call(BY_NAME[written], client)(**given)
    where = {name: one for name, one in given.items() if f"{{{name}}}" in BY_NAME[read].path}
    found = (await _call(BY_NAME[read], client)(**where)).to_dict()
    body = EVERY.bodies[written]
    sent = body.to_dict() if isinstance(body, Resource) else body
    told = {name: value for name, value in sent.items() if name != "secret"}
    assert {name: found[name] for name in told} == told
    assert "secret" not in found


@pytest.mark.parametrize(("deleted", "read"), EVERY.deleted)
async def test_what_was_deleted_is_gone(
    deleted: str, read: str, client: Bitbucket, service: FakeBitbucket
) -> None:
    """A deletion is seen by whoever reads next."""
    where = await _given(deleted, client, service)
    reading = {name: one for name, one in where.items() if f"{{{name}}}" in BY_NAME[read].path}
    await _answered(BY_NAME[read], client, reading)
    async with _caller(deleted, service) as bb:
        await _call(BY_NAME[deleted], bb)(**where)
    with pytest.raises(NotFoundError):
        await _answered(BY_NAME[read], client, reading)


def test_every_case_is_of_an_operation() -> None:
    """No case speaks of an operation that is not declared."""
    tables: Sequence[Any] = (EVERY.bodies, EVERY.fresh, EVERY.given, EVERY.auth, EVERY.gone)
    named = {key for table in tables for key in table} | EVERY.empty
    named |= {key for pair in (*EVERY.written, *EVERY.deleted) for key in pair}
    assert sorted(named - set(BY_NAME)) == []


def _caller(key: str, service: FakeBitbucket) -> Bitbucket:
    """A client of whoever may call the operation: for most, the owner with an API token."""
    if key not in EVERY.auth:
        return Bitbucket(BasicAuth(service.email, service.api_token), base_url=service.url)
    token = getattr(service, EVERY.auth[key])
    auth = _Signed(token) if token.startswith("JWT ") else BearerAuth(token)
    return Bitbucket(auth, base_url=service.url)


@frozen
class _Signed:
    """Sends an Authorization header as it is."""

    header: str

    async def authorization(self) -> str:
        return self.header


def _call(operation: Operation, client: Bitbucket) -> Callable[..., Any]:
    return getattr(getattr(client, operation.group), operation.name)  # type: ignore[no-any-return]


async def _given(key: str, client: Bitbucket, service: FakeBitbucket) -> dict[str, Any]:
    where = await names_for(BY_NAME[key], client, service)
    body = {"body": EVERY.bodies[key]} if key in EVERY.bodies else {}
    return {**where, **EVERY.fresh.get(key, {}), **EVERY.given.get(key, {}), **body}


async def _answered(operation: Operation, client: Bitbucket, given: dict[str, Any]) -> list[Any]:
    """What comes back; of a list two pages, or its only one."""
    made = _call(operation, client)(**given)
    if not isinstance(made, Pager):
        found = await made
        return list(found) if isinstance(found, tuple) else [] if found is None else [found]
    walk: Pager[Resource] = _call(operation, client)(**given, pagelen=1)
    pages = []
    async for page in walk.pages():
        pages.append(page)
        if len(pages) == 2:
            break
    assert all(page.values for page in pages) or len(pages) == 1
    assert len(pages) == min(2, pages[0].size or 1) or pages[0].size is None
    return [one for page in pages for one in page.values]
