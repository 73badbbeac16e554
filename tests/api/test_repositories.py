"""The work around a call on repositories."""

from __future__ import annotations

from typing import Any

import pytest

from bbasync import BasicAuth, Bitbucket, Polling
from bbasync.errors import TimedOutError
from bbasync.fake import FakeBitbucket
from bbasync.resources import Repository, Workspace

COPY = Repository(name="copy", workspace=Workspace(slug="acme"))


async def test_a_fork_is_waited_for_until_its_content_is_there(time: Any) -> None:
    """The fork comes back with its main branch, after a few looks that become rarer."""
    polling = Polling(sleep=time.sleep, clock=time)
    async with FakeBitbucket() as fake, client_of(fake) as bb:
        fake.store.copying = 3
        made = await bb.repositories.fork_and_wait("acme", "site", COPY, polling=polling)
        assert made.mainbranch is not None
        assert made.parent is not None
        assert (made.slug, made.parent.full_name) == ("copy", "acme/site")
    assert time.sleeps == [1, 2, 4]


async def test_a_fork_that_is_never_copied_is_given_up(time: Any) -> None:
    """The error names the copy, and the fork is there all the same."""
    polling = Polling(timeout=5, sleep=time.sleep, clock=time)
    async with FakeBitbucket() as fake, client_of(fake) as bb:
        fake.store.copying = 99
        with pytest.raises(TimedOutError, match="the copy to acme/copy"):
            await bb.repositories.fork_and_wait("acme", "site", COPY, polling=polling)
        assert (await bb.repositories.get("acme", "copy")).slug == "copy"


async def test_a_fork_of_nothing_is_not_waited_for(time: Any) -> None:
    """An empty repository has no content to copy."""
    polling = Polling(sleep=time.sleep, clock=time)
    async with FakeBitbucket() as fake, client_of(fake) as bb:
        await bb.repositories.create("acme", "empty", Repository(is_private=True))
        await bb.repositories.fork_and_wait("acme", "empty", COPY, polling=polling)
    assert time.sleeps == []


def client_of(fake: FakeBitbucket) -> Bitbucket:
    """A client that owns everything."""
    return Bitbucket(BasicAuth(fake.email, fake.api_token), base_url=fake.url)
