"""The plugin for pytest, as somebody's suite has it: in a process of its own, in every mode."""

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


@pytest.fixture(autouse=True)
def _only_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the plugins that happen to be installed out of it, and our own options."""
    for name in [n for n in os.environ if n.startswith(("PYTEST_", "COV_"))]:
        monkeypatch.delenv(name)


def run(pytester: pytest.Pytester, code: str, *options: str) -> pytest.RunResult:
    """Run a file of tests with the plugin, where every warning is an error."""
    pytester.makepyfile(code)
    return pytester.runpytest_subprocess(
        "-p", "bbasync.testing.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:xdist",
        "-W", "error", "--strict-markers", *options,
    )  # fmt: skip


def test_it_works_in_auto_mode(pytester: pytest.Pytester) -> None:
    """Coroutines have a server and a client on their own loop, fresh for each."""
    run(pytester, ASKS, *AUTO, "--import-mode=importlib").assert_outcomes(passed=2)


def test_it_works_in_strict_mode(pytester: pytest.Pytester) -> None:
    """There the test says that it is one for asyncio, and the fixtures need nothing."""
    code = f"import pytest\npytestmark = pytest.mark.asyncio\n{ASKS}"
    run(pytester, code, *STRICT).assert_outcomes(passed=2)


@pytest.mark.parametrize("more", [ANYIO, STRICT], ids=["alone", "beside pytest-asyncio"])
def test_it_works_with_anyio_s_plugin(pytester: pytest.Pytester, more: tuple[str, ...]) -> None:
    """Its tests run on asyncio with fixtures that anyio runs."""
    code = f"""
import pytest
pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"
{ASKS}
"""
    run(pytester, code, *more).assert_outcomes(passed=2)


@pytest.mark.skipif(find_spec("trio") is None, reason="no trio is installed")
def test_trio_has_the_server(pytester: pytest.Pytester) -> None:
    """Who runs on another loop can ask it over the wire."""
    code = """
import pytest

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_it(bitbucket_server):
    assert bitbucket_server.url
"""
    run(pytester, code, *ANYIO).assert_outcomes(passed=1)


@pytest.mark.parametrize("mode", [AUTO, NONE])
def test_plain_tests_have_the_server_beside_them(
    pytester: pytest.Pytester, mode: tuple[str, ...]
) -> None:
    """A test that is no coroutine asks it over the wire, with whatever client, in every mode."""
    code = """
import json
import urllib.request

def test_it(bitbucket_server):
    bitbucket_server.workspace("acme").repository("mine", private=False).pullrequest("Fix it")
    with urllib.request.urlopen(f"{bitbucket_server.url}/repositories/acme/mine") as answer:
        assert json.load(answer)["full_name"] == "acme/mine"
    assert len(bitbucket_server.requests) == 1

def test_a_client_needs_a_coroutine(bitbucket):
    pass
"""
    result = run(pytester, code, *mode)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*test_a_client_needs_a_coroutine is no coroutine*url*"])


def test_the_marker_says_what_there_is(pytester: pytest.Pytester) -> None:
    """On a test, a class or a module, the nearest having the last word; nothing else is taken."""
    code = """
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
    empty = """
import pytest
pytestmark = pytest.mark.bitbucket(empty=True, quota=5)

def test_empty(bitbucket_server):
    assert len(bitbucket_server.accounts) == 1
    assert bitbucket_server.store.quota == 5

@pytest.mark.bitbucket(workspaces=2)
def test_both(bitbucket_server):
    pass
"""
    pytester.makepyfile(test_empty=empty)
    result = run(pytester, code, *NONE)
    result.assert_outcomes(passed=3, errors=3)
    result.stdout.fnmatch_lines_random(
        [
            "*no option workspaces here; there are empty, seed*",
            "*no option workspace here; there are empty, seed*",
            "*takes options by their names only*",
        ]
    )


def test_the_marker_is_registered(pytester: pytest.Pytester) -> None:
    """``pytest --markers`` tells of it, and --strict-markers takes it."""
    result = run(pytester, "def test_it(): pass", *NONE, "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.bitbucket(empty=False, seed=1, *"])


def test_a_failure_shows_what_was_asked(pytester: pytest.Pytester) -> None:
    """The last 20 requests stand beside it, without credentials; a success shows nothing."""
    code = """
async def test_fails(bitbucket, bitbucket_server):
    for number in range(23):
        await bitbucket.request("GET", "/user", query={"n": str(number), "access_token": "hidden"})
    assert bitbucket_server.requests == 0

async def test_passes(bitbucket):
    await bitbucket.request("GET", "/user")

async def test_asks_nothing(bitbucket):
    assert bitbucket is None
"""
    result = run(pytester, code, *AUTO, "--tb=line")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*--- Requests to the fake Bitbucket ---*",
            "(3 before these)",
            "GET /2.0/user?n=3&access_token=*** -> 200",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(["*--- Requests to the fake Bitbucket ---*", "none"])
    assert "hidden" not in result.stdout.str()
    assert len([line for line in result.outlines if line.startswith("GET ")]) == 20


def test_it_is_switched_on_from_a_conftest(pytester: pytest.Pytester) -> None:
    """A line in the topmost one does; the server is loaded where a test asks for it, not before."""
    pytester.makeconftest('pytest_plugins = ["bbasync.testing.pytest_plugin"]')
    pytester.makepyfile(
        """
import sys

def test_it():
    assert "bbasync.fake" not in sys.modules

def test_server(bitbucket_server):
    assert bitbucket_server.url
"""
    )
    options = ("-p", "no:cacheprovider", "-p", "no:xdist", "-W", "error", *NONE)
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=2)
