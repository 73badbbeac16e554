"""Walks over a service that spells its addresses and envelopes in all the ways it does."""

from __future__ import annotations

import pytest

from bbasync import BasicAuth, Bitbucket
from bbasync.fake import FakeBitbucket


@pytest.mark.parametrize("prefix", [None, "/!api/2.0", "/api/2.0"])
@pytest.mark.parametrize("quirk", ["", "sizeless", "nextless"])
async def test_a_walk_does_not_depend_on_how_pages_are_spelled(
    prefix: str | None, quirk: str
) -> None:
    """Another prefix in next, no size and page, no next: the items are the same, and each once."""
    async with FakeBitbucket(repositories=35) as fake:
        fake.store.link_prefix = prefix
        if quirk:
            getattr(fake.store, quirk).add("/repositories/acme")
        auth = BasicAuth(fake.email, fake.api_token)
        async with Bitbucket(auth, base_url=fake.url) as bb:
            walk = bb.repositories.list("acme", pagelen=10)
            names = [one.slug async for one in walk]
            assert len(names) == len(set(names)) == 35

            async for page in walk.pages():
                assert (page.size is None) == (quirk == "sizeless")
                break
            again = bb.repositories.list("acme", pagelen=10).resume(walk.cursor)
            assert [one.slug async for one in again] == names[10:]

            repo = await bb.repositories.get("acme", "site")
            assert [one.name async for one in repo.branches()]
            assert await repo.self_()
