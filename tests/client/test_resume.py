"""A walk that goes on in another process."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process

import pytest

from bbasync.fake import FakeBitbucket

WALK = """
import asyncio, json, sys
from bbasync import BasicAuth, Bitbucket

async def main(url, email, token, path, cursor):
    async with Bitbucket(BasicAuth(email, token), base_url=url) as bb:
        repo = await bb.repositories.get("acme", "site")
        walk = {"repositories": lambda: bb.repositories.list("acme", pagelen=10),
                "commits": lambda: repo.commits(pagelen=4)}[path]()
        if cursor:
            walk.resume(cursor)
        async for page in walk.pages():
            ids = [one.to_dict().get("uuid") or one.to_dict()["hash"] for one in page.values]
            print(json.dumps([ids, walk.cursor]), flush=True)
            if not cursor:
                sys.stdin.readline()  # the next page only when told to

asyncio.run(main(*sys.argv[1:]))
"""


async def start(fake: FakeBitbucket, path: str, cursor: str = "") -> Process:
    """A walk in a process of its own, a line a page."""
    arguments = (fake.url, fake.email, fake.api_token, path, cursor)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", WALK, *arguments, stdin=PIPE, stdout=PIPE
    )


@pytest.mark.parametrize("path", ["repositories", "commits"])
async def test_a_walk_killed_after_page_3_goes_on_with_exactly_the_rest(path: str) -> None:
    """Numbered pages and opaque cursors alike: nothing twice, nothing lost."""
    async with FakeBitbucket(repositories=60) as fake:
        whole = await start(fake, path)
        out, _ = await whole.communicate(b"\n" * 100)
        everything = [one for line in out.splitlines() for one in json.loads(line)[0]]

        first = await start(fake, path)
        seen, cursor = [], ""
        for number in range(3):
            ids, cursor = json.loads(await first.stdout.readline())
            seen += ids
            if number < 2:
                first.stdin.write(b"\n")
        first.kill()
        await first.communicate()

        second = await start(fake, path, cursor)
        out, _ = await second.communicate()
        rest = [one for line in out.splitlines() for one in json.loads(line)[0]]
    assert rest
    assert len(seen) == len(set(seen)) > 0
    assert seen + rest == everything
