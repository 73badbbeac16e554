"""Branches and tags with slashes, in addresses where the service does not take them."""

from __future__ import annotations

import pytest

from bbasync import Bitbucket
from bbasync.errors import NotFoundError
from bbasync.fake import FakeBitbucket

SITE = ("acme", "site")
BRANCH, TAG = "feature/PAY-12/refunds", "snapshots/nightly"


async def test_what_has_a_slash_is_found(bb: Bitbucket) -> None:
    """Commits, files, listings, histories and comments are reached by branch and by tag."""
    await bb.source.commit(*SITE, {"only.txt": "here"}, branch=BRANCH)
    tip = (await bb.refs.get_branch(*SITE, BRANCH)).target
    assert tip is not None
    assert (await bb.commits.get(*SITE, BRANCH)).hash == tip.hash
    assert (await bb.commits.get(*SITE, commit=TAG)).hash != tip.hash
    assert await bb.source.read(*SITE, BRANCH, "only.txt") == b"here"
    assert b"".join([chunk async for chunk in bb.source.read(*SITE, BRANCH, "only.txt")]) == b"here"
    assert "only.txt" in [one.path async for one in bb.source.list(*SITE, BRANCH)]
    assert (await bb.source.get_meta(*SITE, BRANCH, "only.txt")).path == "only.txt"
    assert len(await bb.source.list_history(*SITE, BRANCH, "only.txt").all()) == 1
    await bb.commits.create_comment(*SITE, BRANCH, {"content": {"raw": "Hm."}})
    assert len(await bb.commits.list_comments(*SITE, str(tip.hash)).all()) == 1
    assert (await bb.commits.approve(*SITE, BRANCH)).approved
    await bb.commits.unapprove(*SITE, BRANCH)


async def test_a_name_is_looked_up_once_a_walk_and_anew_for_the_next(
    fake: FakeBitbucket, bb: Bitbucket
) -> None:
    """All pages of a walk are of one commit; another walk sees where the branch is by then."""
    before = await bb.source.list(*SITE, BRANCH, max_depth=9, pagelen=2).all()
    asked = [one.path for one in fake.requests if "/refs/" in one.path]
    assert asked == [f"/2.0/repositories/acme/site/refs/branches/{BRANCH.replace('/', '%2F')}"]
    await bb.source.commit(*SITE, {"later.txt": ""}, branch=BRANCH)
    after = await bb.source.list(*SITE, BRANCH, max_depth=9).all()
    assert {one.path for one in after} - {one.path for one in before} == {"later.txt"}


async def test_a_walk_by_such_a_name_can_be_resumed(bb: Bitbucket) -> None:
    """A cursor from a listing of a branch with a slash goes on where it stopped."""
    walk = bb.source.list(*SITE, BRANCH, max_depth=9, pagelen=3)
    seen = []
    async for one in walk:
        seen.append(one.path)
        if len(seen) == 4:
            break
    rest = bb.source.list(*SITE, BRANCH, max_depth=9, pagelen=3).resume(walk.cursor)
    seen += [one.path async for one in rest]
    assert seen == [one.path async for one in bb.source.list(*SITE, BRANCH, max_depth=9)]


async def test_an_unknown_name_is_the_services_own_error(bb: Bitbucket) -> None:
    """Where neither branch nor tag is called so, the service says that there is no such commit."""
    with pytest.raises(NotFoundError, match="Commit not found"):
        await bb.commits.get(*SITE, "no/such")


async def test_a_name_without_a_slash_costs_nothing(fake: FakeBitbucket, bb: Bitbucket) -> None:
    """What the service takes as it is is not looked up."""
    await bb.commits.get(*SITE, "develop")
    assert len(fake.requests) == 1


async def test_commits_from_such_a_name_need_no_look_up(fake: FakeBitbucket, bb: Bitbucket) -> None:
    """The list of commits takes names with slashes in its query, so that they go there."""
    found = [one.hash async for one in bb.commits.list_from(*SITE, BRANCH, exclude="v2.0.0")]
    assert {one.path for one in fake.requests} == {"/2.0/repositories/acme/site/commits"}
    assert found == [
        one.hash async for one in bb.commits.list(*SITE, include=BRANCH, exclude="v2.0.0")
    ]
    both = await bb.commits.list_from_by_form(*SITE, BRANCH, include=["main"]).all()
    assert len(both) > len(found)
