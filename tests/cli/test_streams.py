"""Where what a command says can't be written, or not as it is."""

from __future__ import annotations

import asyncio
import logging
import os
from io import StringIO
from typing import Any

import pytest
from attrs import evolve
from rich.console import Console

from bbasync.cli.notices import noticed
from bbasync.fake import FakeBitbucket
from tests.cli.conftest import COMMAND, environment
from tests.cli.warm import Ran

CLOSED = {
    "whoami": 1,
    "api GET /user": 1,
    "api GET /repositories/acme --paginate": 1,
    "audit": 1,
    "audit --json": 1,
    "crawl": 2,
    "crawl --plan": 1,
    "fake": 1,
    "--version": 1,
    "whoami --help": 1,
}


async def redirected(command: str, where: str, **variables: str) -> Ran:
    """Run a command with its streams redirected as a shell does it."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", f'exec "$@" {where}', "sh", *COMMAND, *command.split()),
        env=environment(variables),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return Ran(process.returncode or 0, out.decode(), err.decode())


@pytest.mark.parametrize("command", CLOSED)
async def test_a_stdout_that_is_closed_is_one_line(
    credentials: dict[str, str], command: str
) -> None:
    """It says so, and there is no traceback; an audit says how to go on with what it has read."""
    ran = await redirected(command, ">&-", **credentials)
    said, *more = ran.err.splitlines()
    assert ran.code == CLOSED[command]
    assert "stdout is closed" in said
    assert ["checkpoint" in one for one in more] == [True] * command.startswith("audit")


@pytest.mark.parametrize("command", ["whoami", "crawl", "--version"])
async def test_a_full_device_behind_stdout_is_one_line(
    credentials: dict[str, str], command: str
) -> None:
    """Python does not complain once more when it ends."""
    ran = await redirected(command, ">/dev/full", **credentials)
    assert (ran.code, ran.err) == (1, "bbasync: No space left on device\n")


async def test_what_writes_nothing_needs_no_stdout(place: dict[str, str]) -> None:
    """Nor stderr, nor anything to read from; the exit code tells how it went."""
    assert (await redirected("logout", "<&- >&- 2>&-", **place)).code == 0
    ran = await redirected("login --access-token", "<&- >&-", **place)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "no access token was entered" in ran.err


@pytest.mark.parametrize("command", ["audit", "crawl --plan", "whoami"])
async def test_tables_are_no_error_for_a_reader_that_is_gone(
    credentials: dict[str, str], command: str
) -> None:
    """As with ``| head -1``, which has seen enough."""
    reading, writing = os.pipe()
    os.close(reading)
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, *command.split()),
        env=environment(credentials),
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(writing)
    _, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, err) == (0, b"")


@pytest.mark.parametrize(
    ("command", "shown"),
    [("crawl --plan --read commits", "? 40"), ("whoami", "Zo? (zoe)"), ("audit --json", '"Zoë"')],
)
async def test_a_place_that_can_t_show_all_characters_is_no_error(
    service: FakeBitbucket, command: str, shown: str, credentials: dict[str, str]
) -> None:
    """Tables have a mark instead, and data is in UTF-8 everywhere."""
    account = service.accounts[0]
    zoe = evolve(account, display_name="Zoë", nickname="zoe")
    service.store.accounts[account.uuid] = zoe
    token = service.add_token("api_token", account=zoe)
    variables = {**credentials, "BITBUCKET_API_TOKEN": token, "PYTHONIOENCODING": "ascii"}
    ran = await redirected(command, "", **variables)
    assert (ran.code, ran.err) == (0, "")
    assert shown in ran.out


def test_a_warning_is_one_line_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """However long it is, with nothing in it that a terminal would obey; afterwards none comes."""
    console, logger = Console(file=StringIO(), width=40), logging.getLogger("bbasync")
    with noticed(console):
        logger.warning("GET %s: answered 429; trying again in %.1f s", "/x\x1b[2J\n" * 20, 9)
    logger.warning("nobody is told")
    said = capsys.readouterr().err
    assert said.startswith("bbasync: GET /x")
    assert said.endswith(" 9.0 s\n")
    assert said.count("\n") == 1
    assert "\x1b" not in said


async def test_a_plan_does_not_wait_long_for_quota(bbasync: Any, serve: Any, say: Any) -> None:
    """Whoever asks for it sits there; a crawl would wait."""
    server = await serve(say(429, headers={"Retry-After": "90"}))
    variables = {"BITBUCKET_BASE_URL": server.url, "BITBUCKET_ACCESS_TOKEN": "some-token"}
    ran = await asyncio.wait_for(bbasync("crawl", "acme", "--plan", **variables), 30)
    assert (ran.code, ran.out, ran.err.count("\n")) == (5, "", 1)
    assert "next call expected to work at" in ran.err
