"""Branches and tags whose names are odd."""

from __future__ import annotations

from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.errors import ArgumentError, BadRequestError, NotFoundError
from bbasync.fake import FakeBitbucket
from bbasync.model.make import from_wire
from bbasync.resources import Branch, Commit, Tag

SITE = ("acme", "site")


async def test_a_branch_with_a_sign_in_its_name_is_deleted_and_no_other(bb: Bitbucket) -> None:
    """``feature/a#b`` is one branch and ``feature/a`` another, in reading and in deleting."""
    for name in ("feature/a", "feature/a#b", "feature/ä%23"):
        made = await bb.refs.create_branch(*SITE, Branch(name=name, target=Commit(hash="develop")))
        assert made.name == (await bb.refs.get_branch(*SITE, name)).name == name
    await bb.refs.delete_branch(*SITE, "feature/a#b")
    left = [one.name async for one in bb.refs.list_branches(*SITE)]
    assert "feature/a#b" not in left
    assert {"feature/a", "feature/ä%23"} <= set(left)


@pytest.mark.parametrize("name", ["x/../../..", "a?b", "main?x=/..", "a/./b"])
async def test_a_name_stays_one_part_of_the_address(
    fake: FakeBitbucket, bb: Bitbucket, name: str
) -> None:
    """Nothing in a name leads to another address: the branch is not found, nothing is deleted."""
    with pytest.raises(NotFoundError):
        await bb.refs.delete_branch(*SITE, name)
    [sent] = fake.requests
    inside = sent.path.removeprefix("/2.0/repositories/acme/site/refs/branches/")
    assert inside != sent.path
    assert not {"/", "?"} & set(inside)
    assert fake.store.find_repository("acme", "site") is not None


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_a_name_that_is_no_name_is_not_sent(
    fake: FakeBitbucket, bb: Bitbucket, name: str
) -> None:
    """What would address the list, or something above it, is refused."""
    for delete in (bb.refs.delete_branch, bb.refs.delete_tag):
        with pytest.raises(ArgumentError, match="name can't be"):
            await delete(*SITE, name)
    assert fake.requests == []


async def test_a_tag_always_has_a_message(bb: Bitbucket) -> None:
    """The service makes one up where none was given; what was given stays."""
    target = Commit(hash=(await bb.commits.get(*SITE, "main")).hash)
    plain = await bb.refs.create_tag(*SITE, Tag(name="plain", target=target))
    said = await bb.refs.create_tag(*SITE, Tag(name="said", target=target, message="Said"))
    assert str(plain.message).startswith("Added tag plain for changeset ")
    assert (said.message, said.tagger is not None) == ("Said", True)


async def test_the_main_branch_and_second_branches_are_refused(bb: Bitbucket) -> None:
    """The service deletes no main branch and makes no branch twice."""
    with pytest.raises(BadRequestError):
        await bb.refs.delete_branch(*SITE, "main")
    with pytest.raises(BadRequestError, match="already exists"):
        await bb.refs.create_branch(*SITE, {"name": "develop", "target": {"hash": "main"}})


async def test_names_are_sorted_as_people_count(bb: Bitbucket) -> None:
    """Version 2 comes before version 10."""
    names = [one.name async for one in bb.refs.list_tags(*SITE, sort="name")]
    assert names.index("v2.0.0") < names.index("v10.0.0")


async def test_the_commits_of_every_branch_and_tag_can_be_walked(bb: Bitbucket) -> None:
    """Of those with slashes too, whose own link the service does not find."""
    async for one in bb.refs.list(*SITE):
        first = await one.commits().first()
        assert first is not None
        assert first.hash == (one.target and one.target.hash), one.name
    slashed = await bb.refs.get_branch(*SITE, "feature/login-page")
    with pytest.raises(NotFoundError):
        assert [each async for each in slashed.rel("commits")]
    cut = await bb.refs.get_branch(*SITE, "feature/login-page", fields="links,name")
    with pytest.raises(NotFoundError):
        await cut.commits().first()


async def test_a_link_with_its_slash_encoded_is_mended_too(recorder: Any) -> None:
    """The service finds nothing under it either, so that the hash stands in for the name."""
    sender = recorder({"values": []})
    target = "ab" * 20
    address = "https://api.bitbucket.org/2.0/repositories/acme/site/commits"
    links = {"commits": {"href": f"{address}/feature%2Flogin-page"}}
    sent = {"type": "branch", "target": {"hash": target}, "links": links}
    assert await from_wire(sent, Branch, sender).commits().first() is None
    assert [one.address for one in sender.requests] == [f"{address}/{target}"]
