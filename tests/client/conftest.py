"""A fake service with a user who has just logged in."""

from __future__ import annotations

import time as clocks
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from attrs import evolve
from yarl import URL

from bbasync import Bitbucket
from bbasync.auth.consumer import OAuthConsumer, new_state
from bbasync.auth.store import MemoryTokenStore
from bbasync.auth.token import OAuthToken
from bbasync.fake import FakeBitbucket

KEY = "ann"
TOKEN = "/site/oauth2/access_token"


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A fake."""
    async with FakeBitbucket(quota=None) as running:
        yield running


@pytest.fixture
def consumer(fake: FakeBitbucket) -> OAuthConsumer:
    """Its consumer, as an application knows it."""
    return OAuthConsumer(fake.consumer.key, fake.consumer.secret, site=fake.site)


@pytest.fixture
async def token(fake: FakeBitbucket, consumer: OAuthConsumer) -> OAuthToken:
    """The token of a user who has just logged in."""
    there = evolve(consumer, redirect_uri="http://127.0.0.1:9/back")
    state = new_state()
    consent = {"account": fake.accounts[0].uuid, "decision": "grant"}
    async with ClientSession() as browser, Bitbucket(base_url=fake.url) as bb:
        address = there.authorize_url(state)
        async with browser.post(address, data=consent, allow_redirects=False) as answer:
            query = URL(answer.headers["Location"]).query
        return await there.callback(query, state=state, via=bb)


class Saving(MemoryTokenStore):
    """Counts what is saved."""

    __slots__ = ("saved",)

    def __init__(self, token: OAuthToken) -> None:
        super().__init__({KEY: token})
        self.saved = 0

    async def save(self, key: str, token: OAuthToken) -> None:
        """Keep it, and count."""
        self.saved += 1
        await super().save(key, token)


def renewals(fake: FakeBitbucket) -> int:
    """How many tokens were asked for since the login."""
    return sum(one.path == TOKEN for one in fake.requests) - 1


def ended(fake: FakeBitbucket, token: OAuthToken, how: str) -> OAuthToken:
    """*token* at its end, which is known by the clock or only by the service."""
    fake.expire(token.access_token)
    return token if how == "401" else evolve(token, expires_at=clocks.time())
