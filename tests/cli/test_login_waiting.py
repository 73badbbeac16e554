"""`bbasync login --oauth` while it waits for the browser, and what it needs before."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from bbasync.fake import FakeBitbucket
from tests.cli.conftest import Do, files

BROWSER = """
import sys, urllib.parse, urllib.request
asked = urllib.parse.parse_qs(urllib.parse.urlsplit(sys.argv[1]).query)
told = urllib.parse.urlencode({"error": "access_denied", "state": asked["state"][0]})
urllib.request.urlopen(f"{asked['redirect_uri'][0]}?{told}").read()
"""


async def test_nobody_waits_for_ever(begin: Do, home: Path) -> None:
    """After the time that was given it ends by itself."""
    ran = await (await begin("--timeout", "0.2")).ended()
    assert ran.code == 5
    assert "nobody came back from the browser within 0.2 s: nothing was kept" in ran.err
    assert files(home) == {}


async def test_an_interruption_ends_the_waiting_at_once(begin: Do, home: Path) -> None:
    """Even while a browser holds a connection."""
    login = await begin()
    place = urlsplit(login.back)
    _, writer = await asyncio.open_connection("127.0.0.1", place.port)
    login.process.send_signal(signal.SIGINT)
    started = time.monotonic()
    ran = await login.ended()
    assert time.monotonic() - started < 5
    assert ran.code == 130
    assert ran.err.endswith("bbasync: interrupted\n")
    assert files(home) == {}
    writer.close()


async def test_a_port_that_is_taken_is_one_line(
    do: Do, by_oauth: dict[str, str], service: FakeBitbucket
) -> None:
    """It names the port, and what else has to fit."""
    port = urlsplit(service.site).port
    ran = await do("login", "--oauth", "--port", str(port), **by_oauth)
    assert ran.code == 2
    (line,) = (one for one in ran.err.splitlines() if "can't be listened at" in one)
    assert str(port) in line
    assert "the consumer's callback URL" in line


async def test_key_and_secret_may_come_by_standard_input(
    do: Do, home: Path, service: FakeBitbucket, port: int
) -> None:
    """A line each, where neither an option nor a variable has them."""
    typed = f"{service.consumer.key}\n{service.consumer.secret}\n"
    options = ("--oauth", "--no-browser", "--port", str(port), "--timeout", "0")
    ran = await do("login", *options, typed=typed)
    assert ran.code == 5
    assert f"client_id={service.consumer.key}&" in ran.err
    assert service.consumer.secret not in ran.err
    ran = await do("login", *options, "--key", "another", typed="some-secret\n")
    assert "client_id=another&" in ran.err
    assert "some-secret" not in ran.err
    assert files(home) == {}


async def test_the_browser_is_opened_with_the_address(
    do: Do, by_oauth: dict[str, str], port: int, tmp_path: Path
) -> None:
    """The one that BROWSER names here, which says no for its user; it is shown as well."""
    program = tmp_path / "browse"
    program.write_text(f"#!{sys.executable}\n{BROWSER}")
    program.chmod(0o700)
    ran = await do("login", "--oauth", "--port", str(port), **by_oauth, BROWSER=f"{program} %s")
    assert ran.code == 3
    assert "access was not granted" in ran.err
    assert "/site/oauth2/authorize?client_id=" in ran.err
