"""The token endpoint through the real client: where a request for a token ends up."""

from __future__ import annotations

from typing import Any

import pytest

from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.token import OAuthToken
from bbasync.errors import BitbucketError

TOKEN = OAuthToken("access-s3cret", "refresh-s3cret-0123456789")
SECRET = "consumer-s3cret"
THEIRS = {"access_token": "of-somebody-else", "token_type": "bearer", "refresh_token": "theirs"}


def every_text(error: BaseException | None) -> str:
    """All that a traceback of *error* shows, and what its attributes hold."""
    parts: list[str] = []
    while error is not None:
        parts += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return " ".join(parts)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_token_endpoint_that_sends_us_elsewhere_gets_us_no_token(
    serve: Any, say: Any, client: Any, status: int
) -> None:
    """Neither secret goes there, and what is given there is not taken for a token."""
    other = await serve(say(data=THEIRS))
    echo = f"{other.url}/?was={TOKEN.refresh_token}"
    site = await serve(say(status, headers={"Location": echo}))
    consumer = OAuthConsumer("key-1", SECRET, site=f"http://127.0.0.1:{site.port}")
    with pytest.raises(BitbucketError) as caught:
        await consumer.refresh(TOKEN, await client(site.url))
    assert all(one.authorization is None and not one.body for one in other.heard)
    text = every_text(caught.value)
    assert "s3cret" not in text
    assert "of-somebody-else" not in text


async def test_an_echo_that_is_cut_short_shows_no_part_of_a_secret(
    serve: Any, say: Any, client: Any
) -> None:
    """A long page is shown up to some length, which may be in the middle of a token."""
    for before in range(270, 300):
        page = f"{'x' * before} {TOKEN.refresh_token} {'y' * 300}".encode()
        site = await serve(say(502, body=page))
        consumer = OAuthConsumer("key-1", SECRET, site=f"http://127.0.0.1:{site.port}")
        with pytest.raises(BitbucketError) as caught:
            await consumer.refresh(TOKEN, await client(site.url, attempts=1))
        assert "refresh-s3c" not in every_text(caught.value)
