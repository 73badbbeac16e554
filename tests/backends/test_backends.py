"""The examples of web backends, as those who visit them see them."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import uvicorn
from aiohttp import web
from attrs import evolve
from starlette.applications import Starlette

from bbasync.fake import Account, Fault
from tests.backends.conftest import Site
from tests.backends.visitor import Seen, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

Visit = Callable[[], Awaitable[Visitor]]


async def login(visitor: Visitor, site: Site, account: Account) -> Seen:
    """Go from the home page through the consent of somebody."""
    await visitor.open(site.url)
    await visitor.follow("Log in with Bitbucket")
    return await visitor.press("Grant access", f"{account.display_name} ({account.nickname})")


async def walk(visitor: Visitor) -> list[Seen]:
    """Look through all pages of repositories, from the home page on."""
    pages = [await visitor.follow("Your repositories")]
    while "More" in pages[-1].links and len(pages) < 9:
        pages.append(await visitor.follow("More"))
    return pages


def names(pages: list[Seen]) -> list[str]:
    """The repositories on some pages."""
    return [name for one in pages for name in one.items]


def asked(seen: Seen) -> bool:
    """Whether that is the consent page."""
    return seen.status == 200 and "asks for access to your account" in seen.title


async def test_a_user_logs_in_and_sees_all_repositories(site: Site, visit: Visit) -> None:
    """Ten a page, in both workspaces, by one request a page; links lead there and end there."""
    account = site.fake.accounts[0]
    expected = await site.repositories(account)
    assert len({name.partition("/")[0] for name in expected}) == 2
    visitor = await visit()
    assert "Log in with Bitbucket" in (await visitor.open(site.url)).links
    assert asked(await visitor.follow("Log in with Bitbucket"))
    home = await visitor.press("Grant access", f"{account.display_name} ({account.nickname})")
    assert home.url == f"{site.url}/"
    assert f"Signed in as {account.display_name}" in home.text
    pages = await walk(visitor)
    assert [len(one.items) for one in pages] == [10, 2, 10, 2]
    assert names(pages) == expected
    assert site.lists() == len(pages)
    assert (site.traded("authorization_code"), site.traded("refresh_token")) == (1, 0)


async def test_an_expired_token_is_refreshed_once(site: Site, visit: Visit) -> None:
    """The user notices nothing of it, in none of three windows that load at the same time."""
    windows = [await visit() for _ in range(3)]
    await login(windows[0], site, site.fake.accounts[0])
    for one in windows[1:]:
        await one.set_cookie(site.url, await windows[0].cookie())
    before = await windows[0].follow("Your repositories")
    site.fake.expire(site.store.saved[-1].access_token)
    for after in await asyncio.gather(*(one.open(before.url) for one in windows)):
        assert (after.status, after.items) == (200, before.items)
    assert (await windows[0].follow("More")).items
    assert site.traded("refresh_token") == 1


async def test_a_revoked_grant_leads_to_the_login(site: Site, visit: Visit) -> None:
    """The list sends the user there, whose token is forgotten; who says yes again is back."""
    account = site.fake.accounts[0]
    visitor = await visit()
    await login(visitor, site, account)
    site.fake.revoke_grant(account)
    assert asked(await visitor.follow("Your repositories"))
    assert not site.store.keys
    home = await visitor.press("Grant access")
    assert "Signed in as" in home.text
    assert (await visitor.follow("Your repositories")).items


async def test_a_user_who_says_no_can_read_so(site: Site, visit: Visit) -> None:
    """On a page that has the way back; nothing was asked for, and nobody is logged in."""
    visitor = await visit()
    await visitor.open(site.url)
    await visitor.follow("Log in with Bitbucket")
    refused = await visitor.press("Deny")
    assert refused.status == 403
    assert "the user has not granted access" in refused.text
    assert site.traded("authorization_code") == 0
    assert "Log in with Bitbucket" in (await visitor.follow("Home")).links


async def test_a_forged_callback_exchanges_nothing(site: Site, visit: Visit) -> None:
    """Somebody else's code with another state is refused, and does not end a login under way."""
    visitor, other = await visit(), await visit()
    await visitor.open(site.url)
    consent = await visitor.follow("Log in with Bitbucket")
    await other.open(consent.url)
    given = await other.press("Grant access")  # to a browser that has not begun it
    code = parse_qs(urlsplit(given.url).query)["code"][0]
    assert given.status == 400
    for forged in ("", "state=&", "state=forged&"):
        refused = await visitor.open(f"{site.url}/callback?{forged}code={code}")
        assert (refused.status, refused.links) == (400, ["Log in with Bitbucket", "Home"])
    assert site.traded("authorization_code") == 0
    await visitor.open(consent.url)
    assert "Signed in as" in (await visitor.press("Grant access")).text


async def test_two_users_at_once_see_only_their_own(site: Site, visit: Visit) -> None:
    """Each has a browser; what they look at comes in at the same time."""
    first, second = (site.fake.account("member", slug) for slug in site.fake.store.workspaces)
    expected = [await site.repositories(one) for one in (first, second)]
    assert expected[0]
    assert expected[1]
    assert not set(expected[0]) & set(expected[1])

    async def look(account: Account) -> list[str]:
        visitor = await visit()
        assert f"Signed in as {account.display_name}" in (await login(visitor, site, account)).text
        return names(await walk(visitor))

    assert list(await asyncio.gather(look(first), look(second))) == expected


async def test_logging_out_forgets_the_user(site: Site, visit: Visit) -> None:
    """The token is gone, and so is the session: even a copy of its cookie is good for nothing."""
    visitor = await visit()
    before = await _cookie_at_consent(visitor, site)
    await visitor.press("Grant access")
    during = await visitor.cookie()
    assert during != before
    assert len(site.store.keys) == 1
    home = await visitor.press("Log out")
    assert "Log in with Bitbucket" in home.links
    assert not site.store.keys
    for copied in (before, during):
        await visitor.set_cookie(site.url, copied)
        assert asked(await visitor.open(f"{site.url}/repositories"))


async def test_logging_in_again_replaces_the_user(site: Site, visit: Visit) -> None:
    """The token of whoever was logged in before is gone, and their session with it."""
    first, second = site.fake.accounts[:2]
    visitor = await visit()
    await login(visitor, site, first)
    before = await visitor.cookie()
    await visitor.open(f"{site.url}/login")
    home = await visitor.press("Grant access", f"{second.display_name} ({second.nickname})")
    assert f"Signed in as {second.display_name}" in home.text
    assert len(site.store.keys) == 1
    await visitor.set_cookie(site.url, before)
    assert asked(await visitor.open(f"{site.url}/repositories"))


async def _cookie_at_consent(visitor: Visitor, site: Site) -> str:
    await visitor.open(site.url)
    await visitor.follow("Log in with Bitbucket")
    found: str = await visitor.cookie()
    return found


async def test_a_used_up_quota_is_told_with_the_time_it_takes(site: Site, visit: Visit) -> None:
    """503 with Retry-After, at once, instead of a page that loads for minutes."""
    visitor = await visit()
    await login(visitor, site, site.fake.accounts[0])
    site.fake.faults.add("/repositories/*", Fault.too_many(retry_after=600))
    busy = await visitor.follow("Your repositories")
    assert busy.status == 503
    assert 590 < int(busy.headers["retry-after"]) < 700


async def test_what_others_have_written_is_no_markup(site: Site, visit: Visit) -> None:
    """Neither a user's name nor what comes in an address can bring in scripts."""
    account = evolve(site.fake.accounts[0], display_name="<script>alert(1)</script> & Sons")
    site.fake.store.accounts[account.uuid] = account
    visitor = await visit()
    assert f"Signed in as {account.display_name}" in (await login(visitor, site, account)).text
    consent = await visitor.open(f"{site.url}/login")
    state = parse_qs(urlsplit(consent.url).query)["state"][0]
    told = quote("<script>alert(2)</script>")
    page = await visitor.open(f"{site.url}/callback?state={state}&error={told}")
    assert page.status == 403
    assert "<script>alert(2)</script>" in page.text


async def test_made_up_addresses_are_not_found(site: Site, visit: Visit) -> None:
    """What no link has had is answered with a page, whatever it is."""
    visitor = await visit()
    await login(visitor, site, site.fake.accounts[0])
    for query in ("cursor=made-up", "workspace=nowhere", "workspace=..%2Fuser"):
        lost = await visitor.open(f"{site.url}/repositories?{query}")
        assert (lost.status, lost.title) == (404, "There is no such page")


@pytest.mark.parametrize("name", ["aiohttp_app", "asgi_app"])
async def test_the_examples_start_as_they_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the two variables, on the address that the callback has, which is this machine's."""
    started: list[dict[str, Any]] = []

    def run(app: object, **options: Any) -> None:
        assert isinstance(app, web.Application | Starlette)
        started.append(options)

    monkeypatch.setattr(web, "run_app", run)
    monkeypatch.setattr(uvicorn, "run", run)
    monkeypatch.setenv("BITBUCKET_OAUTH_KEY", "a-key")
    monkeypatch.setenv("BITBUCKET_OAUTH_SECRET", "a-secret")
    path = Path(__file__).with_name(f"{name}.py")
    runpy.run_path(str(path), run_name="__main__")
    assert started == [{"host": "127.0.0.1", "port": 8080}]
    text = path.read_text("utf-8")
    assert "http://127.0.0.1:8080/callback" in text
    assert len(text.splitlines()) < 150
