"""Branches and tags, files, commits and what differs between them, downloads."""

from __future__ import annotations

from typing import Any

from bbasync import Bitbucket
from bbasync.fake import FakeBitbucket
from bbasync.resources import Branch, Commit, CommitComment, Content, Inline, Tag
from bbasync.wire.body import Body, Part

from . import Cases

SITE = ("acme", "site")
REMARK = CommitComment(content=Content(raw="Why?"), inline=Inline(path="README.md", to=2))
FILE = Body.of_parts(
    [Part("/new.txt", b"new\n", filename="new.txt"), Part("message", "Add a file")]
)


async def _refs(client: Bitbucket, _: FakeBitbucket) -> dict[str, str]:
    target = {"hash": "HEAD"}
    await client.refs.create_branch(*SITE, {"name": "feature/a#b", "target": target})
    await client.refs.create_tag(*SITE, {"name": "rc/1#2", "target": target})
    names = dict.fromkeys(("get_branch.name", "delete_branch.name"), "feature/a#b")
    tags = dict.fromkeys(("get_tag.name", "delete_tag.name"), "rc/1#2")
    return {"workspace": "acme", "repo_slug": "site", **names, **tags}


async def _source(_: Bitbucket, __: FakeBitbucket) -> dict[str, str]:
    return {
        "workspace": "acme",
        "repo_slug": "site",
        "commit": "main",
        "path": "docs/guide/first steps.md",
    }


async def _commits(client: Bitbucket, _: FakeBitbucket) -> dict[str, str]:
    """Two branches that changed the same file, and a commit with two remarks of the caller's."""
    for branch in ("mine", "theirs"):
        await client.source.commit(*SITE, {"README.md": branch, branch: "x\n"}, branch=branch)
    newest = await client.source.commit(*SITE, {"a.txt": "a\n", "b.txt": "b\n"})
    commit = str(newest.hash)
    await client.commits.create_comment(*SITE, commit, REMARK)
    remark = await client.commits.create_comment(*SITE, commit, REMARK)
    await client.commits.approve(*SITE, commit)
    return {
        "workspace": "acme",
        "repo_slug": "site",
        "commit": commit,
        "revision": "main",
        "comment_id": str(remark.id),
        "spec": commit,
        "list_file_conflicts.spec": "mine..theirs",
        "revspec": "mine..theirs",
    }


async def _downloads(client: Bitbucket, _: FakeBitbucket) -> dict[str, str]:
    await client.downloads.upload(*SITE, {"notes #1?.txt": "notes\n"})
    return {"workspace": "acme", "repo_slug": "site", "filename": "notes #1?.txt"}


async def _remark(bb: Bitbucket) -> Any:
    return await bb.commits.list_comments(*SITE, "main").first()


CASES = Cases(
    groups={"commits": _commits, "downloads": _downloads, "refs": _refs, "source": _source},
    bodies={
        "commits.create_comment": REMARK,
        "commits.update_comment": CommitComment(content=Content(raw="Because.")),
        "downloads.create": Body.of_parts([Part("files", b"x", filename="x.txt")]),
        "refs.create_branch": Branch(name="new", target=Commit(hash="HEAD")),
        "refs.create_tag": Tag(name="new", target=Commit(hash="HEAD"), message="New"),
        "source.create": FILE,
    },
    deleted=(
        ("commits.delete_comment", "commits.get_comment"),
        ("refs.delete_branch", "refs.get_branch"),
        ("refs.delete_tag", "refs.get_tag"),
        ("downloads.delete", "downloads.get"),
    ),
    found={"CommitComment": _remark},
    linkless=frozenset({"CommitTexts", "Content", "DiffStat", "FileConflict", "Inline"}),
    abstract=frozenset({"Comment"}),
    bytes_=frozenset({("CommitComment", "code")}),
)
