"""`bbasync audit` that does not come to its end, and one that is to change something."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bbasync.fake import Exchange, FakeBitbucket, Fault
from tests.cli.terminal import typed_at

Do = Callable[..., Any]
Place = dict[str, str]
LEVEL = ("--level", "explain")
GO_ON = re.compile(r"go on with: bbasync (.*)")


@pytest.fixture
def kept(credentials: Place, tmp_path: Path) -> Place:
    """Who calls, and where what is read is kept."""
    return {**credentials, "BBASYNC_CONFIG_DIR": str(tmp_path / "config")}


def journals(kept: Place) -> list[Path]:
    """What is kept of audits."""
    return list(Path(kept["BBASYNC_CONFIG_DIR"], "audits").glob("*.jsonl"))


def command(err: str) -> list[str]:
    """The command that *err* says to go on with."""
    found = GO_ON.search(err)
    assert found, err
    return shlex.split(found[1])


async def test_a_spent_budget_leaves_a_report_and_the_command_to_go_on_with(
    bbasync: Do, kept: Place, service: FakeBitbucket
) -> None:
    """No request beyond the budget; once it is done the result is that of one run."""
    whole = await bbasync("audit", "acme", *LEVEL, "--csv", **kept)
    needed = len(service.requests)
    assert whole.code == 0
    assert not journals(kept)
    service.requests.clear()
    ran = await bbasync("audit", "acme", *LEVEL, "--csv", "--max-requests", "5", **kept)
    assert ran.code == 1
    assert len(service.requests) == 5
    assert "5" in ran.err
    assert len(journals(kept)) == 1
    (again,) = [command(ran.err)]
    again = [one for one in again if one not in {"--max-requests", "5"}]
    service.requests.clear()
    done = await bbasync(*again, **kept)
    assert done.code == 0
    assert "going on with" in done.err
    assert done.out == whole.out
    assert len(service.requests) == needed - 5
    assert not journals(kept)


async def test_ctrl_c_in_the_middle_leaves_a_report_that_says_what_is_missing(
    start: Do, bbasync: Do, kept: Place, service: FakeBitbucket
) -> None:
    """The tables are of what was read, and the command that is told completes it."""
    arrived, never = asyncio.Event(), asyncio.Event()

    async def hold(exchange: Exchange) -> None:
        if "/permissions-config/" in exchange.path:
            arrived.set()
            await never.wait()

    service.on_request = hold
    process = await start("audit", "acme", *LEVEL, **kept)
    await asyncio.wait_for(arrived.wait(), 60)
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130
    assert "Traceback" not in err.decode()
    assert "bbasync: interrupted" in err.decode()
    assert "Who may do what" in out.decode()
    assert "left out" in out.decode()
    service.on_request = None
    never.set()
    done = await bbasync(*command(err.decode()), **kept)
    assert done.code == 0
    assert "left out" not in done.out


async def test_a_network_that_dies_in_the_middle_leaves_a_report(
    bbasync: Do, kept: Place, service: FakeBitbucket
) -> None:
    """What was read before is there, and the rest is told as not read."""
    service.faults.add("/repositories/*", Fault.reset())
    ran = await bbasync("audit", "acme", *LEVEL, "--json", **kept)
    service.faults.clear()
    assert ran.code in {1, 5}
    data = json.loads(ran.out)
    assert data["complete"] is False
    (place,) = data["workspaces"]
    assert place["rights"]
    assert place["unknown"]
    done = await bbasync(*command(ran.err), **kept)
    assert done.code == 0
    assert json.loads(done.out)["complete"] is True


async def test_a_token_that_ends_in_the_middle_is_told_beside_the_report(
    bbasync: Do, kept: Place, service: FakeBitbucket
) -> None:
    """3 for the credential, and what was read is kept for the next one."""
    service.faults.add("/repositories/*/permissions-config/*", Fault.status(401))
    ran = await bbasync("audit", "acme", *LEVEL, **kept)
    assert ran.code == 3
    assert "Who may do what" in ran.out
    assert "token" in ran.err
    service.faults.clear()
    assert (await bbasync(*command(ran.err), **kept)).code == 0


async def test_a_checkpoint_of_another_service_is_refused(
    bbasync: Do, kept: Place, tmp_path: Path
) -> None:
    """What is kept is of one base URL, and says so."""
    path = str(tmp_path / "kept.jsonl")
    cut = await bbasync("audit", "acme", "--max-requests", "1", "--checkpoint", path, **kept)
    assert cut.code == 1
    assert not journals(kept)
    async with FakeBitbucket() as other:
        variables = {
            **kept,
            "BITBUCKET_BASE_URL": other.url,
            "BITBUCKET_EMAIL": other.email,
            "BITBUCKET_API_TOKEN": other.api_token,
        }
        ran = await bbasync("audit", "acme", "--checkpoint", path, **variables)
    assert ran.code == 2
    assert path in ran.err
    assert ran.err.count("\n") == 1


class Grants:
    """What people from outside were given on a workspace's repositories."""

    def __init__(self, service: FakeBitbucket) -> None:
        self.place = service.store.workspaces["acme"]

    def writing(self) -> int:
        """How many grants of write there are to people who are no members."""
        return sum(
            right in {"write", "admin"}
            for repository in self.place.repositories.values()
            for uuid, right in repository.users.items()
            if uuid not in self.place.members
        )


@pytest.fixture
async def plan(bbasync: Do, kept: Place, service: FakeBitbucket, tmp_path: Path) -> str:
    """A plan of fixes for grants to outsiders, which somebody has struck all others out of."""
    path = tmp_path / "fixes.jsonl"
    ran = await bbasync("audit", "acme", *LEVEL, "--fix-plan", str(path), **kept)
    assert ran.code == 0
    assert "none of them sent" in ran.err
    assert all(one.method == "GET" for one in service.requests)
    header, *fixes = path.read_text().splitlines(keepends=True)
    wanted = [one for one in fixes if "outsiders-with-write" in one]
    assert wanted
    path.write_text("".join((header, *wanted)))
    return str(path)


async def test_nothing_is_sent_without_a_second_yes(
    bbasync: Do, kept: Place, service: FakeBitbucket, plan: str
) -> None:
    """Nobody at a terminal: it is refused. Somebody who says no: it ends."""
    grants, service.requests[:] = Grants(service), []
    before = grants.writing()
    assert before
    ran = await bbasync("audit", "--fix-plan", plan, "--apply", **kept)
    assert ran.code == 2
    assert "--yes" in ran.err
    ran = await typed_at([("Write yes: ", "no\n")], "audit", "--fix-plan", plan, "--apply", **kept)
    assert ran.code == 0
    assert "nothing was sent" in ran.out
    assert not service.requests
    assert grants.writing() == before


async def test_a_yes_sends_what_the_plan_has(
    kept: Place, service: FakeBitbucket, plan: str
) -> None:
    """At a terminal, after the question; then no outsider writes."""
    typed = [("Write yes: ", "yes\n")]
    ran = await typed_at(typed, "audit", "--fix-plan", plan, "--apply", **kept)
    assert ran.code == 0
    assert Grants(service).writing() == 0
    assert any(one.method in {"PUT", "DELETE"} for one in service.requests)


async def test_applied_again_everything_is_done_already(
    bbasync: Do, kept: Place, service: FakeBitbucket, plan: str
) -> None:
    """--yes answers for whoever has read it; the second time only reads."""
    assert (await bbasync("audit", "--fix-plan", plan, "--apply", "--yes", **kept)).code == 0
    service.requests.clear()
    ran = await bbasync("audit", "--fix-plan", plan, "--apply", "--yes", **kept)
    assert ran.code == 0
    assert "done already" in ran.err
    assert {one.method for one in service.requests} == {"GET"}
