"""What a Connect app signs, traded for a token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.auth.connect import ConnectAuth, ConnectOAuth2Auth
from bbasync.errors import ConfigurationError, OAuthError
from bbasync.fake import FakeBitbucket

APP, CLIENT = "an-app", "ari:cloud:bitbucket::app/{client}"
SECRET = "the-shared-secret-of-an-installation"
OTHER = "the-shared-secret-that-was-before-it"


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A service with an installed app."""
    async with FakeBitbucket() as fake:
        yield fake


def installed(fake: FakeBitbucket, **changes: Any) -> ConnectAuth:
    """What signs for the app that is installed there."""
    app = fake.connect_app
    return ConnectAuth(app.key, app.client_key, **{"shared_secret": app.shared_secret, **changes})


def tokens_asked_for(fake: FakeBitbucket) -> int:
    """How often the token endpoint was called."""
    return sum(one.path.endswith("/access_token") for one in fake.requests)


async def test_what_is_signed_is_traded_for_a_token(fake: FakeBitbucket) -> None:
    """It is asked for once, for all calls that wait for it, and is kept."""
    auth = ConnectOAuth2Auth(installed(fake), site=fake.site)
    async with Bitbucket(auth, base_url=fake.url) as bb:
        pages = [bb.repositories.list("acme", sort=sort).first() for sort in ("name", "slug")]
        assert all(await asyncio.gather(*pages))
        answer = await bb.request("GET", "/repositories/acme")
    assert answer.headers["X-Credential-Type"] == "oauth2"
    assert tokens_asked_for(fake) == 1


async def test_a_token_is_asked_for_anew_before_it_ends(
    fake: FakeBitbucket, time: Any, client: Any
) -> None:
    """What it is traded for is signed anew then, since what is signed lives three minutes."""
    fake.store.clock = time
    auth = ConnectOAuth2Auth(installed(fake, clock=time), site=fake.site)
    bb = await client(fake.url, auth=auth)
    for wait, times in ((0, 1), (7100, 1), (50, 2)):
        await time.sleep(wait)
        await bb.request("GET", "/repositories/acme")
        assert tokens_asked_for(fake) == times
    assert {one.status for one in fake.requests} == {200}


async def test_a_token_that_is_refused_is_replaced_once(fake: FakeBitbucket) -> None:
    """All calls that were refused go out once more with the same new one."""
    auth = ConnectOAuth2Auth(installed(fake), site=fake.site)
    async with Bitbucket(auth, base_url=fake.url) as bb:
        await bb.request("GET", "/repositories/acme")
        header = await auth.authorization_over(bb)
        del fake.store.credentials[header.partition(" ")[2]]
        paths = [f"/repositories/acme?sort={field}" for field in ("name", "slug", "-name")]
        await asyncio.gather(*(bb.request("GET", path) for path in paths))
        assert await auth.renew(header, bb)
    assert tokens_asked_for(fake) == 2


async def test_an_app_that_is_gone_gets_no_token(fake: FakeBitbucket) -> None:
    """The token endpoint's refusal reaches the caller, without what was signed."""
    auth = ConnectOAuth2Auth(installed(fake, shared_secret=OTHER), site=fake.site)
    async with Bitbucket(auth, base_url=fake.url) as bb:
        with pytest.raises(OAuthError) as caught:
            await bb.request("GET", "/repositories/acme")
    assert caught.value.code == "invalid_client"
    assert "eyJ" not in str(caught.value)


def test_a_traded_token_has_one_identity_and_shows_nothing() -> None:
    """It is another one than that of the signed requests, since both are counted apart."""
    connect = ConnectAuth(APP, CLIENT, SECRET)
    auth = ConnectOAuth2Auth(connect)
    assert auth.identity != connect.identity
    assert auth.identity == ConnectOAuth2Auth(ConnectAuth(APP, CLIENT, OTHER)).identity
    assert SECRET not in repr(auth)
    with pytest.raises(ConfigurationError, match="takes a ConnectAuth, not a str"):
        ConnectOAuth2Auth("s3cret")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="site must be https"):
        ConnectOAuth2Auth(connect, site="http://bitbucket.org")
