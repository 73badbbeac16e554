"""Pieces of work for the soak: each gives the same result however often it is disturbed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from bbasync import Bitbucket, F
from bbasync.errors import (
    AmbiguousWriteError,
    ConnectionFailedError,
    DecodingError,
    LengthRequiredError,
    NotFoundError,
    RateLimitedError,
    RedirectError,
    ServerError,
    TimedOutError,
)
from bbasync.resources import Webhook

SITE: Final = ("acme", "site")
KEYS: Final = 12
"""How many variants of each errand there are."""
FAIR: Final = (
    AmbiguousWriteError,
    ConnectionFailedError,
    DecodingError,
    LengthRequiredError,
    RateLimitedError,
    RedirectError,
    ServerError,
    TimedOutError,
)
"""How a call may end when the network or the service is broken; any other error is a fault."""
MOST_TRIES = 200
PAUSE = 0.02
"""Seconds before an errand is tried again."""

Errand = Callable[[Bitbucket, int, int], Awaitable[Any]]


def content(key: int) -> bytes:
    """A file; the larger ones are of several pieces."""
    return hashlib.sha256(b"%d" % key).digest() * (key * 1024 + 1)


def digest(data: bytes) -> str:
    """What is compared in place of the bytes."""
    return hashlib.sha256(data).hexdigest()


async def slugs(bb: Bitbucket, key: int) -> list[Any]:
    """The repositories, in pages of another length for each *key*."""
    return [one.slug async for one in bb.repositories.list("acme", pagelen=5 + key)]


async def one(bb: Bitbucket, key: int, _: int) -> Any:
    """GET one object."""
    found = await bb.repositories.list("acme", q=F.slug == "site").first()
    repo = await bb.repositories.get(*SITE, fields=f"uuid,size,k{key}")
    return repo.to_dict(), found and found.uuid


async def raw(bb: Bitbucket, key: int, _: int) -> Any:
    """The escape hatch."""
    answer = await bb.request("GET", "/user", query={"fields": f"uuid,k{key}"})
    return answer.json()


async def missing(bb: Bitbucket, key: int, _: int) -> Any:
    """What is not there is not there, however often it was asked for."""
    try:
        await bb.repositories.get("acme", f"nothing-{key}")
    except NotFoundError as error:
        return error.status
    return None


async def walk(bb: Bitbucket, key: int, _: int) -> Any:
    """A whole list."""
    return await slugs(bb, key)


async def pages(bb: Bitbucket, key: int, _: int) -> Any:
    """A whole list by its pages, of another list."""
    found = bb.workspaces.list_repository_permissions("acme", pagelen=20 + key)
    return [[row.permission for row in page.values] async for page in found.pages()]


async def resumed(bb: Bitbucket, key: int, _: int) -> Any:
    """A walk that is left in the middle of a page and taken up by another."""
    first = bb.repositories.list("acme", pagelen=7)
    got = []
    async for repo in first:
        got.append(repo.slug)
        if len(got) == 3 + key:
            break
    rest = bb.repositories.list("acme", pagelen=7).resume(first.cursor)
    return got + [repo.slug async for repo in rest]


async def together(bb: Bitbucket, key: int, _: int) -> Any:
    """Many calls in one group; all of them are ended when one fails."""
    try:
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(bb.repositories.get(*SITE)) for _ in range(key + 1)]
    except ExceptionGroup as failed:
        raise (failed.split(FAIR)[1] or failed).exceptions[0] from None
    return [call.result().uuid for call in calls]


async def download(bb: Bitbucket, key: int, _: int) -> Any:
    """A file in pieces, to the disk."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "file"
        size = await bb.downloads.get(*SITE, f"base-{key}").save(path)
        assert os.listdir(place) == ["file"], "nothing is left beside it"  # noqa: PTH208
        return size, digest(path.read_bytes())


async def upload(bb: Bitbucket, key: int, _: int) -> Any:
    """A file of unknown length; to send it twice does nothing more."""

    async def pieces() -> AsyncIterator[bytes]:
        yield content(key)[:100]
        yield content(key)[100:]

    await bb.downloads.upload(*SITE, {f"base-{key}": pieces()})
    return digest(await bb.downloads.get(*SITE, f"base-{key}"))


async def hook(bb: Bitbucket, key: int, number: int) -> Any:
    """Make, change and delete something; a lost answer is settled by looking."""
    name = f"soak {number}"
    made = await persist(lambda: _made(bb, name))
    changed = await persist(
        lambda: bb.repositories.update_webhook(
            *SITE, str(made.uuid), Webhook(url=f"https://example.com/{key}")
        )
    )
    result = changed.url, changed.description == name, changed.events
    await persist(lambda: bb.repositories.delete_webhook(*SITE, str(made.uuid)), gone=True)
    return result


async def _made(bb: Bitbucket, name: str) -> Webhook:
    """The webhook of that name, made unless an earlier try has made it in silence."""
    found = [one async for one in bb.repositories.list_webhooks(*SITE) if one.description == name]
    assert len(found) < 2, f"{name} was made {len(found)} times"
    if found:
        return found[0]
    body = Webhook(url="https://example.com", description=name, events=["repo:push"])
    return await bb.repositories.create_webhook(*SITE, body)


async def cancelled(bb: Bitbucket, key: int, number: int) -> Any:
    """Something that is ended in the middle; it must leave nothing behind."""
    kind = (walk, download, upload, together)[key % 4]
    with suppress(TimeoutError, *FAIR):
        async with asyncio.timeout(random.Random(number).random() * 0.05):
            await kind(bb, key, number)


ERRANDS: Final[Mapping[str, Errand]] = {
    each.__name__: each
    for each in (
        one,
        raw,
        missing,
        walk,
        pages,
        resumed,
        together,
        download,
        upload,
        hook,
        cancelled,
    )
}


async def persist(make: Callable[[], Awaitable[Any]], *, gone: bool = False) -> Any:
    """Repeat until it works; with *gone*, finding nothing after a failure is that too."""
    failed = False
    for _ in range(MOST_TRIES):
        try:
            return await make()
        except FAIR:
            failed = True
        except NotFoundError:
            if not (gone and failed):
                raise
            return None
        await asyncio.sleep(PAUSE)
    raise AssertionError(f"it did not work in {MOST_TRIES} tries")


async def settle(bb: Bitbucket) -> None:
    """Put the files there that are read."""
    for key in range(KEYS):
        await persist(lambda key=key: upload(bb, key, 0))


async def state(bb: Bitbucket) -> Any:
    """What the service has at the end."""

    async def look() -> Any:
        hooks = [one.description async for one in bb.repositories.list_webhooks(*SITE)]
        files = [(one.name, one.size) async for one in bb.downloads.list(*SITE)]
        return sorted(hooks), sorted(files)

    return await persist(look)
