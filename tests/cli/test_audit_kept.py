"""`bbasync audit` whose report or checkpoint can't be written: nothing that was read is lost."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bbasync.fake import FakeBitbucket
from tests.cli.conftest import environment

Do = Callable[..., Any]
Place = dict[str, str]
LEVEL = ("--level", "explain")
GO_ON = re.compile(r"go on with: bbasync (.*)")
SMALL = """
import resource, sys
sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
from bbasync.cli import run
run()
"""
"""A command that writes no file beyond a size, as on a disk that is full."""


@pytest.fixture
def kept(credentials: Place, tmp_path: Path) -> Place:
    """Who calls, and where what is read is kept."""
    return {**credentials, "BBASYNC_CONFIG_DIR": str(tmp_path / "config")}


def command(err: str) -> list[str]:
    """The command that *err* says to go on with, without its budget."""
    found = GO_ON.search(err)
    assert found, err
    words = shlex.split(found[1])
    return [one for one in words if one not in {"--max-requests", "5"}]


async def on_a_full_disk(size: int, *arguments: str, **variables: str) -> tuple[int | None, str]:
    """Run a command that can write files of *size* bytes; its exit code and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SMALL.format(size=size)),
        *arguments,
        env=environment(variables),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert b"Traceback" not in err
    return process.returncode, err.decode()


async def test_the_command_to_go_on_with_writes_the_files_again(
    bbasync: Do, kept: Place, tmp_path: Path
) -> None:
    """The report of what was read first is in its way, and is replaced."""
    path = tmp_path / "report.csv"
    cut = await bbasync("audit", "acme", *LEVEL, "--max-requests", "5", "--to", str(path), **kept)
    assert cut.code == 1
    first = path.read_text()
    done = await bbasync(*command(cut.err), **kept)
    assert done.code == 0
    assert path.read_text() != first


async def test_a_report_that_can_not_be_written_does_not_lose_what_was_read(
    bbasync: Do, kept: Place, service: FakeBitbucket, tmp_path: Path
) -> None:
    """The file is named, others are written, and the command that is told asks for nothing."""
    large, small = tmp_path / "report.html", tmp_path / "report.xml"
    wanted = ("--to", str(large), "--to", str(small))
    code, err = await on_a_full_disk(70_000, "audit", "acme", *wanted, **kept)
    assert code == 1
    assert f"{large} is not written: " in err
    assert small.exists()
    assert not large.exists()
    service.requests.clear()
    done = await bbasync(*command(err), **kept)
    assert done.code == 0
    assert large.exists()
    assert not service.requests


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a disk that is always full")
async def test_stdout_on_a_full_disk_does_not_lose_what_was_read(
    bbasync: Do, kept: Place, service: FakeBitbucket
) -> None:
    """As if it were a file."""
    with open("/dev/full", "wb") as full:  # noqa: ASYNC230, PTH123 - it is no file
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from bbasync.cli import run; run()", "audit", "acme", "--csv"),
            env=environment(kept),
            stdout=full,
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await process.communicate()
    assert process.returncode == 1
    assert b"No space left" in err
    service.requests.clear()
    assert (await bbasync(*command(err.decode()), **kept)).code == 0
    assert not service.requests


async def test_a_full_disk_under_the_checkpoint_leaves_a_report(
    bbasync: Do, kept: Place, tmp_path: Path
) -> None:
    """It says what is missing; once there is room again, the audit goes on."""
    path, report = tmp_path / "kept.jsonl", tmp_path / "report.xml"
    wanted = ("acme", *LEVEL, "--checkpoint", str(path), "--to", str(report))
    code, err = await on_a_full_disk(12_000, "audit", *wanted, **kept)
    assert code == 1
    assert f"{path}: File too large" in err
    assert "not read any more" in err
    assert report.exists()
    done = await bbasync(*command(err), **kept)
    assert done.code == 0
    assert not path.exists()


async def test_nothing_is_told_to_be_kept_that_is_not(bbasync: Do, credentials: Place) -> None:
    """Where no file can be made beside the logins, it says what would keep it."""
    nowhere = {**credentials, "BBASYNC_CONFIG_DIR": f"{os.devnull}/none"}
    ran = await bbasync("audit", "acme", *LEVEL, "--max-requests", "5", **nowhere)
    assert ran.code == 1
    assert "go on with" not in ran.err
    assert "--checkpoint FILE" in ran.err


async def test_a_reader_that_has_seen_enough_does_not_stop_the_files(
    start: Do, kept: Place, tmp_path: Path
) -> None:
    """``--to report.csv | head -1`` writes all of it, and the policy is broken all the same."""
    path = tmp_path / "report.csv"
    wanted = ("--to", str(path), "--fail-on", "error")
    process = await start("audit", "acme", *wanted, **kept)
    process.leave()
    _, err = await process.communicate()
    assert process.returncode == 6, err
    assert b"Traceback" not in err
    assert path.read_text().count("\n") > 50


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere root may write everywhere")
async def test_a_directory_that_takes_no_files_is_seen_before_anything_is_asked(
    bbasync: Do, kept: Place, service: FakeBitbucket
) -> None:
    """Not after the hours that an audit may take."""
    for option in ("--to", "--fix-plan"):
        ran = await bbasync("audit", "acme", option, "/proc/report.jsonl", **kept)
        assert ran.code == 2
        assert f"{option} /proc/report.jsonl can't be written" in ran.err
        assert ran.err.count("\n") == 1
    assert not service.requests
