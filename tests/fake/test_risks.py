"""What an audit can find in the demo."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from bbasync.fake import FakeBitbucket
from bbasync.fake.access import granted
from bbasync.fake.risks import deal_risks
from bbasync.fake.state.deploykeys import DeployKeys
from tests.fake.conftest import Asker


@pytest.fixture
async def demo() -> AsyncIterator[Asker]:
    """Ask the demo."""
    async with FakeBitbucket.demo() as fake, aiohttp.ClientSession() as session:
        yield Asker(fake, session)


async def _of_all(demo: Asker, below: str, workspace: str = "acme") -> dict[str, list[Any]]:
    slugs = demo.fake.store.workspaces[workspace].repositories
    return {slug: await demo.walk(f"/repositories/{workspace}/{slug}/{below}") for slug in slugs}


def _days(moment: str | None) -> int | None:
    return None if moment is None else (datetime.now(UTC) - datetime.fromisoformat(moment)).days


async def test_some_deploy_keys_are_used_and_some_are_not(demo: Asker) -> None:
    """Lately, long ago or never, by today's calendar; most repositories have no key."""
    keys = await _of_all(demo, "deploy-keys")
    assert sum(not each for each in keys.values()) > 60
    used = Counter(
        (each["label"], _days(each["last_used"])) for one in keys.values() for each in one
    )
    assert used == {
        ("Deployer", 3): 12,
        ("Mirror", 200): 4,
        ("Backup", None): 2,
        ("New runner", None): 2,
    }
    added = {
        _days(e["created_on"]) for one in keys.values() for e in one if e["label"] == "New runner"
    }
    assert added == {20}


async def test_projects_have_keys_of_both_kinds(demo: Asker) -> None:
    """One project has a key in use, one an old one, and the others have none."""
    projects = demo.fake.store.workspaces["acme"].projects
    found = [
        [
            (e["type"], _days(e["last_used"]))
            for e in await demo.walk(f"/workspaces/acme/projects/{key}/deploy-keys")
        ]
        for key in projects
    ]
    assert found == [[("project_deploy_key", 1)], [("project_deploy_key", 400)], [], [], [], []]


def test_keys_are_as_old_by_the_stores_clock() -> None:
    """Were it another year, keys that were used lately would still be so."""
    fake = FakeBitbucket(workspaces=1)
    present = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)
    fake.store.clock = present.timestamp
    deal_risks(fake.store)
    (first, *_) = fake.store.repositories()
    (key,) = fake.store.part(first, DeployKeys).known.values()
    assert (key.label, key.last_used) == ("Deployer", "2031-05-03T00:00:00.000000+00:00")


async def test_some_webhooks_are_not_safe(demo: Asker) -> None:
    """One without encryption, one that takes any certificate, one that is switched off."""
    hooks = [hook for one in (await _of_all(demo, "hooks")).values() for hook in one]
    told = Counter(
        (hook["url"].partition(":")[0], hook["active"], hook["skip_cert_verification"])
        for hook in hooks
    )
    assert told == {
        ("https", True, False): 1,
        ("http", True, False): 1,
        ("http", False, False): 1,
        ("https", True, True): 1,
    }


async def test_main_branches_are_protected_in_every_way_but_some(demo: Asker) -> None:
    """By name, by pattern and by the branching model; a few by half, a few not at all."""
    rules = await _of_all(demo, "branch-restrictions?pagelen=100")
    kinds = {slug: {each["kind"] for each in found} for slug, found in rules.items()}
    assert sum({"force", "delete"} <= found for found in kinds.values()) > 70
    assert sum(not found for found in kinds.values()) == 4
    assert sum("force" not in found for found in kinds.values()) == 4
    ways = {
        each["pattern"] or each["branch_type"]
        for found in rules.values()
        for each in found
        if each["kind"] == "force"
    }
    assert ways >= {"main", "*", "ma*", "development"}


def test_one_workspace_lets_everybody_read(demo: Asker) -> None:
    """By the default of a group of all, which no other workspace has."""
    open_to_all = [
        slug
        for slug, place in demo.fake.store.workspaces.items()
        if all(
            granted(one, u) != "none" for one in place.repositories.values() for u in place.members
        )
    ]
    assert open_to_all == ["borealis"]
    group = demo.fake.store.workspaces["borealis"].groups["everyone"]
    assert group.permission == "read"


def test_some_things_have_too_many_at_the_top(demo: Asker) -> None:
    """One workspace has four owners, and each has a repository of many administrators."""
    places = demo.fake.store.workspaces.values()
    owners = [sum(level == "owner" for level in place.members.values()) for place in places]
    assert owners == [3, 3, 3, 4, 3]
    for place in places:
        plain = [uuid for uuid, level in place.members.items() if level != "owner"]
        admins = [
            sum(granted(one, uuid) == "admin" for uuid in plain)
            for one in place.repositories.values()
        ]
        assert sum(count > 3 for count in admins) >= 1


def test_private_code_is_in_public(demo: Asker) -> None:
    """A public repository is a fork of a private one, in each workspace."""
    for place in demo.fake.store.workspaces.values():
        assert any(
            one.parent is not None and one.parent.is_private and not one.is_private
            for one in place.repositories.values()
        )


def test_some_outsiders_may_write(demo: Asker) -> None:
    """In each workspace somebody who is no member."""
    for place in demo.fake.store.workspaces.values():
        assert any(
            right != "read" and uuid not in place.members
            for one in place.repositories.values()
            for uuid, right in one.users.items()
        )
