"""How many requests an audit takes, counted by the embedded fake."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import aiohttp
import orjson

from bbasync import BasicAuth, Bitbucket
from bbasync.audit import gather
from bbasync.fake import FakeBitbucket

PAGELEN: Final = 100


async def _audited(fake: FakeBitbucket) -> int:
    """Requests of an audit of everything, which must find something and miss nothing."""
    before = len(fake.requests)
    async with Bitbucket(BasicAuth(fake.email, fake.api_token), base_url=fake.url) as bb:
        audits = [one async for one in gather(bb)]
    assert audits, "nothing was audited"
    for one in audits:
        assert one.rights, f"{one.workspace} has no rights"
        assert not one.unknown, one.unknown
    return len(fake.requests) - before


async def _pages(fake: FakeBitbucket) -> tuple[int, int, int]:
    """Pages of workspaces, of members and of rights, each as long as the service allows."""
    auth = aiohttp.BasicAuth(fake.email, fake.api_token)
    async with aiohttp.ClientSession(auth=auth) as session:
        workspaces = await _walk(session, f"{fake.url}/user/workspaces")
        names = [item["workspace"]["slug"] for page in workspaces for item in page]

        async def of_all(kind: str) -> int:
            return sum([len(await _walk(session, f"{place}/{kind}")) for place in places])

        places = [f"{fake.url}/workspaces/{name}" for name in names]
        members, rights = await of_all("permissions"), await of_all("permissions/repositories")
    return len(workspaces), members, rights


async def _walk(session: aiohttp.ClientSession, start: str) -> list[Any]:
    pages, url = [], f"{start}?pagelen={PAGELEN}"
    while url:
        async with session.get(url) as answer:
            answer.raise_for_status()
            body = orjson.loads(await answer.read())
        pages.append(body["values"])
        url = body.get("next")
    return pages


async def _count() -> tuple[int, tuple[int, int, int]]:
    async with FakeBitbucket.demo() as fake:
        return await _audited(fake), await _pages(fake)


def table() -> str:
    """The requests of the demo audit, beside the pages of what it reads."""
    requests, pages = asyncio.run(_count())
    cells = " | ".join(str(one) for one in (requests, sum(pages), *pages))
    ratio = requests / sum(pages)
    return (
        "| audit | ratio | requests | pages in all | of workspaces | of members | of rights |\n"
        "|---|---|---|---|---|---|---|\n"
        f"| the demo's five workspaces | {ratio:.2f} | {cells} |"
    )
