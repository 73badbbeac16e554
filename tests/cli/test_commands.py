"""The other commands."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from typing import Any

import pytest

from bbasync import BasicAuth, Bitbucket, __version__
from tests.cli.conftest import COMMAND, environment


async def test_the_demo_runs_every_step(bbasync: Any) -> None:
    """Each step shows its code and what it prints, and the last line says what it took."""
    ran = await bbasync("demo")
    assert ran.code == 0
    assert ran.err == ""
    assert [int(number) for number in re.findall(r"(?m)^(\d)\. ", ran.out)] == [1, 2, 3, 4, 5, 6]
    assert "acme/site" in ran.out
    assert re.search(r"That took \d+ requests", ran.out)


async def test_the_fake_serves_until_it_is_interrupted(start: Any) -> None:
    """What it prints is what a program needs to use it."""
    process = await start("fake", "--repositories", "3")
    lines = [(await process.stdout.readline()).decode() for _ in range(3)]
    found = dict(re.fullmatch(r"export (\w+)=(\S+)\n", line).groups() for line in lines)
    async with Bitbucket.from_env(found) as bb:
        assert len(await bb.repositories.list("acme").all()) == 3
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 10) == 130


async def test_a_port_that_is_taken_is_one_line(start: Any, bbasync: Any) -> None:
    """The error names the address."""
    process = await start("fake")
    line = (await process.stdout.readline()).decode()
    port = re.search(r":(\d+)/", line)[1]
    ran = await bbasync("fake", "--port", port)
    process.send_signal(signal.SIGINT)
    await process.wait()
    assert ran.code == 2
    assert port in ran.err
    assert "Traceback" not in ran.err


async def test_the_version_is_the_package_s(bbasync: Any) -> None:
    """It is what a bug report quotes."""
    assert (await bbasync("--version")).out == f"bbasync {__version__}\n"


async def test_help_lists_the_commands_and_the_exit_codes(bbasync: Any) -> None:
    """A newcomer finds his way from here."""
    ran = await bbasync("--help")
    assert ran.code == 0
    commands = re.findall(r"(?m)^│ (\w+)", ran.out.partition("Commands")[2])
    assert commands == [
        *("audit", "api", "crawl", "login", "logout", "whoami", "demo", "fake", "hooks")
    ]
    assert "130 interrupted" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    "command", ["", "audit", "api", "crawl", "login", "logout", "whoami", "demo", "fake"]
)
async def test_help_fits_a_terminal_of_80_columns(bbasync: Any, command: str) -> None:
    """No line is longer, and no word is cut for it."""
    ran = await bbasync(*command.split(), "--help", COLUMNS="80")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "…" not in ran.out


@pytest.mark.parametrize("command", [("api",), ("audit",), ("whoami",), ("login",), ()])
async def test_a_command_loads_no_more_than_it_needs(command: tuple[str, ...]) -> None:
    """What is slow to load and of another command is not waited for."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "importtime", *COMMAND[1:], *command, "--help"),
        env=environment({}),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    loaded = {line.rpartition("|")[2].strip() for line in err.decode().splitlines()}
    assert "bbasync.cli.main" in loaded
    assert not loaded & {
        *("dask", "distributed", "pyarrow", "keyring", "redis", "sqlite3", "zstandard"),
        *("bbasync.crawl.plan", "bbasync.fake.server", "bbasync.resources.repository"),
    }


async def test_without_its_packages_the_command_says_what_to_install() -> None:
    """The extra is named, and there is no traceback."""
    code = "import sys; sys.modules['typer'] = None; from bbasync.cli import run; run()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    assert process.returncode == 2
    assert err.decode().count("\n") == 1
    assert "bbasync[cli]" in err.decode()


async def test_the_fake_of_the_same_seed_is_the_same(start: Any) -> None:
    """Two runs serve the same repositories, so that a program's expectations hold."""
    found = []
    for _ in range(2):
        process = await start("fake", "--seed", "5", "--repositories", "4")
        lines = [(await process.stdout.readline()).decode() for _ in range(3)]
        values = [line.strip().partition("=")[2] for line in lines]
        async with Bitbucket(BasicAuth(values[1], values[2]), base_url=values[0]) as bb:
            found.append([one.uuid async for one in bb.repositories.list("acme")])
        process.send_signal(signal.SIGINT)
        await process.wait()
    assert found[0] == found[1]
