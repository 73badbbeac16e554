"""Bytes until they are read: nothing is lost or changed by how much is decoded, and when."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbasync import Resource, resources
from bbasync.errors import DecodingError
from bbasync.model.make import from_wire
from bbasync.model.reply import pager_of
from bbasync.model.shape import fields_of, nested_in, wire_name
from bbasync.resources import (
    Account,
    AppUser,
    PullRequest,
    Repository,
    RepositoryPermission,
    User,
    WorkspaceMembership,
)
from bbasync.wire.message import Request

ADA = {"type": "user", "display_name": "Ada", "uuid": "{a}", "nickname": "ada", "new": [1]}
SITE = {"type": "repository", "full_name": "acme/site", "uuid": "{s}", "links": {"self": {}}}
RIGHT = {"type": "repository_permission", "permission": "write", "user": ADA, "repository": SITE}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


async def walked(recorder: Any, kind: type[Any], *values: Any, body: bytes | None = None) -> Any:
    """The items of a page as a walk hands them out."""
    content = json.dumps({"pagelen": 100, "values": values}).encode() if body is None else body
    sender = recorder(content)
    return await pager_of(kind, sender, Request("GET", "/x")).all()


@pytest.fixture(name="recorder")
def _recorder(recorder: Any, answer: Callable[..., Any]) -> Any:
    return lambda *bodies: recorder(*(answer(body=body) for body in bodies))


async def test_one_odd_item_does_not_cost_the_page(recorder: Any) -> None:
    """Bytes that are no text are an error of the item that has them, where it is read."""
    good, bad = json.dumps(SITE).encode(), b'{"full_name": "\xff"}'
    page = b'{"values": [%b, %b, %b]}' % (good, bad, good)
    first, odd, last = await walked(recorder, Repository, body=page)
    assert first.full_name == last.full_name == "acme/site"
    for _ in range(2):
        with pytest.raises(DecodingError, match="Repository: not JSON"):
            _ = odd.full_name
        with pytest.raises(DecodingError, match="Repository: not JSON"):
            odd.to_dict()
    assert repr(first) == "<Repository acme/site>"


async def test_a_page_that_is_stricter_than_json_is_read_all_the_same(recorder: Any) -> None:
    """Half a surrogate pair and NaN are what other decoders send."""
    page = b'{"values": [{"full_name": "a\\ud800"}, {"full_name": "b", "size": NaN}]}'
    one, other = await walked(recorder, Repository, body=page)
    assert (one.full_name, other.full_name) == ("a\ud800", "b")


async def test_what_a_page_says_beside_its_values_is_kept(recorder: Any) -> None:
    """Other members cost time, and nothing else."""
    page = json.dumps({"values": [SITE], "query_substituted": True}).encode()
    pager = pager_of(Repository, recorder(page), Request("GET", "/x"))
    (found,) = [page async for page in pager.pages()]
    assert found.extra == {"query_substituted": True}
    assert found.values[0].full_name == "acme/site"


async def test_rows_are_what_came_in(recorder: Any) -> None:
    """What is decoded with its page loses nothing, at no depth, and keeps its kind."""
    other = copy.deepcopy(RIGHT) | {"user": {"type": "app_user", "display_name": "CI"}, "odd": 1}
    first, second, null = await walked(recorder, RepositoryPermission, RIGHT, other, {"user": None})
    assert (first.permission, first.repository.full_name) == ("write", "acme/site")
    assert type(first.user) is User
    assert first.user is first.user
    assert (first.user.nickname, first.user.account_id) == ("ada", None)
    assert type(second.user) is AppUser
    assert (null.user, null.repository, null.permission) == (None, None, None)
    assert first.user.to_dict() == ADA
    assert "self" not in first.repository.links
    assert [first.to_dict(), second.to_dict()] == [RIGHT, other]
    assert first.user.to_dict() == ADA  # asked again when the row has been decoded in full


async def test_a_row_of_another_type_reads_in_full(recorder: Any) -> None:
    """An account of an unknown type is an Account, and has what accounts have alone."""
    odd = {**RIGHT, "user": {**ADA, "type": "martian"}}
    (row,) = await walked(recorder, RepositoryPermission, odd)
    assert type(row.user) is Account
    assert row.user.display_name == "Ada"
    assert not hasattr(row.user, "nickname")
    assert row.user.raw["nickname"] == "ada"


async def test_an_odd_link_is_an_error_of_the_tree(recorder: Any) -> None:
    """Bytes that are no text are found late, where a link is asked for."""
    page = b'{"values": [{"links": {"html": {"href": "\xff"}}}, {"links": {"\xff": {}}}]}'
    for odd in await walked(recorder, Repository, body=page):
        with pytest.raises(DecodingError, match="not JSON"):
            _ = odd.links["html"]


async def test_an_odd_row_is_an_error_where_it_is_read(recorder: Any) -> None:
    """One value that does not fit makes a page slower, and the others are as they are."""
    odd = {**RIGHT, "user": "ada"}
    good, bad = await walked(recorder, RepositoryPermission, RIGHT, odd)
    assert good.user.display_name == "Ada"
    assert bad.permission == "write"
    with pytest.raises(DecodingError, match="user is not Account but 'ada'"):
        _ = bad.user


async def test_rows_change_and_travel_as_others_do(recorder: Any) -> None:
    """What was set is sent alone; copies and pickles have all that came in."""
    (row,) = await walked(recorder, RepositoryPermission, RIGHT)
    row.user.display_name = "Grace"
    assert row.to_body() == {"user": {**ADA, "display_name": "Grace"}}
    twin = pickle.loads(pickle.dumps(row))
    assert (twin.user.display_name, twin.to_dict()) == ("Grace", RIGHT)
    assert copy.deepcopy(row.repository).to_dict() == SITE
    del row.user.display_name
    assert (row.user.display_name, row.to_body()) == ("Ada", {})


async def test_a_resource_lets_go_of_its_page(recorder: Any) -> None:
    """Detached, it keeps its own bytes alone, and all that it said and was set to."""
    for kind, item in ((Repository, SITE | {"owner": ADA}), (RepositoryPermission, RIGHT)):
        body = json.dumps({"values": [item] * 100}).encode()
        before = sys.getrefcount(body)
        items = await walked(recorder, kind, body=body)
        kept = items[7]
        del items
        owner = kept.owner if kind is Repository else kept.user
        assert owner.display_name == "Ada"
        owner.display_name = "Grace"
        gc.collect()
        assert sys.getrefcount(body) > before
        assert kept.detach() is kept
        del owner
        gc.collect()
        assert sys.getrefcount(body) == before
        assert kept.to_dict() == item
        assert (kept.owner if kind is Repository else kept.user).display_name == "Grace"


async def test_what_was_changed_in_a_list_lets_go_too(recorder: Any) -> None:
    """A change further inside is kept, and its page is not."""
    item = {"reviewers": [ADA, ADA]}
    body = json.dumps({"values": [item] * 100}).encode()
    before = sys.getrefcount(body)
    kept: Any = (await walked(recorder, PullRequest, body=body))[0]
    kept.reviewers[1].display_name = "Grace"
    kept.detach()
    gc.collect()
    assert sys.getrefcount(body) == before
    assert [one.display_name for one in kept.reviewers] == ["Ada", "Grace"]


def test_detaching_what_was_made_by_hand_changes_nothing() -> None:
    """It came in no page."""
    made = Repository(name="site", owner=User(nickname="ada"))
    assert made.detach().to_body() == {"name": "site", "owner": {"nickname": "ada"}}
    assert made.description is None


@given(st.data())
def test_it_does_not_matter_how_it_came_and_what_is_read_first(data: st.DataObject) -> None:
    """Of any class, with any values, each field is the same value or the same error."""
    names = sorted(resources.__all__)
    kind = getattr(resources, data.draw(st.sampled_from(names)))
    fields = list(fields_of(kind))
    item = data.draw(st.dictionaries(st.sampled_from([*map(wire_name, fields), "?"]), VALUES))
    forms: list[Any] = [
        from_wire(copy.deepcopy(item), kind, None),
        from_wire(json.dumps(item).encode(), kind, None),
    ]
    assert type(forms[0]) is type(forms[1])
    for name in data.draw(st.permutations(fields)):
        assert outcome(forms[0], name) == outcome(forms[1], name)
    assert forms[0].to_dict() == forms[1].to_dict() == item
    assert forms[0].to_body() == forms[1].to_body() == {}


def outcome(made: Any, name: str) -> Any:
    """What reading a field gives: the value or the error, to compare."""
    try:
        return plain(getattr(made, name))
    except DecodingError as error:
        return str(error)


def plain(value: Any) -> Any:
    """*value* with resources as their class and what they are."""
    if isinstance(value, Resource):
        return type(value), value.to_dict()
    return tuple(map(plain, value)) if isinstance(value, tuple) else value


def test_memberships_are_rows_too() -> None:
    """What is decoded at once is chosen by how little there is beside others."""
    assert list(nested_in(WorkspaceMembership)) == ["user", "workspace"]
    assert nested_in(Repository) == nested_in(User) == {}


@pytest.mark.parametrize("reads", [True, False])
async def test_who_reads_one_page_has_the_next_decoded_in_one_pass(
    recorder: Any, *, reads: bool
) -> None:
    """Who only keeps the items has nothing but their bytes; what they say is the same."""
    pages = [
        json.dumps({"values": [SITE | {"size": n}], "next": f"/x?page={n}"}).encode()
        for n in (2, 3)
    ]
    pager = pager_of(Repository, recorder(*pages, b'{"values": []}'), Request("GET", "/x"))
    kept: list[Repository] = []
    async for repo in pager:
        assert not reads or repo.size == 2 + len(kept)
        kept.append(repo)
    assert [type(one._origin[0]) is tuple for one in kept] == [False, reads]
    assert [one.size for one in kept] == [2, 3]
    assert [one.to_dict() for one in kept] == [SITE | {"size": 2}, SITE | {"size": 3}]
