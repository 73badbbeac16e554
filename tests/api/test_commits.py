"""Commits, what differs between them, and what is said about them."""

from __future__ import annotations

from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.errors import NotFoundError
from bbasync.fake import FakeBitbucket
from bbasync.resources import CommitComment, Content

SITE = ("acme", "site")


async def test_a_selection_too_long_for_an_address_goes_in_a_form(
    fake: FakeBitbucket, bb: Bitbucket
) -> None:
    """Hundreds of commits are excluded over several pages; short selections stay in the address."""
    hashes = [str(one.hash) async for one in bb.commits.list(*SITE, include="main")]
    unwanted = hashes[9:] * 4
    found = [one.hash async for one in bb.commits.list(*SITE, exclude=unwanted, pagelen=4)]
    assert found == hashes[:9]
    sent = [(one.method, len(one.query) > 4000) for one in fake.requests[-3:]]
    assert sent == [("POST", False), ("GET", False), ("GET", False)]
    assert [
        one.hash async for one in bb.commits.list_from(*SITE, "main", exclude=unwanted, pagelen=100)
    ] == hashes[:9]
    assert fake.requests[-1].method == "POST"
    await bb.commits.list(*SITE, exclude=hashes[9:20]).first()
    assert fake.requests[-1].method == "GET"


async def test_a_form_is_sent_again_after_a_lost_answer(serve: Any, say: Any, client: Any) -> None:
    """The form only reads, so that it is repeated as a GET would be."""
    server = await serve(say(502), say(200, {"values": []}))
    bb = await client(server.url)
    assert await bb.commits.list_by_form(*SITE, include=["main"]).all() == []
    assert [one.method for one in server.heard] == ["POST", "POST"]


async def test_commits_of_a_path_are_those_that_changed_it(bb: Bitbucket) -> None:
    """A path keeps the commits that touched a file, or anything in a directory."""
    file = await bb.source.commit(*SITE, {"lib/a.txt": "a"})
    await bb.source.commit(*SITE, {"other.txt": "b"})
    for path in ("lib", "lib/a.txt"):
        assert [one.hash async for one in bb.commits.list(*SITE, path=path)] == [file.hash]


async def test_a_diff_is_bytes_in_whatever_encoding(bb: Bitbucket) -> None:
    """Text that is no UTF-8 comes through diffs and patches byte by byte."""
    latin = "größe\n".encode("latin-1")
    made = await bb.source.commit(*SITE, {"latin.txt": latin}, message="Füge hinzu")
    whole = await made.self_()
    assert b"+" + latin in await bb.commits.diff(*SITE, str(made.hash))
    assert b"+" + latin in await bb.commits.patch(*SITE, str(made.hash))
    assert b"+" + latin in await whole.diff()
    assert "Füge hinzu".encode() in await whole.patch()


async def test_two_commits_are_compared_newer_first(bb: Bitbucket) -> None:
    """``newer..older`` shows what newer has; by default since the two parted."""
    await bb.source.commit(*SITE, {"ours.txt": "ours\n"}, branch="ours")
    await bb.source.commit(*SITE, {"theirs.txt": "theirs\n"}, branch="main")
    stats = [one async for one in bb.commits.diffstat(*SITE, "ours..main")]
    assert [(one.status, one.lines_added, one.old) for one in stats] == [("added", 1, None)]
    assert stats[0].new is not None
    assert stats[0].new.path == "ours.txt"
    assert await stats[0].new.read() == b"ours\n"
    plain = await bb.commits.diff(*SITE, "ours..main", topic=False)
    assert b"-theirs" in plain
    assert b"theirs" not in await bb.commits.diff(*SITE, "ours..main")
    assert await bb.commits.diff(*SITE, "ours..main", path=["none.txt"]) == b""


async def test_the_older_end_may_stand_behind_a_return(fake: FakeBitbucket, bb: Bitbucket) -> None:
    """The form with a repository before the commits keeps its return, slash and colon."""
    site = "acme/site"
    spec = f"{site}:main\rdevelop"
    assert await bb.commits.diff(*SITE, spec) == await bb.commits.diff(*SITE, "main..develop")
    assert "/diff/acme%2Fsite%3Amain%0Ddevelop" in fake.requests[0].path
    assert fake.requests[1].path.endswith("/diff/main..develop")


async def test_what_both_sides_changed_conflicts(bb: Bitbucket) -> None:
    """A file that two branches changed differently conflicts, one changed alike does not."""
    same = {"same.txt": "same\n"}
    await bb.source.commit(*SITE, {"README.md": "mine\n", **same}, branch="mine")
    await bb.source.commit(*SITE, {"README.md": "theirs\n", **same}, branch="theirs")
    found = [one.path async for one in bb.commits.list_file_conflicts(*SITE, "mine..theirs")]
    assert found == ["README.md"]
    base = await bb.commits.get_merge_base(*SITE, "mine..theirs")
    assert base.hash == (await bb.commits.get(*SITE, "main")).hash


async def test_an_approval_is_kept_until_it_is_taken_back(bb: Bitbucket) -> None:
    """Who approved is among the commit's participants; the link does the same."""
    made = await (await bb.source.commit(*SITE, {"a": "1"})).self_()
    mine = await made.approve()
    assert (mine.approved, mine.state) == (True, "approved")
    [seen] = (await made.self_()).participants or ()
    assert seen.approved
    await bb.commits.unapprove(*SITE, str(made.hash))
    assert (await made.self_()).participants == ()


async def test_a_comment_that_was_answered_stays_when_deleted(bb: Bitbucket) -> None:
    """It is blank and says that it is deleted; one without an answer is gone."""
    commit = str((await bb.source.commit(*SITE, {"a": "1"})).hash)
    first = await bb.commits.create_comment(*SITE, commit, CommitComment(content=Content(raw="?")))
    answer = await bb.commits.create_comment(
        *SITE, commit, {"content": {"raw": "!"}, "parent": {"id": first.id}}
    )
    changed = await bb.commits.update_comment(
        *SITE, commit, int(answer.id or 0), CommitComment(content=Content(raw="!!"))
    )
    assert changed.content is not None
    assert changed.content.raw == "!!"
    await bb.commits.delete_comment(*SITE, commit, int(first.id or 0))
    seen = [(one.id, one.deleted) async for one in bb.commits.list_comments(*SITE, commit)]
    assert seen == [(first.id, True), (answer.id, False)]
    await bb.commits.delete_comment(*SITE, commit, int(answer.id or 0))
    with pytest.raises(NotFoundError):
        await bb.commits.get_comment(*SITE, commit, int(answer.id or 0))
