"""A crawl over a workspace that changes under it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bbasync import Bitbucket
from bbasync.crawl import Crawl
from bbasync.errors import NotFoundError


async def test_repositories_may_come_go_and_change_their_names_meanwhile(
    opened: Any, crawled: Any
) -> None:
    """Nothing comes twice, and nothing that was there throughout is missing."""
    fake, bb = await opened(workspaces=2, repositories=110, pullrequests=2)
    world = Disturbed(fake, bb)
    before = {one.uuid: one.commits for one in world.repositories.values()}
    fake.on_request = world.disturb
    plan = Crawl("acme", "borealis").each("pullrequests").each("commits", pagelen=20)
    found, missed, summary = await crawled(plan, bb, concurrency=6)
    stayed = before.keys() - world.gone
    assert summary.complete
    assert min(len(world.gone), len(world.names.keys() & stayed)) > 10

    listed = Counter(one[3] for one in found if one[:2] == ("repositories", "acme"))
    assert max(listed.values()) == 1
    assert stayed <= listed.keys()
    assert all(isinstance(one.error, NotFoundError) for one in missed)
    assert len(missed) <= 2 * len(world.gone)

    commits = Counter(one[2:] for one in found if one[0] == "commits")
    assert max(commits.values()) == 1
    by_name = Counter(name for name, _ in commits)
    read = {uuid: sum(by_name[name] for name in world.all_names(uuid)) for uuid in stayed}
    assert read == {uuid: before[uuid] for uuid in stayed}


class Disturbed:
    """A workspace in which something is created, renamed or deleted now and then."""

    def __init__(self, fake: Any, bb: Bitbucket) -> None:
        self.bb = bb
        self.repositories = fake.store.workspaces["acme"].repositories
        self.first = {one.uuid: one.full_name for one in self.repositories.values()}
        self.gone: set[str] = set()
        self.names: dict[str, list[str]] = {}
        self._turn = 0

    def all_names(self, uuid: str) -> list[str]:
        """Those that a repository had."""
        return [self.first[uuid], *self.names.get(uuid, [])]

    async def disturb(self, request: Any) -> None:
        """Do something before every third or so of the requests of others."""
        if request.method != "GET":
            return
        self._turn += 1
        turn, slugs = self._turn, list(self.repositories)
        one = self.repositories[slugs[turn * 7 % len(slugs)]]
        if turn % 11 == 0:
            self.gone.add(one.uuid)
            await self.bb.repositories.delete("acme", one.slug)
        elif turn % 11 == 4:
            self.names.setdefault(one.uuid, []).append(f"acme/renamed-{turn}")
            await self.bb.repositories.update("acme", one.slug, {"name": f"renamed-{turn}"})
        elif turn % 11 == 8:
            await self.bb.repositories.create("acme", f"new-{turn}")
