"""`bbasync audit`, as a person at a terminal meets it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import signal
from typing import Any

import pytest

from bbasync.fake import FakeBitbucket


async def test_the_demo_audits_five_workspaces_offline(bbasync: Any) -> None:
    """The README's first command shows five workspaces, 400 repositories, 5,000 rights and more."""
    ran = await bbasync("audit", "--demo")
    assert ran.code == 0
    assert ran.err == ""
    last = ran.out.splitlines()[-1]
    counts = [int(number.replace(",", "")) for number in re.findall(r"(\d[\d,]*) ", last)]
    workspaces, repositories, rights, requests = counts[:4]
    assert workspaces >= 5
    assert repositories >= 400
    assert rights >= 5000
    # A page of workspaces, a page of members each, and the pages of rights of each workspace.
    assert requests <= 1 + workspaces + rights // 100 + workspaces
    for title in ("Owners", "Other administrators", "Outside collaborators", "Public repositories"):
        assert title in ran.out


async def test_json_goes_to_stdout_alone(bbasync: Any, credentials: dict[str, str]) -> None:
    """A program reads stdout, whatever is shown on stderr."""
    ran = await bbasync("audit", "--json", "acme", **credentials)
    assert ran.code == 0
    data = json.loads(ran.out)
    assert [one["workspace"] for one in data["workspaces"]] == ["acme"]
    assert data["complete"] is True


async def test_csv_has_a_line_a_right(bbasync: Any, credentials: dict[str, str]) -> None:
    """The lines are those of the JSON."""
    ran = await bbasync("audit", "--csv", **credentials)
    as_json = json.loads((await bbasync("audit", "--json", **credentials)).out)
    lines = list(csv.DictReader(io.StringIO(ran.out)))
    assert len(lines) == sum(len(one["rights"]) for one in as_json["workspaces"])


async def test_an_unknown_workspace_beside_a_known_one_is_a_line_in_the_report(
    bbasync: Any, credentials: dict[str, str]
) -> None:
    """The rest is shown, and the exit code says that it is not all."""
    ran = await bbasync("audit", "acme", "nowhere", **credentials)
    assert ran.code == 1
    assert "could not read nowhere" in ran.out
    assert "acme" in ran.out


MISTAKES = {
    "unknown workspace": (["audit", "nowhere"], {}, 4, "No workspace with identifier 'nowhere'"),
    "unknown repository": (["audit", "acme/nowhere"], {}, 4, "acme/nowhere"),
    "wrong token": (["audit"], {"BITBUCKET_API_TOKEN": "wrong"}, 3, "check the e-mail address"),
    "dots for a workspace": (["audit", ".."], {}, 2, "workspace can't be '..'"),
    "dots for a repository": (["audit", "acme/.."], {}, 2, "repo_slug can't be '..'"),
    "an address": (["audit", "https://bitbucket.org/acme"], {}, 2, "write acme or acme/site"),
    "two forms": (["audit", "--json", "--csv"], {}, 2, "one of --json and --csv"),
    "half a credential": (["audit"], {"BITBUCKET_EMAIL": ""}, 2, "BITBUCKET_API_TOKEN is set"),
    "two credentials": (["audit"], {"BITBUCKET_ACCESS_TOKEN": "x"}, 2, "two credentials"),
    "bad address": (["audit"], {"BITBUCKET_BASE_URL": "ftp://x"}, 2, "base_url must be"),
    "typo": (["adit"], {}, 2, "No such command 'adit'"),
    "unknown option": (["audit", "--jsn"], {}, 2, "No such option"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_one_clear_line_and_its_exit_code(
    bbasync: Any, credentials: dict[str, str], mistake: str
) -> None:
    """No traceback, nothing on stdout, and the text names what is wrong."""
    arguments, variables, code, text = MISTAKES[mistake]
    ran = await bbasync(*arguments, **{**credentials, **variables})
    assert ran.code == code
    assert text in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert ran.out == ""
    if ran.err.startswith("bbasync: "):
        assert ran.err.count("\n") == 1
    assert credentials["BITBUCKET_API_TOKEN"] not in ran.err


async def test_without_a_credential_it_says_which_variables_to_set(bbasync: Any) -> None:
    """Nothing is sent for an audit that can't work."""
    ran = await bbasync("audit")
    assert ran.code == 2
    assert "BITBUCKET_EMAIL and BITBUCKET_API_TOKEN" in ran.err


async def test_a_dead_service_is_one_line(
    bbasync: Any, credentials: dict[str, str], unused_tcp_port: int
) -> None:
    """It names the address and how often it was tried."""
    address = f"http://127.0.0.1:{unused_tcp_port}/2.0"
    ran = await bbasync("audit", **{**credentials, "BITBUCKET_BASE_URL": address})
    assert ran.code == 5
    assert ran.err.count("\n") == 1
    assert "tried 4 times" in ran.err


async def test_ctrl_c_in_the_middle_is_one_line_and_130(
    start: Any, credentials: dict[str, str], unused_tcp_port: int
) -> None:
    """What is under way ends at once, without a traceback."""
    arrived = asyncio.Event()

    async def keep_waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()
        writer.close()

    address = f"http://127.0.0.1:{unused_tcp_port}/2.0"
    async with await asyncio.start_server(keep_waiting, "127.0.0.1", unused_tcp_port):
        process = await start("audit", **{**credentials, "BITBUCKET_BASE_URL": address})
        await asyncio.wait_for(arrived.wait(), 20)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 130
    assert err.decode() == "bbasync: interrupted\n"
    assert out == b""


async def test_a_reader_that_has_seen_enough_is_no_error(
    start: Any, credentials: dict[str, str]
) -> None:
    """``bbasync audit --csv | head -1`` ends quietly."""
    process = await start("audit", "--demo", "--csv", **credentials)
    await process.stdout.readline()
    process.leave()
    assert (await process.stderr.read()).decode() == ""
    assert await process.wait() == 0


async def test_being_out_of_quota_is_said_with_the_time_to_come_back(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket
) -> None:
    """With no patience left the report ends, and says why."""
    service.store.quota = 1
    ran = await bbasync("audit", "--max-wait", "0", "acme", **credentials)
    assert ran.code == 5
    assert "Rate limit for this resource has been exceeded" in ran.err
    assert "next call expected to work at" in ran.err
