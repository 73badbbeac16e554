"""Reading files, and making commits of them."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bbasync import Bitbucket, F
from bbasync.errors import ArgumentError, ConflictError, DecodingError, NotFoundError
from bbasync.fake import FakeBitbucket
from bbasync.resources import CommitDirectory, CommitFile, Repository

SITE = ("acme", "site")


async def test_a_file_is_read_as_the_bytes_that_it_has(bb: Bitbucket) -> None:
    """Nothing of a file is decoded, be it text that is no UTF-8 or an image."""
    await bb.source.commit(*SITE, {"latin.txt": "größe\n".encode("latin-1")})
    assert await bb.source.read(*SITE, "main", "latin.txt") == b"gr\xf6\xdfe\n"
    assert (await bb.source.read(*SITE, "main", "static/logo.png")).startswith(b"\x89PNG")


async def test_directories_are_listed_from_the_root_down(bb: Bitbucket) -> None:
    """The top directory needs no path, others may end with a slash; filters and depth work."""
    top = await bb.source.list(*SITE).all()
    assert {type(one) for one in top} == {CommitFile, CommitDirectory}
    assert "docs/guide/faq.md" in [one.path async for one in bb.source.list(*SITE, max_depth=9)]
    guide = [one.path async for one in bb.source.list(*SITE, "main", "docs/guide/")]
    assert guide == ["docs/guide/first steps.md", "docs/guide/faq.md"]
    binary = bb.source.list(*SITE, max_depth=9, q=F.attributes == "binary")
    assert [one.path async for one in binary] == ["static/logo.png"]
    assert [one.path for one in top] == [one.path async for one in bb.source.list_root(*SITE)]


async def test_what_is_known_of_an_entry_comes_without_its_content(bb: Bitbucket) -> None:
    """Files and directories, the top one too, are told as JSON."""
    file = await bb.source.get_meta(*SITE, "main", "docs/guide/first steps.md")
    assert isinstance(file, CommitFile)
    assert file.size == len(await file.read()) > 0
    assert isinstance(await bb.source.get_meta(*SITE, "main", "docs"), CommitDirectory)
    root = await bb.source.get_meta(*SITE)
    assert isinstance(root, CommitDirectory)
    assert [one.path async for one in root.entries()] == [
        one.path async for one in bb.source.list(*SITE)
    ]


async def test_markup_comes_as_html(bb: Bitbucket) -> None:
    """A text can be had the way that it is shown."""
    shown = await bb.source.render(*SITE, "main", "README.md")
    assert str(shown.html).startswith("<p>README.md")


@pytest.mark.parametrize("path", ["", "/", "..", "docs/../x", "docs//x", "./x"])
async def test_a_path_that_leads_elsewhere_is_not_sent(
    fake: FakeBitbucket, bb: Bitbucket, path: str
) -> None:
    """Dots and empty parts can't turn a file's address into another one."""
    with pytest.raises(ArgumentError):
        await bb.source.read(*SITE, "main", path)
    with pytest.raises(ArgumentError):
        await bb.source.commit(*SITE, {path: b""})
    assert fake.requests == []


async def test_names_with_signs_in_them_reach_their_files(bb: Bitbucket) -> None:
    """What would end an address elsewhere is part of the name here."""
    strange = "docs/a#b?c %25;ä.md"
    await bb.source.commit(*SITE, {strange: "strange"})
    assert await bb.source.read(*SITE, "main", strange) == b"strange"
    history = await bb.source.list_history(*SITE, "main", strange).all()
    assert [one.path for one in history] == [strange]


async def test_a_commit_is_told_by_its_hash(fake: FakeBitbucket, bb: Bitbucket) -> None:
    """The new commit is the branch's tip, and costs one request; the rest of it can be fetched."""
    made = await bb.source.commit(
        *SITE, {"new.txt": "new\n"}, message="Add it", author="Ada <ada@example.com>"
    )
    assert len(fake.requests) == 1
    whole = await made.self_()
    tip = await bb.refs.get_branch(*SITE, "main")
    assert tip.target is not None
    assert made.hash == whole.hash == tip.target.hash
    assert (whole.message, whole.author and whole.author.raw) == ("Add it", "Ada <ada@example.com>")


async def test_contents_of_every_kind_are_sent_as_they_are(bb: Bitbucket, tmp_path: Path) -> None:
    """Text, bytes, files by path or open, and bytes of unknown length; with progress to the end."""
    (tmp_path / "file").write_bytes(b"by path\r\n")

    async def pieces() -> AsyncIterator[bytes]:
        yield b"piece "
        yield b"by piece"

    files: dict[str, Any] = {
        "text.txt": "tëxt",
        "/bytes.bin": b"\r\n--\x00\xff",
        "path.txt": tmp_path / "file",
        "open.txt": io.BytesIO(b"open"),
        "pieces.txt": pieces(),
    }
    told: list[tuple[int, int]] = []
    made = await bb.source.commit(*SITE, files, progress=lambda *sent: told.append(sent))
    expected = {
        "text.txt": "tëxt".encode(),
        "bytes.bin": b"\r\n--\x00\xff",
        "path.txt": b"by path\r\n",
        "open.txt": b"open",
        "pieces.txt": b"piece by piece",
    }
    commit = str(made.hash)
    assert {name: await bb.source.read(*SITE, commit, name) for name in expected} == expected
    assert told[-1][0] == told[-1][1] > sum(map(len, expected.values()))


@pytest.mark.parametrize("name", ["message", "author", "branch", "parents", "files"])
async def test_a_file_called_like_a_field_is_a_file(bb: Bitbucket, name: str) -> None:
    """A path is never taken for what is said of the commit, nor the other way round."""
    made = await bb.source.commit(*SITE, {name: "content"}, message="What is said")
    assert await bb.source.read(*SITE, str(made.hash), name) == b"content"
    assert (await made.self_()).message == "What is said"
    gone = await bb.source.commit(*SITE, deletions=[name])
    with pytest.raises(NotFoundError):
        await bb.source.read(*SITE, str(gone.hash), name)


async def test_files_are_deleted_moved_and_marked(bb: Bitbucket) -> None:
    """Deletions, executables and links are told, and marks are lost where not told again."""
    made = await bb.source.commit(
        *SITE,
        {"bin/run": "#!/bin/sh\n", "latest": "bin/run", "moved.md": "moved"},
        deletions=["README.md"],
        executables=["bin/run"],
        links=["latest"],
    )
    commit = str(made.hash)
    marks = {
        path: (await bb.source.get_meta(*SITE, commit, path)).to_dict()["attributes"]
        for path in ("bin/run", "latest", "moved.md")
    }
    assert marks == {"bin/run": ["executable"], "latest": ["link"], "moved.md": []}
    status = {str(one.status) async for one in bb.commits.diffstat(*SITE, commit)}
    assert status == {"added", "removed"}
    again = await bb.source.commit(*SITE, {"bin/run": "changed"})
    meta = await bb.source.get_meta(*SITE, str(again.hash), "bin/run")
    assert meta.to_dict()["attributes"] == []


async def test_branches_and_parents_are_kept_to(bb: Bitbucket) -> None:
    """On a branch only its tip is a parent, a new branch begins anywhere, others stay."""
    commits = await bb.commits.list(*SITE, include="main").all()
    old = str(commits[5].hash)
    with pytest.raises(ConflictError):
        await bb.source.commit(*SITE, {"a": "1"}, parents=old)
    with pytest.raises(ConflictError):
        await bb.source.commit(*SITE, {"a": "1"}, branch="develop", parents=str(commits[0].hash))
    made = await bb.source.commit(*SITE, {"a": "1"}, branch="feature/new", parents=old)
    whole = await made.self_()
    assert [parent.hash for parent in whole.parents or ()] == [old]
    moved = await bb.source.commit(*SITE, {"a": "2"}, branch="feature/new", parents=str(made.hash))
    tips = {one.name: one.target and one.target.hash async for one in bb.refs.list_branches(*SITE)}
    assert tips["feature/new"] == moved.hash
    assert tips["main"] == commits[0].hash


async def test_the_first_commit_of_a_repository_makes_its_main_branch(bb: Bitbucket) -> None:
    """An empty repository gets a root commit, and the branch that was named becomes the main."""
    await bb.repositories.create("acme", "empty", Repository(is_private=True))
    made = await bb.source.commit("acme", "empty", {"a": "1"}, branch="trunk")
    one = await bb.repositories.get("acme", "empty")
    assert one.mainbranch is not None
    assert one.mainbranch.name == "trunk"
    commits = await bb.commits.list("acme", "empty").all()
    assert [(each.hash, each.parents) for each in commits] == [(made.hash, ())]
    second = await bb.source.commit("acme", "empty")
    assert [each.hash async for each in bb.commits.list("acme", "empty")] == [
        second.hash,
        made.hash,
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"deletions": ["a"]}, "deletions: 'a' is among the files too"),
        ({"deletions": ["/a"]}, "deletions: 'a' is among the files too"),
        ({"deletions": ["b", "/b"]}, "deletions: 'b' is there twice"),
        ({"deletions": "b"}, "deletions takes several paths"),
        ({"deletions": [""]}, "deletions: '' is no path"),
        ({"deletions": ["x/"]}, "deletions: 'x/' is no path"),
        ({"deletions": ["x\ny"]}, "is no path"),
        ({"deletions": [b"x"]}, "a path is text"),
        ({"deletions": ["\ud800"]}, "surrogates not allowed"),
        ({"message": 5}, "message takes text, not 5"),
        ({"branch": "\ud800"}, "surrogates not allowed"),
        ({"executables": ["b"]}, "executables: 'b' is not among the files"),
        ({"links": ["b"]}, "links: 'b' is not among the files"),
        ({"links": ["a"], "executables": ["a"]}, "links: 'a' can't be executable too"),
        ({"parents": "main"}, "parents takes the 40 digits of one commit, not 'main'"),
    ],
)
async def test_a_commit_that_contradicts_itself_is_not_sent(
    fake: FakeBitbucket, bb: Bitbucket, given: dict[str, Any], said: str
) -> None:
    """What can't be meant is refused by name before anything is sent."""
    with pytest.raises(ArgumentError, match=said.replace("(", r"\(")):
        await bb.source.commit(*SITE, {"a": "1"}, **given)
    with pytest.raises(ArgumentError, match="files: 'a' is there twice"):
        await bb.source.commit(*SITE, {"a": "1", "/a": "2"})
    with pytest.raises(ArgumentError, match="files takes a mapping"):
        await bb.source.commit(*SITE, ["a"])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="surrogates not allowed"):
        await bb.source.commit(*SITE, {"a": "\ud800"})
    assert fake.requests == []


async def test_a_commit_of_unknown_hash_is_an_error(serve: Any, say: Any, client: Any) -> None:
    """Where the answer does not tell the commit, no hash is made up, and nothing is repeated."""
    server = await serve(say(201))
    bb = await client(server.url)
    with pytest.raises(DecodingError, match="the commit was made"):
        await bb.source.commit(*SITE, {"a": "1"})
    assert len(server.heard) == 1


async def test_a_file_kept_elsewhere_is_read_without_the_credential(
    fake: FakeBitbucket, bb: Bitbucket
) -> None:
    """A file in LFS comes from the storage, which refuses whoever shows a credential."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 26\n"
    await bb.source.commit(*SITE, {"big.bin": pointer})
    assert await bb.source.read(*SITE, "main", "big.bin") == b"what the pointer points at\n"
    [sent] = [one for one in fake.requests if one.path.startswith("/storage/")]
    assert not sent.authorized
