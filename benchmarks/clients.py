"""The same work twice: with plain aiohttp and orjson, and with bbasync.

The plain side is written as somebody would who knows aiohttp: one session, ``read()`` and orjson,
and a page is let go before the next is awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, cast

import aiohttp
import orjson

from bbasync import Bitbucket
from bbasync.resources import Account, Repository, RepositoryPermission, Workspace

from .server import PAGELEN, PAGES

Work = Callable[[str, int], Coroutine[Any, Any, int]]
"""Takes the base URL and how much is in flight; gives the number of objects that it has read."""

WALKS: Final = 16
"""How many lists one run walks at the least, so that it takes some time with one in flight too."""
GETS: Final = 3200
"""How many objects one run gets."""


def five(repo: Any) -> tuple[object, ...]:
    """Five plain fields."""
    return repo["full_name"], repo["uuid"], repo["is_private"], repo["language"], repo["size"]


def five_typed(repo: Repository) -> tuple[object, ...]:
    """The same of a resource."""
    return repo.full_name, repo.uuid, repo.is_private, repo.language, repo.size


def nested(repo: Any) -> tuple[object, ...]:
    """The same with what lies inside."""
    inside = repo["owner"]["display_name"], repo["workspace"]["slug"], repo["created_on"]
    return *five(repo), *inside, repo["links"]["self"]["href"]


def nested_typed(repo: Repository) -> tuple[object, ...]:
    """The same of a resource."""
    owner, workspace = cast(Account, repo.owner), cast(Workspace, repo.workspace)
    inside = owner.display_name, workspace.slug, repo.created_on
    return *five_typed(repo), *inside, repo.links["self"].href


def permission(row: Any) -> tuple[object, ...]:
    """Who may do what where."""
    user = row["user"]
    return row["permission"], user["display_name"], user["uuid"], row["repository"]["full_name"]


def permission_typed(row: RepositoryPermission) -> tuple[object, ...]:
    """The same of a resource."""
    user, repository = cast(Account, row.user), cast(Repository, row.repository)
    return row.permission, user.display_name, user.uuid, repository.full_name


async def follow(session: aiohttp.ClientSession, start: str, read: Callable[[Any], object]) -> int:
    """Walk a list by its ``next``, over dicts."""

    async def page(url: str) -> tuple[str | None, int]:
        async with session.get(url) as answer:
            body = orjson.loads(await answer.read())
        for item in body["values"]:
            read(item)
        return body.get("next"), len(body["values"])

    count = 0
    url: str | None = f"{start}?pagelen={PAGELEN}"
    while url:
        url, more = await page(url)
        count += more
    return count


async def _walks(walk: Callable[[str], Awaitable[int]], kind: str, flights: int, least: int) -> int:
    """Walk the lists of *flights* workspaces at a time, *least* lists in all at the least."""

    async def flight(workspace: str) -> int:
        return sum([await walk(workspace) for _ in range(max(1, least // flights))])

    counts = await asyncio.gather(*(flight(f"{kind}-{number}") for number in range(flights)))
    expected = max(1, least // flights) * PAGES[kind] * PAGELEN
    assert set(counts) == {expected}, f"walks of {expected} objects gave {counts}"
    return sum(counts)


def plain_walk(
    path: str, read: Callable[[Any], object], kind: str = "acme", least: int = WALKS
) -> Work:
    """Walk lists at *path*, whose ``{}`` is the workspace."""

    async def work(base: str, flights: int) -> int:
        connector = aiohttp.TCPConnector(limit=64)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def walk(workspace: str) -> int:
                return await follow(session, f"{base}{path.format(workspace)}", read)

            return await _walks(walk, kind, flights, least)

    return work


def typed_walk(
    choose: Callable[[Bitbucket, str], Any],
    read: Callable[[Any], object],
    kind: str = "acme",
    least: int = WALKS,
) -> Work:
    """Walk the Pager that *choose* gives for a workspace."""

    async def work(base: str, flights: int) -> int:
        async with Bitbucket(base_url=base, connections=64) as bb:

            async def walk(workspace: str) -> int:
                count = 0
                async for item in choose(bb, workspace):
                    read(item)
                    count += 1
                return count

            return await _walks(walk, kind, flights, least)

    return work


async def plain_gets(base: str, flights: int) -> int:
    """GET objects one by one, over dicts."""

    async def some(session: aiohttp.ClientSession, number: int) -> None:
        for _ in range(GETS // flights):
            async with session.get(f"{base}/repositories/acme/site-{number}") as answer:
                five(orjson.loads(await answer.read()))

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(some(session, number) for number in range(flights)))
    return GETS // flights * flights


async def typed_gets(base: str, flights: int) -> int:
    """GET objects one by one, as resources."""

    async def some(bb: Bitbucket, number: int) -> None:
        for _ in range(GETS // flights):
            five_typed(await bb.repositories.get("acme", f"site-{number}"))

    async with Bitbucket(base_url=base, connections=100) as bb:
        await asyncio.gather(*(some(bb, number) for number in range(flights)))
    return GETS // flights * flights


def repositories(bb: Bitbucket, workspace: str) -> Any:
    """The list that most measurements walk."""
    return bb.repositories.list(workspace)


def permissions(bb: Bitbucket, workspace: str) -> Any:
    """The list of small objects, each with others inside."""
    return bb.workspaces.list_repository_permissions(workspace)


REPOSITORIES: Final = "/repositories/{}"
RIGHTS: Final = "/workspaces/{}/permissions/repositories"

WORKS: Final[dict[str, tuple[Work, Work]]] = {
    "repositories, 5 fields": (
        plain_walk(REPOSITORIES, five),
        typed_walk(repositories, five_typed),
    ),
    "repositories, nested": (
        plain_walk(REPOSITORIES, nested),
        typed_walk(repositories, nested_typed),
    ),
    "permissions, nested": (
        plain_walk(RIGHTS, permission),
        typed_walk(permissions, permission_typed),
    ),
    "single GET": (plain_gets, typed_gets),
}
"""Each piece of work: plain, and with bbasync."""
