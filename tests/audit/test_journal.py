"""The journal's file: what is in it, who may have it, and what becomes of a damaged one."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
from pathlib import Path

import pytest

from bbasync.audit.journal import FORMAT, Journal, Kept
from bbasync.errors import ConfigurationError

BASE = "https://api.bitbucket.org/2.0"


def fill(journal: Journal) -> None:
    """Two pages of one list, the last of which is known, and one of another."""
    journal.add("a", [{"n": 1}, {"n": 2}], cursor="x", size=3, done=False)
    journal.add("b", [], cursor=None, size=0, done=True)
    journal.add("a", [{"n": 3}], cursor=None, size=3, done=True)


def names(place: Path) -> list[str]:
    """What is in a directory."""
    return sorted(one.name for one in place.iterdir())


async def begun(path: Path, base_url: str = BASE) -> Journal:
    """The journal at *path*, open."""
    journal = Journal(path)
    await journal.begin(base_url)
    return journal


async def test_what_was_kept_is_there_for_the_next_process(tmp_path: Path) -> None:
    """Rows come back page by page, with where each list stands."""
    path = tmp_path / "journal"
    with await begun(path) as journal:
        fill(journal)
        when = journal.begun_at
    with await begun(path) as journal:
        assert journal.begun_at == when
        assert journal.pages_kept == 3
        assert list(journal.pages("a")) == [[{"n": 1}, {"n": 2}], [{"n": 3}]]
        assert list(journal.pages("b")) == [[]]
        assert list(journal.pages("c")) == []
        assert journal.kept("a") == Kept(2, None, 3, done=True)
        assert journal.kept("c") == Kept()


async def test_a_list_that_was_dropped_begins_anew(tmp_path: Path) -> None:
    """In the same process and in the next one."""
    path = tmp_path / "journal"
    with await begun(path) as journal:
        fill(journal)
        journal.drop("a")
        assert journal.kept("a") == Kept()
        journal.add("a", [{"n": 9}], cursor="y", size=None, done=False)
    with await begun(path) as journal:
        assert list(journal.pages("a")) == [[{"n": 9}]]
        assert journal.kept("a") == Kept(1, "y", None, done=False)


async def test_a_torn_line_is_dropped_and_what_is_before_it_stays(tmp_path: Path) -> None:
    """Wherever the process was killed while it wrote, the file can be gone on with."""
    path = tmp_path / "journal"
    with await begun(path) as journal:
        fill(journal)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for length in range(0, len(whole) + 1, 5):
        path.write_bytes(whole[:length])
        with await begun(path) as journal:
            kept = whole[:length].count(b"\n") - 1
            assert journal.pages_kept == max(0, kept)
            journal.add("c", [{"n": 4}], cursor=None, size=1, done=True)
        if kept >= 0:
            assert path.read_bytes().startswith(b"".join(lines[: kept + 1]))
        with await begun(path) as journal:
            assert list(journal.pages("c")) == [[{"n": 4}]]


async def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """It tells who may do what; one that was copied around is closed again."""
    path = tmp_path / "journal"
    (await begun(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    (await begun(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_one_process_has_it_at_a_time(tmp_path: Path) -> None:
    """Another one is told; the lock goes with the process that has it, and leaves no file."""
    path = tmp_path / "journal"
    with await begun(path), pytest.raises(ConfigurationError, match="in use by another audit"):
        await begun(path)
    code = (
        "import asyncio, os, sys\n"
        "from bbasync.audit.journal import Journal\n"
        "async def main():\n"
        f"    await Journal(sys.argv[1]).begin({BASE!r})\n"
        "    os._exit(0)\n"
        "asyncio.run(main())\n"
    )
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(path))
    assert await other.wait() == 0
    (await begun(path)).close()
    assert names(tmp_path) == ["journal"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("hello\n", "no journal of an audit"),
        ("hello", "no journal of an audit"),
        ('{"format": "other"}\n', "no journal of an audit"),
        ("[" * 100_000, "no journal of an audit"),
        (f'{{"format":"{FORMAT}","version":2,"base_url":"{BASE}"}}\n', "of format 2"),
        (f'{{"format":"{FORMAT}","version":1,"base_url":"x","begun_at":"no"}}\n', "no journal"),
    ],
)
async def test_another_file_is_refused_and_left_as_it_is(
    tmp_path: Path, content: str, said: str
) -> None:
    """By what it is, and what to do."""
    path = tmp_path / "file"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=said) as caught:
        await begun(path)
    assert "name another file" in str(caught.value)
    assert path.read_text() == content
    assert names(tmp_path) == ["file"]


async def test_that_of_another_service_is_refused(tmp_path: Path) -> None:
    """What one service tells is not true of another."""
    path = tmp_path / "journal"
    (await begun(path)).close()
    with pytest.raises(ConfigurationError, match=r"of https://api\.bitbucket\.org/2\.0, not of"):
        await begun(path, "http://127.0.0.1:7990/2.0")
    with await begun(path) as journal:
        with pytest.raises(ConfigurationError, match="not of"):
            await journal.begin("http://127.0.0.1:7990/2.0")
        await journal.begin(BASE)


async def test_a_line_that_is_damaged_is_told_by_its_number(tmp_path: Path) -> None:
    """It is not taken for the end: what is behind it would be asked for again in silence."""
    path = tmp_path / "journal"
    with await begun(path) as journal:
        fill(journal)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"{\x00}\n", *lines[3:]]))
    with pytest.raises(ConfigurationError, match="damaged in line 3"):
        await begun(path)


async def test_a_place_that_cannot_be_written_is_told_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    """A directory, and one that is not there."""
    for path in (tmp_path, tmp_path / "nowhere" / "journal"):
        with pytest.raises(ConfigurationError, match="can't be written"):
            await begun(path)


async def test_a_temporary_one_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is gone when it is closed, as is one that is removed."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Journal.temporary() as journal:
        await journal.begin(BASE)
        fill(journal)
        assert journal.path.parent == tmp_path
        assert list(journal.pages("b")) == [[]]
    named = await begun(tmp_path / "journal")
    named.remove()
    assert names(tmp_path) == []


async def test_a_full_disk_is_told_with_the_file_and_no_half_of_a_line_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept before is still good, and so is what comes after."""
    path = tmp_path / "journal"
    with await begun(path) as journal:
        fill(journal)
        before = path.read_bytes()
        whole = journal._file
        assert whole is not None

        class Full:
            """Takes some bytes, and then no more."""

            def write(self, data: bytes) -> int:
                if len(data) < 30:
                    raise OSError(28, "No space left on device")
                return whole.write(data[:20])

            def __getattr__(self, name: str) -> object:
                return getattr(whole, name)

        with monkeypatch.context() as patch:
            patch.setattr(journal, "_file", Full())
            with pytest.raises(OSError, match="No space left") as caught:
                journal.add("c", [{"n": 4}], cursor=None, size=1, done=True)
        assert caught.value.filename == str(path)
        assert path.read_bytes() == before
        journal.add("c", [{"n": 4}], cursor=None, size=1, done=True)
    assert [json.loads(line) for line in path.read_bytes().splitlines()][-1]["key"] == "c"
