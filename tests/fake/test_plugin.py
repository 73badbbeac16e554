"""The plugin for pytest, as somebody's suite has it: in a process of its own, in every mode.

A process takes long, so that each runs all files that can be run in that mode.
"""

import os
from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester"]

LOOP = ("-o", "asyncio_default_fixture_loop_scope=function")  # unset it is a warning
STRICT = ("-o", "asyncio_mode=strict", *LOOP)
AUTO = ("-o", "asyncio_mode=auto", *LOOP)
NONE = ("-p", "no:asyncio", "-p", "no:anyio")
ANYIO = ("-p", "no:asyncio")
ASKS = """
async def test_it(bitbucket, bitbucket_server):
    bitbucket_server.workspace("acme").repository("mine")
    repo = await bitbucket.repositories.get("acme", "mine")
    assert repo.full_name == "acme/mine"
    bitbucket_server.assert_called("GET", "/repositories/acme/mine", times=1)


async def test_again(bitbucket_server):
    assert bitbucket_server.requests == []
    assert "mine" not in bitbucket_server.store.workspaces["acme"].repositories
"""
ON_ANYIO = f"""
import pytest
pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"
{ASKS}
"""
ON_TRIO = """
import pytest

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_it(bitbucket_server):
    assert bitbucket_server.url
"""
PLAIN = """
import json
import unittest
import urllib.request

import pytest

def ask(server):
    server.workspace("acme").repository("mine", private=False).pullrequest("Fix it")
    with urllib.request.urlopen(f"{server.url}/repositories/acme/mine", timeout=10) as answer:
        assert json.load(answer)["full_name"] == "acme/mine"
    assert len(server.requests) == 1

def test_it(bitbucket_server):
    ask(bitbucket_server)

class TestIt(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _server(self, bitbucket_server):
        self.server = bitbucket_server

    async def test_it(self):
        ask(self.server)

def test_a_client_needs_a_coroutine(bitbucket):
    pass
"""
GIVEN = """
from hypothesis import HealthCheck, given, settings, strategies

@settings(max_examples=3, database=None, suppress_health_check=list(HealthCheck), deadline=None)
@given(strategies.integers(1, 9))
async def test_it(bitbucket, number):
    assert (await bitbucket.request("GET", "/user", query={"n": str(number)})).status == 200
"""
MARKED = """
import pytest
pytestmark = pytest.mark.bitbucket(repositories=3)

@pytest.mark.bitbucket(workspaces=2)
def test_module(bitbucket_server):
    assert len(bitbucket_server.store.workspaces) == 2

class TestIt:
    pytestmark = pytest.mark.bitbucket(seed=7, quota=4)

    @pytest.mark.bitbucket(workspaces=1, quota=5)
    def test_nearest(self, bitbucket_server):
        (place,) = bitbucket_server.store.workspaces.values()
        assert len(place.repositories) == 3
        assert (bitbucket_server.store.seed, bitbucket_server.store.quota) == (7, 5)

@pytest.mark.bitbucket(workspace=2)
def test_unknown(bitbucket_server):
    pass

@pytest.mark.bitbucket(7)
def test_unnamed(bitbucket_server):
    pass
"""
EMPTY = """
import pytest
pytestmark = pytest.mark.bitbucket(empty=True, quota=5)

def test_empty(bitbucket_server):
    assert len(bitbucket_server.accounts) == 1
    assert bitbucket_server.store.quota == 5

@pytest.mark.bitbucket(workspaces=2)
def test_both(bitbucket_server):
    pass
"""
LATE = """
import sys

def test_it():
    assert "bbasync.fake" not in sys.modules

def test_server(bitbucket_server):
    assert bitbucket_server.url
"""


@pytest.fixture(autouse=True)
def _only_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the plugins that happen to be installed out of it, and our own options."""
    for name in [n for n in os.environ if n.startswith(("PYTEST_", "COV_"))]:
        monkeypatch.delenv(name)


def run(pytester: pytest.Pytester, options: tuple[str, ...], **files: str) -> pytest.RunResult:
    """Run files of tests with the plugin, where every warning is an error."""
    pytester.makeconftest('pytest_plugins = ["bbasync.testing.pytest_plugin"]')
    pytester.makepyfile(**files)
    return pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "error", "--strict-markers", *options,
        timeout=120,
    )  # fmt: skip


def on_loop(scope: str) -> str:
    """Tests for pytest-asyncio that say so, and on which loop."""
    return f"import pytest\npytestmark = pytest.mark.asyncio({scope})\n{ASKS}"


def test_it_works_in_auto_mode(pytester: pytest.Pytester) -> None:
    """Coroutines have a server and a client on their own loop, others a server beside them."""
    options = (*AUTO, "--import-mode=importlib", "-o", "asyncio_default_test_loop_scope=session")
    own = on_loop("loop_scope='function'")
    files = {"test_asks": ASKS, "test_given": GIVEN, "test_plain": PLAIN, "test_own": own}
    result = run(pytester, options, **files)
    result.assert_outcomes(passed=7, errors=1)
    result.stdout.fnmatch_lines(["*test_a_client_needs_a_coroutine is no coroutine*url*"])


def test_it_works_in_strict_mode(pytester: pytest.Pytester) -> None:
    """There the test says that it is one for asyncio, on any loop, or for anyio beside it."""
    files = {
        "test_usual": on_loop(""),
        "test_module": on_loop("loop_scope='module'"),
        "test_session": on_loop("loop_scope='session'"),
        "test_anyio": ON_ANYIO,
    }
    run(pytester, STRICT, **files).assert_outcomes(passed=8)


def test_it_works_with_anyio_s_plugin(pytester: pytest.Pytester) -> None:
    """Its tests run on asyncio with fixtures that anyio runs, and ask over the wire on trio."""
    files = {"test_anyio": ON_ANYIO}
    if find_spec("trio") is not None:
        files["test_trio"] = ON_TRIO
    run(pytester, ANYIO, **files).assert_outcomes(passed=1 + len(files))


def test_it_works_without_any(pytester: pytest.Pytester) -> None:
    """The marker says what there is, the nearest having the last word; nothing else is taken.

    The server is loaded where a test asks for it, not before.
    """
    files = {"test_0_late": LATE, "test_empty": EMPTY, "test_marked": MARKED, "test_plain": PLAIN}
    result = run(pytester, NONE, **files)
    result.assert_outcomes(passed=7, errors=4)
    result.stdout.fnmatch_lines_random(
        [
            "*no option workspaces here; there are empty, seed*",
            "*no option workspace here; there are empty, seed*",
            "*takes options by their names only*",
            "*test_a_client_needs_a_coroutine is no coroutine*url*",
        ]
    )


def test_a_failure_shows_what_was_asked(pytester: pytest.Pytester) -> None:
    """The last 20 requests stand beside it, without credentials; a success shows nothing."""
    code = """
import pytest

async def test_fails(bitbucket, bitbucket_server):
    for number in range(23):
        await bitbucket.request("GET", "/user", query={"n": str(number), "access_token": "hidden"})
    assert bitbucket_server.requests == 0

async def test_passes(bitbucket):
    await bitbucket.request("GET", "/user")

async def test_asks_nothing(bitbucket):
    assert bitbucket is None

@pytest.fixture
async def application(bitbucket):
    await bitbucket.request("GET", "/workspaces/acme")
    raise ValueError

async def test_is_not_begun(application):
    pass
"""
    result = run(pytester, (*AUTO, "--tb=line"), test_it=code)
    result.assert_outcomes(passed=1, failed=2, errors=1)
    result.stdout.fnmatch_lines(
        ["*--- Requests to the fake Bitbucket ---*", "GET /2.0/workspaces/acme -> 200"],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(
        ["(3 before these)", "GET /2.0/user?n=3&access_token=*** -> 200"], consecutive=True
    )
    result.stdout.fnmatch_lines(["*--- Requests to the fake Bitbucket ---*", "none"])
    assert "hidden" not in result.stdout.str()
    assert len([line for line in result.outlines if line.startswith("GET /2.0/user")]) == 20
