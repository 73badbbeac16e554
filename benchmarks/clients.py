"""The same work twice: with plain aiohttp and orjson, and with bbasync."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import aiohttp
import orjson

from bbasync import Bitbucket
from bbasync.resources import Account, Repository, RepositoryPermission, Workspace

Work = Callable[[str, int], Awaitable[int]]


def _five(repo: Any) -> tuple[object, ...]:
    return repo["full_name"], repo["uuid"], repo["is_private"], repo["language"], repo["size"]


def _five_typed(repo: Repository) -> tuple[object, ...]:
    return repo.full_name, repo.uuid, repo.is_private, repo.language, repo.size


def _nested(repo: Any) -> tuple[object, ...]:
    inside = repo["owner"]["display_name"], repo["workspace"]["slug"], repo["created_on"]
    return *_five(repo), *inside, repo["links"]["self"]["href"]


def _nested_typed(repo: Repository) -> tuple[object, ...]:
    owner, workspace = cast(Account, repo.owner), cast(Workspace, repo.workspace)
    inside = owner.display_name, workspace.slug, repo.created_on
    return *_five_typed(repo), *inside, repo.links["self"].href


def _permission(row: Any) -> tuple[object, ...]:
    user = row["user"]
    return row["permission"], user["display_name"], user["uuid"], row["repository"]["full_name"]


def _permission_typed(row: RepositoryPermission) -> tuple[object, ...]:
    user, repository = cast(Account, row.user), cast(Repository, row.repository)
    return row.permission, user.display_name, user.uuid, repository.full_name


def plain_walk(path: str, read: Callable[[Any], object]) -> Work:
    """Follow ``next`` by hand, over dicts; each page is let go before the next is awaited."""

    async def page(session: aiohttp.ClientSession, url: str) -> tuple[str | None, int]:
        async with session.get(url) as answer:
            body = orjson.loads(await answer.read())
        for item in body["values"]:
            read(item)
        return body.get("next"), len(body["values"])

    async def walk(session: aiohttp.ClientSession, base: str) -> int:
        count, url = 0, f"{base}{path}?pagelen=100"
        while url:
            url, more = await page(session, url)
            count += more
        return count

    async def work(base: str, flights: int) -> int:
        connector = aiohttp.TCPConnector(limit=64)
        async with aiohttp.ClientSession(connector=connector) as session:
            return sum(await asyncio.gather(*(walk(session, base) for _ in range(flights))))

    return work


def typed_walk(choose: Callable[[Bitbucket], Any], read: Callable[[Any], object]) -> Work:
    """Walk a Pager."""

    async def walk(bb: Bitbucket) -> int:
        count = 0
        async for item in choose(bb):
            read(item)
            count += 1
        return count

    async def work(base: str, flights: int) -> int:
        async with Bitbucket(base_url=base, connections=64) as bb:
            return sum(await asyncio.gather(*(walk(bb) for _ in range(flights))))

    return work


GETS = 3200


async def plain_gets(base: str, flights: int) -> int:
    """GET one object again and again, over dicts."""

    async def some(session: aiohttp.ClientSession) -> None:
        for _ in range(GETS // flights):
            async with session.get(f"{base}/repositories/acme/site") as answer:
                _five(orjson.loads(await answer.read()))

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(some(session) for _ in range(flights)))
    return GETS // flights * flights


async def typed_gets(base: str, flights: int) -> int:
    """GET one object again and again, as a resource."""

    async def some(bb: Bitbucket) -> None:
        for _ in range(GETS // flights):
            _five_typed(await bb.repositories.get("acme", "site"))

    async with Bitbucket(base_url=base, connections=100) as bb:
        await asyncio.gather(*(some(bb) for _ in range(flights)))
    return GETS // flights * flights


RIGHTS = "/workspaces/acme/permissions/repositories"

WORKS: dict[str, tuple[Work, Work]] = {
    "repositories, 5 fields": (
        plain_walk("/repositories/acme", _five),
        typed_walk(lambda bb: bb.repositories.list("acme"), _five_typed),
    ),
    "repositories, nested": (
        plain_walk("/repositories/acme", _nested),
        typed_walk(lambda bb: bb.repositories.list("acme"), _nested_typed),
    ),
    "permissions, nested": (
        plain_walk(RIGHTS, _permission),
        typed_walk(lambda bb: bb.workspaces.list_repository_permissions("acme"), _permission_typed),
    ),
    "single GET": (plain_gets, typed_gets),
}
"""Each piece of work: plain, and with bbasync."""
