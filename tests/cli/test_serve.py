"""`bbasync fake`, for programs in any language: when it is ready, what it has, how it ends."""

from __future__ import annotations

import asyncio
import re
import signal
from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.errors import RateLimitedError, ServerError


async def _read(process: Any) -> dict[str, str]:
    lines = [(await process.stdout.readline()).decode() for _ in range(3)]
    return dict(re.fullmatch(r"export (\w+)=(\S+)\n", line).groups() for line in lines)


async def test_an_empty_one_can_be_filled_by_calls(start: Any) -> None:
    """It has a workspace, since no call makes one, and SIGTERM ends it as Ctrl-C does."""
    process = await start("fake", "--empty", "--seed", "5")
    async with Bitbucket.from_env(await _read(process)) as bb:
        assert await bb.repositories.list("acme").all() == []
        await bb.request("POST", "/repositories/acme/site", json={})
        assert [repo.slug async for repo in bb.repositories.list("acme")] == ["site"]
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 130
    said = (await process.stderr.read()).decode()
    assert "Traceback" not in said
    assert "interrupted" in said


async def test_it_fails_as_it_is_told(start: Any) -> None:
    """Each path with its status; the quota's has the layout of the service."""
    options = ("--fault", "/user=500", "--fault", "/repositories/*=429")
    process = await start("fake", *options)
    async with Bitbucket.from_env(await _read(process), attempts=1, max_wait=0) as bb:
        with pytest.raises(ServerError, match="500"):
            await bb.request("GET", "/user")
        with pytest.raises(RateLimitedError):
            await bb.request("GET", "/repositories/acme")
        assert (await bb.request("GET", "/workspaces/acme")).status == 200
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 10) == 130


@pytest.mark.parametrize("fault", ["/user", "/user=", "/user=200", "user=503", "/user=no"])
async def test_a_fault_that_means_nothing_is_refused(bbasync: Any, fault: str) -> None:
    """One line says how to write it."""
    ran = await bbasync("fake", "--fault", fault)
    assert ran.code == 2
    assert ran.out == ""
    assert f"--fault {fault}: write PATH=STATUS" in ran.err


async def test_a_fault_that_could_never_strike_is_refused(bbasync: Any) -> None:
    """Paths are compared without their query."""
    ran = await bbasync("fake", "--fault", "/user?fields=uuid=503")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "--fault /user?fields=uuid=503: A path has neither a host nor a query" in ran.err


async def test_listening_elsewhere_is_warned_of(start: Any) -> None:
    """Other machines could do everything there; on the loopback nothing is said."""
    for host, warned in (("0.0.0.0", True), ("localhost", False), ("127.0.0.2", False)):
        process = await start("fake", "--host", host)
        await _read(process)
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 10)
        said = (await process.stderr.read()).decode()
        assert (f"warning: {host} may be reached" in said) is warned
        assert ("warning" in said) is warned


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "nosuch.invalid"])
async def test_a_host_that_is_none_is_one_line(bbasync: Any, host: str) -> None:
    """The error names it."""
    ran = await bbasync("fake", "--host", host)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert host in ran.err


@pytest.mark.parametrize(
    "size",
    ["--workspaces 3", "--repositories=12", "--members 1", "--outsiders 0", "--pullrequests 9"],
)
async def test_an_empty_one_has_no_sizes(bbasync: Any, size: str) -> None:
    """One that is typed is refused, and not ignored; the error names both options."""
    ran = await bbasync("fake", "--empty", *size.split())
    name = size.replace("=", " ").split()[0]
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"leave out {name}, or --empty" in ran.err
