"""What a crawl is given to write to: sinks and checkpoints that do not fit are refused at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.crawl import Crawl, JSONLines, Ledger, Parquet, SQLite
from bbasync.errors import ArgumentError, ConfigurationError


def names(directory: Path) -> list[str]:
    """What lies in *directory*."""
    return sorted(one.name for one in directory.iterdir())


PLAN = Crawl("acme").each("tags")
SIZES = {"repositories": 6, "pullrequests": 0}


async def test_a_resume_into_other_sinks_is_refused(opened: Any, kept: Any, tmp_path: Path) -> None:
    """One more, one less or none would silently lack what was found before; nothing is touched."""
    fake, bb = await opened(**SIZES)
    path, sinks = tmp_path / "a.crawl", [kept("one"), kept("other")]
    await PLAN.into(bb, *sinks, checkpoint=path, max_requests=3)
    before = [list(one.items) for one in sinks]
    fake.requests.clear()
    for others in ([sinks[0]], [*sinks, kept("third")], [sinks[0], kept("new")]):
        with pytest.raises(ConfigurationError, match=r"a\.crawl.*goes into one, other, not"):
            await PLAN.into(bb, *others, checkpoint=path)
    with pytest.raises(ConfigurationError, match="goes into one, other, not to a consumer"):
        await anext(PLAN.run(bb, checkpoint=path))
    assert [one.items for one in sinks] == before
    assert not fake.requests
    assert (await PLAN.into(bb, *sinks[::-1], checkpoint=path)).complete
    assert len(sinks[0].items) == len(sinks[1].items) > len(before[0])


async def test_a_stream_is_not_gone_on_with_into_a_sink(
    opened: Any, kept: Any, tmp_path: Path
) -> None:
    """What its consumer has had would be missing there; nothing found yet is nothing missing."""
    _, bb = await opened(**SIZES)
    path = tmp_path / "a.crawl"
    run = PLAN.run(bb, checkpoint=path)
    await anext(run)
    await run.aclose()
    _ = [one async for one in PLAN.run(bb, checkpoint=path, max_requests=3)]
    with pytest.raises(ConfigurationError, match="goes to a consumer, not into kept"):
        await PLAN.into(bb, kept(), checkpoint=path)
    _ = [one async for one in PLAN.run(bb, checkpoint=path)]
    assert not path.exists()


async def test_a_crawl_that_has_found_nothing_may_go_elsewhere(
    opened: Any, kept: Any, tmp_path: Path
) -> None:
    """Nothing is missing there."""
    _, bb = await opened(**SIZES)
    path = tmp_path / "a.crawl"
    run = PLAN.run(bb, checkpoint=path)
    await anext(run)
    await run.aclose()
    assert (await PLAN.into(bb, kept(), checkpoint=path)).complete


class Half:
    """What has some of what a sink or a checkpoint needs."""

    name = "half"

    async def open(self, *_: Any) -> dict[str, Any]:
        """Begin."""
        return {}


@pytest.mark.parametrize(
    ("sink", "says"),
    [
        ("out.jsonl", "'out.jsonl' is no sink: it has no name"),
        (JSONLines, "JSONLines.* is no sink: its name is no text"),
        (Half(), "is no sink: it has no write, sync, close"),
    ],
)
async def test_what_is_no_sink_is_refused(sink: Any, says: str, tmp_path: Path) -> None:
    """With what it lacks, before anything is opened."""
    path = tmp_path / "a.crawl"
    with pytest.raises(ConfigurationError, match=says):
        await PLAN.into(Bitbucket(), sink, checkpoint=path)
    assert not path.exists()


@pytest.mark.parametrize("checkpoint", [7, Half()])
def test_what_is_no_checkpoint_is_refused(checkpoint: Any) -> None:
    """When the run is made."""
    with pytest.raises(ConfigurationError, match=r"is no checkpoint: it has no .*walks, commit"):
        PLAN.run(Bitbucket(), checkpoint=checkpoint)


async def test_a_listener_that_would_have_to_be_awaited_is_refused() -> None:
    """Nobody would."""

    async def listen(_: Any) -> None:
        raise AssertionError

    with pytest.raises(ArgumentError, match="on_progress takes a plain function"):
        PLAN.run(Bitbucket(), on_progress=listen)


@pytest.mark.parametrize(
    ("make", "name"), [(JSONLines, "o.jsonl"), (JSONLines, "o.zst"), (SQLite, "o"), (Parquet, "o")]
)
async def test_a_folder_may_move_between_two_runs(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any, name: str
) -> None:
    """And be named in another way: what was written is known again by what is in it."""
    _, bb = await opened(**SIZES)
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    monkeypatch.chdir(before)
    first = await PLAN.into(bb, make(name), checkpoint="a.crawl", max_requests=4)
    assert not first.complete
    before.rename(after)
    monkeypatch.chdir(tmp_path)
    second = await PLAN.into(bb, make(f"after/{name}"), checkpoint=after / "a.crawl")
    assert second.complete
    assert names(after) == [name]
    whole = sum((await PLAN.into(bb, make(name))).found.values())
    assert sum(first.found.values()) + sum(second.found.values()) == whole
    with pytest.raises(ArgumentError, match=f"two sinks are called '.*{name}'"):
        await PLAN.into(bb, make(name), make(f"after/{name}"))


@pytest.mark.parametrize("make", [JSONLines, SQLite, Parquet])
@pytest.mark.parametrize("path", ["", ".", "/", 7, None])
def test_a_path_without_a_name_is_refused(make: Any, path: Any) -> None:
    """Nothing could be written beside it."""
    with pytest.raises(ConfigurationError, match="takes the path of what it writes, not"):
        make(path)


@pytest.mark.parametrize("make", [JSONLines, SQLite, Parquet])
async def test_a_place_has_one_crawl_at_a_time(
    opened: Any, tmp_path: Path, make: Any, kept: Any
) -> None:
    """A second one, with a checkpoint of its own or none, would write over the first."""
    _, bb = await opened(**SIZES)
    sink = make(tmp_path / "out")
    await sink.open(None)
    for other in (JSONLines, SQLite, Parquet):
        with pytest.raises(ConfigurationError, match="out is being written by another crawl"):
            await PLAN.into(bb, kept(), other(tmp_path / "out"), checkpoint=tmp_path / "b.crawl")
    await sink.sync()
    await sink.close(done=True)
    assert names(tmp_path) == ["b.crawl", "out"]
    assert (await PLAN.into(bb, make(tmp_path / "out"))).complete
    await Ledger(tmp_path / "b.crawl").close(done=False)


async def test_two_sinks_of_a_crawl_have_places_of_their_own(opened: Any, tmp_path: Path) -> None:
    """Of two kinds, but of one path."""
    _, bb = await opened(**SIZES)
    with pytest.raises(ConfigurationError, match="is being written by another"):
        await PLAN.into(bb, JSONLines(tmp_path / "out"), SQLite(tmp_path / "out"))
    assert names(tmp_path) == ["out.part"]


async def test_a_position_that_json_cannot_say_is_refused(
    opened: Any, kept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the name of the sink that tells it; nothing is committed."""

    async def sync(_: Any) -> object:
        return object()

    monkeypatch.setattr(kept, "sync", sync)
    _, bb = await opened(**SIZES)
    with pytest.raises(ConfigurationError, match="the sink 'mine' tells a position that JSON"):
        await PLAN.into(bb, kept("mine"), checkpoint=tmp_path / "a.crawl")
    monkeypatch.undo()
    assert (await PLAN.into(bb, kept("other"), checkpoint=tmp_path / "a.crawl")).complete


@pytest.mark.parametrize("kind", [JSONLines, SQLite, Parquet])
async def test_a_checkpoint_in_the_place_of_a_sink_is_refused(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    """Each would write over the other: nothing is begun, however the place is spelled."""
    fake, bb = await opened(**SIZES)
    monkeypatch.chdir(tmp_path)
    for checkpoint in ("both", tmp_path / "both", Ledger("both")):
        with pytest.raises(ConfigurationError, match="can't be the same file"):
            await PLAN.into(bb, kind(tmp_path / "both"), checkpoint=checkpoint)
    assert names(tmp_path) == []
    assert not fake.requests
