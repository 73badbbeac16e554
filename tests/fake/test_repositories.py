"""Repositories and their webhooks: what they look like, and how they change."""

import pytest

from bbasync.fake import FakeBitbucket
from tests.fake.conftest import Asker

SITE = "/repositories/acme/site"


async def test_a_repository_looks_like_one(ask: Asker, fake: FakeBitbucket) -> None:
    """A repository has all its fields and links and a usual weight."""
    answer = await ask(SITE)
    one = answer.json
    assert {"uuid", "slug", "owner", "workspace", "project", "mainbranch", "parent"} <= set(one)
    assert set(one["links"]) == {
        *("self", "html", "avatar", "pullrequests", "commits", "forks", "watchers"),
        *("branches", "tags", "downloads", "source", "clone", "issues", "hooks"),
    }
    assert [entry["name"] for entry in one["links"]["clone"]] == ["https", "ssh"]
    assert one["owner"]["type"] == "team"
    assert 2400 < len(answer.body) < 3600
    assert one["created_on"].endswith("+00:00")
    assert one["links"]["self"]["href"] == f"{fake.url}{SITE}"


async def test_a_repository_is_found_by_every_name(ask: Asker, fake: FakeBitbucket) -> None:
    """Slugs go in any case, uuids with or without braces, an empty owner finds any uuid."""
    place = fake.store.workspaces["acme"]
    bare, owner = place.repositories["site"].uuid[1:-1], place.uuid[1:-1]
    for name in ("ACME/Site", f"acme/%7B{bare}%7D", f"%7B%7D/%7B{bare}%7D", f"%7B{owner}%7D/site",
                 f"{owner}/{bare}"):  # fmt: skip
        assert (await ask(f"/repositories/{name}")).json["full_name"] == "acme/site"


async def test_a_repository_is_made_and_found(ask: Asker, fake: FakeBitbucket) -> None:
    """A new repository is answered 201 with its address, and is empty."""
    answer = await ask("/repositories/acme/new-one", "POST", json={"is_private": False})
    assert answer.status == 201
    assert answer.json["mainbranch"] is None
    root = fake.url.removesuffix("/2.0")
    assert answer.headers["Location"] == f"{root}/!api/2.0/repositories/acme/new-one"
    found = (await ask(answer.headers["Location"])).json
    assert found["uuid"] == answer.json["uuid"]
    assert (await ask("/repositories/acme/new-one")).json == answer.json
    assert (await ask("/repositories/acme/new-one/commits")).json["values"] == []
    assert (await ask("/repositories/acme/new-one/src")).status == 404


async def test_a_name_is_given_once(ask: Asker) -> None:
    """A second repository of the same name is refused, with the words under the field."""
    answer = await ask(SITE, "POST", json={})
    assert answer.status == 400
    taken = {"name": ["You already have a repository with this name."]}
    assert answer.json["error"]["fields"] == taken


async def test_renaming_moves_a_repository(ask: Asker) -> None:
    """A new name changes the address, which the answer tells; the old one leads nowhere."""
    answer = await ask(SITE, "PUT", json={"name": "My Site", "description": "d"})
    assert (answer.status, answer.json["slug"]) == (200, "my_site")
    assert answer.headers["Location"].endswith("/repositories/acme/my_site")
    assert (await ask(SITE)).status == 404
    assert (await ask("/repositories/acme/my_site")).json["description"] == "d"


async def test_changing_keeps_what_is_not_sent(ask: Asker) -> None:
    """A change without a name has no new address, and other fields stay."""
    before = (await ask(SITE)).json
    answer = await ask(SITE, "PUT", json={"description": "other"})
    assert "Location" not in answer.headers
    changed = {k for k in before if before[k] != answer.json[k]}
    assert changed == {"description", "updated_on"}


async def test_putting_makes_what_is_missing(ask: Asker) -> None:
    """PUT makes a repository where there is none."""
    assert (await ask("/repositories/acme/fresh", "PUT", json={})).status == 201


async def test_deleting_is_for_administrators(ask: Asker, fake: FakeBitbucket) -> None:
    """Who may only read is refused; an administrator's repository is gone at once."""
    uuid = fake.account("outsider").uuid
    fake.store.workspaces["acme"].repositories["site"].users[uuid] = "read"
    assert (await ask(SITE, "DELETE", auth="outsider")).status == 403
    answer = await ask(f"{SITE}?redirect_to=https%3A%2F%2Fexample.com", "DELETE")
    assert (answer.status, answer.body) == (204, b"")
    assert (await ask(SITE, "DELETE")).status == 404


async def test_forks_know_their_parent(ask: Asker) -> None:
    """A fork has a parent and its history, and is listed with the parent's forks."""
    answer = await ask(f"{SITE}/forks", "POST", json={"name": "site-copy"})
    assert answer.status == 201
    assert answer.json["parent"]["full_name"] == "acme/site"
    assert answer.headers["Location"].endswith("/acme/site-copy")
    names = [one["name"] for one in await ask.walk(f"{SITE}/forks")]
    assert names == ["site-copy"]
    assert (await ask(f"{SITE}/forks", "POST", json={})).status == 400
    public = await ask(f"{SITE}/forks", "POST", json={"name": "open", "is_private": False})
    assert public.status == 400
    assert (await ask("/repositories/acme/open")).status == 404


@pytest.mark.parametrize(
    ("role", "expected"), [("admin", 12), ("contributor", 12), ("member", 12), ("owner", 12)]
)
async def test_roles_choose_repositories(ask: Asker, role: str, expected: int) -> None:
    """A role narrows the list down to what the caller was given; being public does not count."""
    assert (await ask(f"/repositories/acme?role={role}")).json["size"] == expected
    assert (await ask("/repositories/acme?role=owner", auth="member")).json["size"] == 0
    assert (await ask("/repositories/acme?role=boss")).status == 400


async def test_settings_can_be_overridden(ask: Asker) -> None:
    """Which settings a repository overrides can be read and set."""
    path = f"{SITE}/override-settings"
    body = {"override_settings": {"branching_model": False}}
    assert (await ask(path, "PUT", json=body)).status == 204
    state = (await ask(path)).json
    assert state["type"] == "repository_inheritance_state"
    assert state["override_settings"]["branching_model"] is False
    assert state["override_settings"]["default_merge_strategy"] is True


@pytest.mark.parametrize("place", [SITE, "/workspaces/acme"])
async def test_a_hook_keeps_its_secret(ask: Asker, place: str) -> None:
    """A secret is never sent back; left out it stays, null or nothing removes it."""
    body = {"url": "https://example.com/x", "events": ["repo:push"], "secret": "s3"}
    made = await ask(f"{place}/hooks", "POST", json=body)
    assert made.status == 201
    assert "secret" not in made.json
    assert made.json["secret_set"] is True
    bare = made.json["uuid"][1:-1]
    for change, is_set in (({"active": False}, True), ({"secret": ""}, False),
                           ({"secret": "t"}, True), ({"secret": None}, False)):  # fmt: skip
        answer = await ask(f"{place}/hooks/{bare}", "PUT", json=change)
        assert answer.json["secret_set"] is is_set
    assert answer.json["active"] is False
    own = answer.json["links"]["self"]["href"]
    assert (await ask(own)).json == answer.json
    assert (await ask(own, "DELETE")).status == 204
    gone = await ask(f"{place}/hooks/{bare}")
    assert (gone.status, gone.message) == (404, f"{bare} is not a valid hook")


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://example.com", "events": []},
        {"url": "https://example.com"},
        {"events": ["repo:push"]},
        {"url": "https://example.com", "events": ["repo:sneeze"]},
        {"url": "https://example.com", "events": [{}]},
        {"url": "https://example.com", "events": ["repo:push"], "secret": 5},
        {"url": "https://example.com", "events": ["repo:push"], "secret": "x" * 129},
    ],
)
async def test_a_hook_needs_an_address_and_an_event(ask: Asker, body: object) -> None:
    """A hook without address, without event, or with an unknown one is refused."""
    assert (await ask(f"{SITE}/hooks", "POST", json=body)).status == 400
    assert (await ask(f"{SITE}/hooks")).json["size"] == 1


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/repositories", 2770),
        ("/workspaces", 2770),
        ("/user/permissions/workspaces", 2770),
        ("/user/permissions/repositories", 2770),
        ("/snippets", 2770),
        (f"{SITE}/issues", 3401),
        (f"{SITE}/issues/3", 3401),
        (f"{SITE}/components", 3401),
        (f"{SITE}/milestones", 3401),
        (f"{SITE}/versions", 3401),
    ],
)
async def test_what_was_removed_says_where(ask: Asker, path: str, change: int) -> None:
    """Removed operations tell the announcement, in two places."""
    answer = await ask(path)
    url = f"https://developer.atlassian.com/changelog/#CHANGE-{change}"
    assert answer.status == 410
    assert answer.json["data"] == answer.json["error"]["data"] == {"announcement_url": url}
