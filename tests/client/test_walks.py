"""Walks over a service that spells its addresses and envelopes in all the ways it does."""

from __future__ import annotations

import pytest

from bbasync import BasicAuth, Bitbucket, F
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


@pytest.mark.parametrize("prefix", [None, "/!api/2.0"])
@pytest.mark.parametrize("quirk", ["", "sizeless", "nextless"])
async def test_pages_fetched_at_once_have_the_same_items(prefix: str | None, quirk: str) -> None:
    """Filtered, sorted, partial, unique, resumed, or behind a link: only the time differs."""
    async with FakeBitbucket(repositories=35) as fake:
        fake.store.link_prefix = prefix
        if quirk:
            getattr(fake.store, quirk).add("/repositories/acme")
        auth = BasicAuth(fake.email, fake.api_token)
        async with Bitbucket(auth, base_url=fake.url) as bb:
            for query in ({}, {"sort": "-name"}, {"q": F.size > 0, "fields": "values.slug"}):
                usual = bb.repositories.list("acme", pagelen=4, **query)
                expected = [one.slug async for one in usual]
                fake.requests.clear()
                walk = bb.repositories.list("acme", pagelen=4, concurrency=5, unique=True, **query)
                assert [one.slug async for one in walk] == expected
                targets = [one.query for one in fake.requests]
                assert len(targets) == len(set(targets)) == -(-len(expected) // 4)

                async for _ in walk.pages():
                    break
                again = bb.repositories.list("acme", pagelen=4, concurrency=5, unique=True, **query)
                assert [one.slug async for one in again.resume(walk.cursor)] == expected[4:]

            repo = await bb.repositories.get("acme", "site")
            usual = [one.hash async for one in repo.commits(pagelen=2)]  # cursors, no numbers
            assert [one.hash async for one in repo.commits(pagelen=2, concurrency=5)] == usual


async def test_the_size_of_a_list_is_one_request() -> None:
    """The filter counts, what cannot be counted is None, and no item is sent for it."""
    async with FakeBitbucket(repositories=35) as fake:
        auth = BasicAuth(fake.email, fake.api_token)
        async with Bitbucket(auth, base_url=fake.url) as bb:
            assert await bb.repositories.list("acme").size() == 35
            assert (len(fake.requests), fake.requests[0].query) == (1, "pagelen=1&fields=size")
            wanted = F.name == "site"
            assert await bb.repositories.list("acme", q=wanted, page=1).size() == 1
            repo = await bb.repositories.get("acme", "site")
            assert await repo.commits().size() is None
            fake.store.sizeless.add("/repositories/acme")
            assert await bb.repositories.list("acme").size() is None
            first = await bb.repositories.list("acme", sort="-name", fields="values.slug").first()
            assert first is not None
            assert "&pagelen=1" in fake.requests[-1].query
