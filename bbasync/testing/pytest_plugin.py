"""A plugin for pytest: a fake Bitbucket for each test that asks for one, and a client on it.

Switched on by ``pytest_plugins = ["bbasync.testing.pytest_plugin"]`` in the topmost conftest.py, or
by ``-p bbasync.testing.pytest_plugin``. It works with pytest-asyncio in both modes and with anyio's
plugin; tests that are no coroutines have the server in a thread beside them. The server of a
coroutine is on its own loop: what such a test calls may not block it.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import unittest
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

import pytest

if TYPE_CHECKING:
    from .. import Bitbucket
    from ..fake import FakeBitbucket

Scope = Literal["function", "class", "module", "package", "session"]

MARKER: Final = (
    "bitbucket(empty=False, seed=1, workspaces=1, repositories=12, quota=None, ...): what the "
    "fixtures bitbucket_server and bitbucket start with, as FakeBitbucket takes it; with "
    "empty=True as FakeBitbucket.empty() does"
)
ASYNCIO: Final = ("asyncio", "pytest_asyncio.plugin", "pytest_asyncio")
"""What pytest-asyncio is registered as, by whichever way it came in."""
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""What pytest-asyncio's loops are for."""
MOST_SHOWN: Final = 20
SERVER: Final = pytest.StashKey["FakeBitbucket"]()


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest know the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show beside a failure what the fake was asked."""
    report = yield
    fake = item.stash.get(SERVER, None)
    if fake is not None and report.failed:
        report.sections.append(("Requests to the fake Bitbucket", _story(fake)))
    return report


@pytest.fixture
def bitbucket_server(request: pytest.FixtureRequest) -> Iterator[FakeBitbucket]:
    """A fake Bitbucket that runs, fresh for each test; the marker `bitbucket` says with what."""
    kind = _kind(request)
    if kind == "thread":
        fake = _made(request)
        with _in_thread(fake):
            yield fake
    else:
        yield request.getfixturevalue(f"_bitbucket_server_{kind}")


@pytest.fixture
def bitbucket(request: pytest.FixtureRequest) -> Bitbucket:
    """An open client of the fake's owner, on the fake of `bitbucket_server`."""
    kind = _kind(request)
    if kind == "thread":
        raise pytest.UsageError(
            f"{request.node.name} is no coroutine that runs on asyncio, so that the fixture "
            "bitbucket can't serve it: take bitbucket_server, which has an url"
        )
    return cast("Bitbucket", request.getfixturevalue(f"_bitbucket_{kind}"))


@pytest.fixture
async def _bitbucket_server_anyio(
    request: pytest.FixtureRequest,
) -> AsyncIterator[FakeBitbucket]:
    async with _made(request) as fake:
        yield fake


@pytest.fixture
async def _bitbucket_anyio(bitbucket_server: FakeBitbucket) -> AsyncIterator[Bitbucket]:
    async with _client(bitbucket_server) as bb:
        yield bb


def _on_loop(scope: Scope) -> dict[str, Any]:
    """Make fixtures for the tests that pytest-asyncio runs on a loop of that scope."""
    import pytest_asyncio  # noqa: PLC0415 - it need not be installed

    @pytest_asyncio.fixture(loop_scope=scope, name=f"_bitbucket_server_{scope}")
    async def server(request: pytest.FixtureRequest) -> AsyncIterator[FakeBitbucket]:
        async with _made(request) as fake:
            yield fake

    @pytest_asyncio.fixture(loop_scope=scope, name=f"_bitbucket_{scope}")
    async def client(bitbucket_server: FakeBitbucket) -> AsyncIterator[Bitbucket]:
        async with _client(bitbucket_server) as bb:
            yield bb

    return {f"_bitbucket_server_{scope}": server, f"_bitbucket_{scope}": client}


if find_spec("pytest_asyncio") is not None:
    for _scope in SCOPES:
        globals().update(_on_loop(_scope))


def _client(fake: FakeBitbucket) -> Bitbucket:
    from .. import BasicAuth, Bitbucket  # noqa: PLC0415 - not every test needs a client

    return Bitbucket(BasicAuth(fake.email, fake.api_token), base_url=fake.url)


def _kind(request: pytest.FixtureRequest) -> str:
    """Tell who runs the test, since its fixtures have to be in the same hands.

    That is pytest-asyncio, by the scope of the loop; "anyio"; or "thread", where none of them is.
    """
    item = request.node
    test = getattr(item, "obj", None)
    # What hypothesis makes of a coroutine is none, and calls it on the loop all the same.
    test = getattr(getattr(test, "hypothesis", None), "inner_test", test)
    if not inspect.iscoroutinefunction(test):
        return "thread"
    if issubclass(getattr(item, "cls", None) or object, unittest.TestCase):
        return "thread"  # it has a loop of its own
    marker = item.get_closest_marker("asyncio")
    if marker or _is_auto(request.config):
        given = marker.kwargs if marker else {}
        scope = given.get("loop_scope") or given.get("scope") or _usual_scope(request.config)
        return str(scope)
    if "anyio_backend" in item.fixturenames:
        backend = request.getfixturevalue("anyio_backend")
        name = backend if isinstance(backend, str) else backend[0]
        return "anyio" if name == "asyncio" else "thread"
    return "thread"


def _usual_scope(config: pytest.Config) -> Any:
    try:
        return config.getini("asyncio_default_test_loop_scope") or "function"
    except ValueError:  # a pytest-asyncio that does not know it
        return "function"


def _is_auto(config: pytest.Config) -> bool:
    """Whether pytest-asyncio takes all coroutines."""
    if not any(map(config.pluginmanager.hasplugin, ASYNCIO)):
        return False
    return "auto" in {config.getoption("asyncio_mode", None), config.getini("asyncio_mode")}


def _made(request: pytest.FixtureRequest) -> FakeBitbucket:
    """Make a fake as the markers say, the nearest one's word being the last."""
    from ..fake import FakeBitbucket  # noqa: PLC0415 - not every test needs a server

    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("bitbucket"))):
        if marker.args:
            raise pytest.UsageError("The marker bitbucket takes options by their names only")
        options |= marker.kwargs
    make = FakeBitbucket.empty if options.pop("empty", False) else FakeBitbucket
    known = inspect.signature(make).parameters
    strange = sorted(set(options) - set(known))
    if strange:
        raise pytest.UsageError(
            f"The marker bitbucket has no option {', '.join(strange)} here; there are "
            f"{', '.join(['empty', *known])}"
        )
    fake = make(**options)
    request.node.stash[SERVER] = fake
    return fake


@contextmanager
def _in_thread(fake: FakeBitbucket) -> Iterator[None]:
    """Run a fake on an event loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="bitbucket_server", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(fake.start(), loop).result()
        yield
    finally:
        asyncio.run_coroutine_threadsafe(fake.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _story(fake: FakeBitbucket) -> str:
    from ..fake import told  # noqa: PLC0415 - it is loaded where there is a fake

    shown = [told(one) for one in fake.requests[-MOST_SHOWN:]]
    before = len(fake.requests) - len(shown)
    first = [f"({before} before these)"] if before else []
    return "\n".join([*first, *shown]) or "none"
