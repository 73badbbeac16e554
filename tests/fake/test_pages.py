"""Both kinds of pages, over a socket."""

from datetime import datetime

import pytest

from bbasync.fake import FakeBitbucket
from bbasync.fake.state.pulls import PullRequests
from tests.fake.conftest import Asker


async def test_a_numbered_page_has_the_whole_envelope(ask: Asker) -> None:
    """A numbered page tells its number, its length and the size of the list."""
    page = (await ask("/repositories/acme?page=2&pagelen=5")).json
    assert (page["page"], page["pagelen"], page["size"]) == (2, 5, 12)
    assert len(page["values"]) == 5
    assert page["next"] == f"{ask.fake.url}/repositories/acme?pagelen=5&page=3"
    assert page["previous"] == f"{ask.fake.url}/repositories/acme?pagelen=5&page=1"


async def test_next_keeps_every_parameter_as_it_came(ask: Asker) -> None:
    """The address of the next page repeats the parameters, encoded as they were sent."""
    query = "q=is_private%3Dtrue&sort=-name&fields=%2Bvalues.parent&pagelen=2"
    page = (await ask(f"/repositories/acme?{query}")).json
    assert page["next"] == f"{ask.fake.url}/repositories/acme?{query}&page=2"


async def test_walking_gives_everything_once(ask: Asker) -> None:
    """Following `next` gives each repository once."""
    names = [one["slug"] for one in await ask.walk("/repositories/acme?pagelen=5")]
    assert len(names) == len(set(names)) == 12


@pytest.mark.parametrize("page", ["0", "-1", "x", "2/", "", "9" * 5000, "1&page=2"])
async def test_a_malformed_page_is_refused(ask: Asker, page: str) -> None:
    """Whatever is no number from one on, or is given twice, is no page."""
    answer = await ask(f"/repositories/acme?page={page}")
    assert answer.status == 400
    assert answer.json == {"type": "error", "error": {"message": "Invalid page"}}


@pytest.mark.parametrize("pagelen", ["0", "101", "x", "10&pagelen=10"])
async def test_a_malformed_pagelen_is_refused(ask: Asker, pagelen: str) -> None:
    """A page has from 1 to 100 items, told once."""
    answer = await ask(f"/repositories/acme?pagelen={pagelen}")
    assert (answer.status, answer.message) == (400, "Invalid pagelen")


async def test_pull_requests_come_fifty_at_most(ask: Asker) -> None:
    """Pull requests refuse a length above 50, in a body without a type."""
    answer = await ask("/repositories/acme/site/pullrequests?pagelen=51")
    assert answer.status == 400
    assert answer.json == {"error": {"message": "Invalid pagelen"}}
    assert (await ask("/repositories/acme/site/pullrequests?pagelen=50")).status == 200


async def test_beyond_the_end_is_an_empty_page(ask: Asker) -> None:
    """A page after the last one has no values and no `next`."""
    page = (await ask("/repositories/acme?page=99")).json
    assert page["values"] == []
    assert "next" not in page


@pytest.mark.parametrize(
    ("path", "pagelen"),
    [
        ("/repositories/acme", 10),
        ("/workspaces/acme/members", 50),
        ("/workspaces/acme/permissions", 50),
        ("/user/workspaces", 50),
    ],
)
async def test_the_usual_length_depends_on_the_list(ask: Asker, path: str, pagelen: int) -> None:
    """Most lists have ten items a page, lists of members and workspaces fifty."""
    assert (await ask(path)).json["pagelen"] == pagelen


@pytest.mark.parametrize("path", ["refs/tags", "src", "pullrequests/1/commits", "refs"])
async def test_cursors_are_opaque(ask: Asker, path: str) -> None:
    """Lists with cursors tell neither size nor number, and their cursors are no numbers."""
    page = (await ask(f"/repositories/acme/site/{path}?pagelen=2")).json
    assert set(page) == {"pagelen", "values", "next"}
    cursor = page["next"].rpartition("page=")[2]
    assert len(cursor) == 4
    values = await ask.walk(f"/repositories/acme/site/{path}?pagelen=2")
    whole = (await ask(f"/repositories/acme/site/{path}?pagelen=100")).json["values"]
    assert values == whole
    wrong = await ask(f"/repositories/acme/site/{path}?page=2")
    assert (wrong.status, wrong.message) == (400, "Invalid page")


async def test_commits_need_their_context(ask: Asker) -> None:
    """Later pages of commits carry a context; without it a number is refused."""
    page = (await ask("/repositories/acme/site/commits?pagelen=10")).json
    assert set(page) == {"pagelen", "values", "next"}
    assert "ctx=" in page["next"]
    assert page["next"].endswith("page=2")
    hashes = [one["hash"] for one in await ask.walk("/repositories/acme/site/commits?pagelen=10")]
    assert len(hashes) == len(set(hashes)) > 20
    assert (await ask("/repositories/acme/site/commits?page=2")).status == 400


async def test_a_list_can_be_told_to_send_no_next(ask: Asker, fake: FakeBitbucket) -> None:
    """A list named in the store sends no `next`, although its size says there is more."""
    fake.store.nextless.add("/permissions-config/groups")
    path = "/workspaces/acme/projects/PLAT/permissions-config/groups"
    page = (await ask(f"{path}?pagelen=1")).json
    assert "next" not in page
    assert page["size"] > 1
    assert (await ask(f"{path}?pagelen=1&page=2")).json["values"]


async def test_next_keeps_the_uuid_of_a_workspace(ask: Asker, fake: FakeBitbucket) -> None:
    """Who addresses a workspace by uuid gets next pages by uuid, encoded."""
    uuid = fake.store.workspaces["acme"].uuid
    encoded = uuid.replace("{", "%7B").replace("}", "%7D")
    for sent in (uuid, encoded):
        page = (await ask(f"/repositories/{sent}?pagelen=1")).json
        assert page["next"] == f"{fake.url}/repositories/{encoded}?pagelen=1&page=2"


async def test_filters_count_in_the_size(ask: Asker) -> None:
    """The size of a filtered list is the number of matches."""
    page = (await ask("/repositories/acme?q=is_private%3Dfalse")).json
    assert page["size"] == len(page["values"]) == 2
    assert not any(one["is_private"] for one in page["values"])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("q=nope%3D1", 'Field ".nope" does not support filtering'),
        ("sort=nope", 'Field ".nope" does not support sorting'),
        ("sort=name,slug", 'Field ".name,slug" does not support sorting'),
        (f"q=size%3D{'9' * 5000}", "Exceeds the limit (4300 digits)"),
        ("q=state%3DOPEN", "Expected a value, not 'OPEN'"),
    ],
)
async def test_bad_filters_and_orders_are_refused(ask: Asker, query: str, message: str) -> None:
    """What cannot be filtered or sorted by is a bad request that names the field."""
    answer = await ask(f"/repositories/acme?{query}")
    assert (answer.status, answer.message[: len(message)]) == (400, message)


async def test_lists_are_sorted_both_ways(ask: Asker) -> None:
    """A minus turns the order round."""
    up = [r["name"] for r in await ask.walk("/repositories/acme?sort=name")]
    down = [r["name"] for r in await ask.walk("/repositories/acme?sort=-name")]
    assert up == sorted(up) == down[::-1]


async def test_times_are_sorted_as_what_they_are(ask: Asker, fake: FakeBitbucket) -> None:
    """Whatever zone each is told in."""
    (one, *_), times = fake.store.repositories(), ("T10:00:00+02:00", "T09:00:00+00:00")
    for made, when in zip(fake.store.part(one, PullRequests), times, strict=False):
        made.created_on = f"2020-01-01{when}"
    path = f"/repositories/{one.full_name}/pullrequests?state=OPEN&state=MERGED&sort=created_on"
    found = [datetime.fromisoformat(one["created_on"]) for one in await ask.walk(path)]
    assert found == sorted(found)
    assert found[0].isoformat() == "2020-01-01T10:00:00+02:00"


@pytest.mark.parametrize("path", ["permissions-config/groups", "permissions-config/users"])
async def test_explicit_grants_ignore_filters(ask: Asker, path: str) -> None:
    """Lists of explicit grants take no notice of `q`, not even of a wrong one."""
    plain = (await ask(f"/repositories/acme/api/{path}")).json
    assert (await ask(f"/repositories/acme/api/{path}?q=nonsense%28")).json == plain
    assert plain["values"]


async def test_environments_are_not_filtered(ask: Asker) -> None:
    """A filter is taken without a word, and changes nothing."""
    home = "/repositories/acme/site/environments"
    assert await ask.walk(f"{home}?q=name%3D%22Nowhere%22") == await ask.walk(home) != []
