"""`bbasync login --oauth`: through the browser, and what becomes of the tokens."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientSession

from bbasync.fake import FakeBitbucket
from tests.cli.conftest import Do, files
from tests.cli.consent import decide


def token_in(home: Path) -> dict[str, Any]:
    """The tokens that are kept."""
    (content,) = files(home).values()
    return json.loads(content)["login"]["oauth"]


async def test_the_browser_grants_and_the_tokens_are_renewed_by_later_commands(
    begin: Do, do: Do, browser: ClientSession, home: Path, service: FakeBitbucket, port: int
) -> None:
    """The refresh token rotates: what is kept is always the last one, and no secret is shown."""
    login = await begin()
    assert f"callback URL in Bitbucket must be http://localhost:{port}/callback" in login.said
    status, text = await decide(browser, login, "grant")
    assert status == 200
    assert "You can close this window" in text
    ran = await login.ended()
    assert ran.code == 0, ran.err
    assert service.accounts[0].display_name in ran.out
    assert "kind      oauth" in ran.out
    assert f"consumer  {service.consumer.key}" in ran.out
    assert re.search(r"expires   20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", ran.out)

    kept = [token_in(home)]
    everything = ran.out + ran.err
    for _ in range(2):
        service.expire(kept[-1]["access_token"])
        ran = await do("whoami", "--json")
        assert ran.code == 0, ran.err
        assert json.loads(ran.out)["expires_at"] is not None
        everything += ran.out + ran.err
        kept.append(token_in(home))
    assert len({one["refresh_token"] for one in kept}) == 3
    assert len({one["access_token"] for one in kept}) == 3
    assert len({one["grant"] for one in kept}) == 1
    secrets = [one[name] for one in kept for name in ("access_token", "refresh_token")]
    assert not any(one in everything for one in (*secrets, service.consumer.secret))
    left = await do("logout")
    assert f"forgot the tokens of the OAuth consumer {service.consumer.key}" in left.err
    assert files(home) == {}


async def test_commands_at_the_same_time_renew_a_token_once(
    begin: Do, do: Do, browser: ClientSession, home: Path, service: FakeBitbucket
) -> None:
    """Each would make the other's refresh token worthless."""
    login = await begin()
    await decide(browser, login, "grant")
    assert (await login.ended()).code == 0
    service.expire(token_in(home)["access_token"])
    before = len(service.requests)
    ran = await asyncio.gather(do("whoami"), do("whoami"))
    assert [one.code for one in ran] == [0, 0]
    sent = [one.path for one in service.requests[before:]]
    assert sent.count("/site/oauth2/access_token") == 1


async def test_a_consent_that_has_ended_asks_for_another_login(
    begin: Do, do: Do, browser: ClientSession, home: Path, service: FakeBitbucket
) -> None:
    """No refresh helps; the line says what does."""
    login = await begin()
    await decide(browser, login, "grant")
    await login.ended()
    service.revoke_grant(service.accounts[0])
    ran = await do("api", "GET", "/user")
    assert ran.code == 3
    assert "run `bbasync login`" in ran.err
    assert ran.err.count("\n") == 1
    assert token_in(home)["refresh_token"] not in ran.err


async def test_only_the_awaited_answer_counts(
    begin: Do, browser: ClientSession, home: Path, service: FakeBitbucket
) -> None:
    """Whoever does not know the state can neither log somebody in nor end the waiting."""
    login = await begin()
    root = login.back.removesuffix("/callback")
    asked = {
        f"{root}/": 404,
        f"{root}/favicon.ico": 404,
        login.back: 400,
        f"{login.back}?code=x": 400,
        f"{login.back}?code=x&state=": 400,
        f"{login.back}?code=x&state={login.state}x": 400,
        f"{login.back}?state={login.state}": 400,
        f"{login.back}?code=x&code=y&state={login.state}": 400,
        f"{login.back}?error=access_denied&state=guessed": 400,
        f"{login.back}?code=x&state={login.state}&long={'x' * 20_000}": 400,
    }
    for address, status in asked.items():
        async with browser.get(address) as shown:
            assert shown.status == status, address
            assert shown.headers["Cache-Control"] == "no-store"
            assert "guessed" not in await shown.text()
    async with browser.post(f"{login.back}?code=x&state={login.state}") as shown:
        assert shown.status == 405
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(root).port)
    writer.write(b"\x16\x03\x01 not HTTP\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    silent = await asyncio.open_connection("127.0.0.1", urlsplit(root).port)
    assert not any(one.path == "/site/oauth2/access_token" for one in service.requests)
    await decide(browser, login, "grant")
    assert (await login.ended()).code == 0
    assert len(files(home)) == 1
    assert await silent[0].read() == b""
    silent[1].close()


async def test_a_denial_is_told_plainly(begin: Do, browser: ClientSession, home: Path) -> None:
    """In the browser and in the terminal."""
    login = await begin()
    status, text = await decide(browser, login, "deny")
    assert status == 200
    assert "Access was not granted" in text
    ran = await login.ended()
    assert ran.code == 3
    assert "bbasync: access was not granted: nothing was kept\n" in ran.err
    assert files(home) == {}


async def test_a_code_that_is_worthless_logs_nobody_in(
    begin: Do, browser: ClientSession, home: Path
) -> None:
    """With the right state even; the code is not shown."""
    login = await begin()
    async with browser.get(f"{login.back}?code=worthless-code&state={login.state}") as shown:
        assert shown.status == 200
    ran = await login.ended()
    assert ran.code == 3
    assert "worthless-code" not in ran.err
    assert files(home) == {}


async def test_a_wrong_secret_is_the_consumer_s_affair(
    begin: Do, browser: ClientSession, home: Path
) -> None:
    """The service's word for it is shown, the secret is not."""
    login = await begin(BITBUCKET_OAUTH_SECRET="wrong-secret")
    await decide(browser, login, "grant")
    ran = await login.ended()
    assert ran.code == 3
    assert "invalid_client" in ran.err
    assert "wrong-secret" not in ran.err
    assert files(home) == {}
