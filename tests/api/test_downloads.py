"""Uploading to the downloads section, and reading from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.errors import ArgumentError
from bbasync.fake import FakeBitbucket

SITE = ("acme", "site")


async def test_files_are_uploaded_by_name_and_replaced(bb: Bitbucket) -> None:
    """Several go in one request; one of the same name takes the other's place."""
    await bb.downloads.upload(*SITE, {"a#1?.txt": "first", "b.bin": b"\x00\xff"})
    await bb.downloads.upload(*SITE, {"a#1?.txt": "second"})
    assert await bb.downloads.get(*SITE, "a#1?.txt") == b"second"
    [found] = [one async for one in bb.downloads.list(*SITE) if one.name == "b.bin"]
    assert (found.size, await found.read()) == (2, b"\x00\xff")


async def test_files_are_uploaded_by_path(bb: Bitbucket, tmp_path: Path) -> None:
    """A file keeps its name, and progress is told to the last byte."""
    paths = [tmp_path / "one.txt", tmp_path / "two.txt"]
    for path in paths:
        path.write_bytes(path.name.encode() * 50_000)
    told: list[tuple[int, int]] = []
    await bb.downloads.upload(*SITE, paths, progress=lambda *sent: told.append(sent))
    await bb.downloads.upload(*SITE, paths[0])
    assert await bb.downloads.get(*SITE, "two.txt") == b"two.txt" * 50_000
    assert len(told) > 5
    assert told[-1][0] == told[-1][1] > 700_000


async def test_a_download_is_fetched_without_the_credential(
    fake: FakeBitbucket, bb: Bitbucket, tmp_path: Path
) -> None:
    """The storage refuses whoever shows one; a part can be asked for there."""
    one = await bb.downloads.list(*SITE).first()
    assert one is not None
    name = str(one.name)
    size = await bb.downloads.get(*SITE, name).save(tmp_path / "got")
    whole = (tmp_path / "got").read_bytes()
    assert size == len(whole) == one.size
    assert await bb.downloads.get(*SITE, name).starting_at(100) == whole[100:]
    sent = [one.authorized for one in fake.requests if one.path.startswith("/storage/")]
    assert sent == [False, False]


@pytest.mark.parametrize("name", ["..", ".", ""])
async def test_deleting_a_name_that_is_no_file_is_refused(
    fake: FakeBitbucket, bb: Bitbucket, name: str
) -> None:
    """Nothing is sent: such an address would be the repository's own."""
    with pytest.raises(ArgumentError, match="filename can't be"):
        await bb.downloads.delete(*SITE, name)
    assert fake.requests == []
    assert fake.store.find_repository("acme", "site") is not None


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "nothing to upload"),
        ([], "nothing to upload"),
        ("notes.txt", "a mapping of names to contents, or paths"),
        ({"a/b.txt": b""}, "can't be the name of a download"),
        ({"..": b""}, "can't be the name of a download"),
        (["x/same.txt", "y/same.txt"], "the same name"),
        (None, "a mapping of names to contents, or paths"),
        ([5], "5 is no path"),
        ({"\ud800": b""}, "surrogates not allowed"),
    ],
)
async def test_what_names_no_file_is_not_uploaded(
    fake: FakeBitbucket, bb: Bitbucket, files: Any, said: str
) -> None:
    """The mistake is named before anything is sent."""
    with pytest.raises(ArgumentError, match=said):
        await bb.downloads.upload(*SITE, files)
    assert fake.requests == []
