"""aioresponses in the hands of a user."""

from typing import Any

import pytest
from aioresponses import CallbackResult
from yarl import URL

from bbasync import Bitbucket, testing
from bbasync.errors import NotFoundError
from bbasync.testing import aioresponses
from bbasync.testing.mocking import _Response


async def test_aioresponses_answers_a_client() -> None:
    """What is imported from here works with the aiohttp that is installed."""
    home = "https://api.bitbucket.org/2.0/repositories/acme"
    with aioresponses() as mock:
        mock.get(f"{home}/site", payload={"full_name": "acme/site"})
        mock.get(f"{home}/gone", status=404, payload={"error": {"message": "Gone"}})
        async with Bitbucket() as bb:
            assert (await bb.repositories.get("acme", "site")).full_name == "acme/site"
            with pytest.raises(NotFoundError, match="Gone"):
                await bb.repositories.get("acme", "gone")


async def test_aioresponses_answers_with_what_a_callback_gives() -> None:
    """Be it a coroutine or none; what gives nothing leaves the answer as it was said."""
    home = "https://api.bitbucket.org/2.0/repositories/acme"

    def plain(url: URL, **_: object) -> CallbackResult:
        return CallbackResult(payload={"slug": url.name})

    async def later(url: URL, **options: object) -> CallbackResult:
        return plain(url, **options)

    class Own(_Response):
        def __init__(self, *args: Any, **options: Any) -> None:
            made.append(self)
            super().__init__(*args, **options)

    made: list[Own] = []
    own = CallbackResult(payload={"slug": "own"}, response_class=Own)
    callbacks = {"plain": plain, "later": later, "own": lambda *_, **__: own}
    callbacks["said"] = lambda *_, **__: None
    with aioresponses() as mock:
        for name, one in callbacks.items():
            mock.get(f"{home}/{name}", payload={"slug": "said"}, callback=one)
        async with Bitbucket() as bb:
            found = [(await bb.repositories.get("acme", name)).slug for name in callbacks]
    assert found == list(callbacks)
    assert len(made) == 1


def test_there_is_nothing_else() -> None:
    """A name that is not there is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'aioresponse'"):
        _ = testing.aioresponse
