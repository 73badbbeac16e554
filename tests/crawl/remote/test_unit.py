"""A unit: what it leaves in the folder that all machines share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bbasync import BasicAuth, Bitbucket
from bbasync.crawl import Crawl, JSONLines, unit
from bbasync.crawl.sinks.file import beside
from bbasync.crawl.walks import roots
from bbasync.errors import ConfigurationError
from bbasync.fake import FakeBitbucket
from tests.crawl.remote.machines import content


class Alone:
    """A job that nobody hears."""

    attempt = "a"
    wanted = True

    def tell(self, **said: Any) -> None:
        """Forget it."""


async def test_a_worker_that_does_not_see_the_folder_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of that name, without the mark of the run, is another one."""
    monkeypatch.setattr(unit, "LOOK", 0)
    spec = {"folder": str(tmp_path), "workspace": "acme", "ending": ".jsonl", "mark": "x.run"}
    with pytest.raises(ConfigurationError, match="has to be shared by all machines"):
        await unit._crawl(spec, Alone())  # type: ignore[arg-type] - as far as it is used


async def test_a_unit_that_was_done_just_before_is_not_begun_anew(tmp_path: Path) -> None:
    """Who gets the lock looks for the note once more; the note alone says what there is."""
    place = unit.Place(tmp_path, "acme", ".jsonl")
    plan = Crawl("acme")
    first = unit.Part(place)
    await first.open(plan.text(), [])
    assert place.done() is None
    await first.close(done=True)
    assert place.done() == unit.Outcome(complete=True)
    with pytest.raises(ConfigurationError, match="another worker has done"):
        await unit.Part(place).open(plan.text(), roots(["acme"]))


async def test_a_folder_may_take_a_moment_to_show_what_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine's files come late over a network: a worker looks more than once."""
    monkeypatch.setattr(unit, "LOOK", 0)
    place, looks = unit.Place(tmp_path, "acme", ".jsonl"), iter([False, False, True])
    monkeypatch.setattr(unit.Place, "sees", lambda *_: next(looks))
    place.note.write_text('{"found": {"commits": 3}, "missed": 0}')
    spec = {"folder": str(tmp_path), "workspace": "acme", "ending": ".jsonl", "mark": "x.run"}
    found = await unit._crawl(spec, Alone())  # type: ignore[arg-type] - as far as it is used
    assert found == unit.Outcome(found={"commits": 3}, complete=True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"found": {}}'])
def test_a_note_that_is_damaged_is_told(tmp_path: Path, text: str) -> None:
    """By its name, with what to do."""
    place = unit.Place(tmp_path, "acme", ".jsonl")
    place.note.write_text(text)
    with pytest.raises(ConfigurationError, match=r"acme\.note is damaged.*: delete it"):
        place.done()


def test_no_two_workspaces_have_a_file_in_common(tmp_path: Path) -> None:
    """Whatever they are called."""
    odd = ["acme", "acme.jsonl", "acme.jsonl.part", "acme%2Ejsonl", "{1-2}", "wörk ßpace", "plan"]
    files = [
        path
        for one in odd
        for place in [unit.Place(tmp_path, one, ".jsonl")]
        for path in (place.part, place.checkpoint, place.note, beside(place.part))
    ]
    assert len(set(files)) == len(files)
    assert {one.parent for one in files} == {tmp_path}


async def test_a_unit_goes_on_when_its_folder_has_moved(
    service: FakeBitbucket, tmp_path: Path
) -> None:
    """What was written before is still there: its checkpoint keeps no path."""
    workspace = next(iter(service.store.workspaces.values())).slug
    plan = Crawl(workspace).each("commits")
    before, now = tmp_path / "before", tmp_path / "now"
    before.mkdir()

    async def go(folder: Path, most: int) -> tuple[bool, Path]:
        place = unit.Place(folder, workspace, ".jsonl")
        sink, part = JSONLines(place.part), unit.Part(place)
        auth = BasicAuth(service.email, service.api_token)
        async with Bitbucket(auth, base_url=service.url) as bb:
            summary = await plan.into(bb, sink, checkpoint=part, max_requests=most)
        return summary.complete, place.part

    assert not (await go(before, 8))[0]
    before.rename(now)
    complete, path = await go(now, 1000)
    assert complete
    lines = content(path)
    done = unit.Place(now, workspace, ".jsonl").done()
    assert done is not None
    assert len(lines) == len(set(lines)) == sum(done.found.values())
