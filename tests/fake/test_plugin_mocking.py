"""aioresponses in the hands of a user."""

import pytest

from bbasync import Bitbucket, testing
from bbasync.errors import NotFoundError
from bbasync.testing import aioresponses


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


def test_there_is_nothing_else() -> None:
    """A name that is not there is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'aioresponse'"):
        _ = testing.aioresponse
