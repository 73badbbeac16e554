"""A unit of a crawl on many machines: one workspace, read by a worker into a file of its own.

Its file, its checkpoint and, once it is done, its note are in a folder that all machines share.
The checkpoint's lock keeps two workers from the same unit: who comes second waits, and finds the
work done, or goes on with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Final
from urllib.parse import quote

from attrs import asdict

from ..errors import ConfigurationError
from .cluster import Ended
from .disk import primary, sync_directory
from .job import LOOK, Job, Outcome, client_of, run_job
from .ledger import Ledger
from .plan import Crawl
from .progress import Progress
from .record import Walk
from .sinks import JSONLines, Parquet, SQLite
from .tables import Standing

SINKS: Final[Mapping[str, type[JSONLines | SQLite | Parquet]]] = {
    "JSONLines": JSONLines,
    "Parquet": Parquet,
    "SQLite": SQLite,
}
LOOKS: Final = 10
"""How often a worker looks for what another machine has put into the folder."""
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class Place:
    """Where a unit keeps what is its own."""

    def __init__(self, folder: str | os.PathLike[str], workspace: str, ending: str) -> None:
        name = quote(workspace, safe="{}").replace(".", "%2E")  # an ending is ours
        self.part = Path(folder, f"{name}{ending}")
        self.checkpoint = Path(folder, f"{name}.crawl")
        self.note = Path(folder, f"{name}.note")

    def sees(self, mark: str) -> bool:
        """Whether the folder is that in which the run has made its *mark*."""
        return self.note.with_name(mark).exists()

    def done(self) -> Outcome | None:
        """What the unit's note says; None while it is not done."""
        try:
            said = json.loads(self.note.read_text())
            return Outcome(found=said["found"], missed=said["missed"], complete=True)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"{self.note} is damaged, or of another version: delete it, and its workspace is "
                "read again"
            ) from error

    def write_note(self, standing: Standing) -> None:
        """Say for all times that the unit is done."""
        draft = self.note.with_suffix(f".{token_hex(4)}.tmp")
        with draft.open("w") as file:
            json.dump({"found": dict(standing.found), "missed": len(standing.missed)}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.note)
        sync_directory(self.note.parent)


class Part(Ledger):
    """The checkpoint of a unit: where that is done, it leaves a note."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.checkpoint)
        self._place = place
        self._is_held = False
        self.last: Standing | None = None
        """How it stood in the end."""

    async def open(self, plan: str, roots: Sequence[Walk]) -> Mapping[str, Any]:
        """Begin, or go on; not where the note was written just before."""
        positions = await super().open(plan, roots)
        if self._place.done() is not None:
            await super().close(done=False)
            raise ConfigurationError("another worker has done the unit meanwhile")
        self._is_held = True
        return positions

    async def close(self, *, done: bool) -> None:
        """End; where nothing is left for another run, with a note, before the file goes."""
        if self._is_held:
            self._is_held = False
            try:
                self.last = self.standing()
                if done and not any(one.again for one in self.last.missed):
                    self._place.write_note(self.last)
            finally:
                await super().close(done=done)
            return
        await super().close(done=done)


def crawl_workspace(spec: Mapping[str, Any]) -> Outcome | Ended:
    """Crawl the workspace of *spec* into its part: the job of a worker's thread."""
    return run_job(spec, lambda job: _crawl(spec, job))


async def _crawl(spec: Mapping[str, Any], job: Job) -> Outcome:
    place = Place(spec["folder"], spec["workspace"], spec["ending"])
    await _see(place, spec)
    waits = False
    while (done := place.done()) is None:
        try:
            return await _attempt(spec, job, place)
        except ConfigurationError as error:
            if place.done() is not None:
                continue
            if not is_busy(error):
                raise
        if not waits:
            waits = True
            job.tell(waits=True)
        await asyncio.sleep(LOOK)
    return done


async def _see(place: Place, spec: Mapping[str, Any]) -> None:
    """Wait until the folder shows the run's mark, which may take a moment over a network."""
    for _ in range(LOOKS):
        if place.sees(spec["mark"]):
            return
        await asyncio.sleep(LOOK)
    raise ConfigurationError(
        f"a worker does not see {spec['folder']}: the folder has to be shared by all machines, "
        "under the same name"
    )


def is_busy(error: ConfigurationError) -> bool:
    """Whether *error* says that another process has a checkpoint."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.Error) and primary(cause) in _BUSY


async def _attempt(spec: Mapping[str, Any], job: Job, place: Place) -> Outcome:
    """Go on with the unit as far as that is possible."""
    checkpoint = Part(place)
    since = spec["since"]

    def tell(progress: Progress) -> None:
        job.tell(progress=asdict(progress))

    async with client_of(spec) as bb:
        summary = await plan_from(spec["plan"], spec["workspace"]).into(
            bb,
            SINKS[spec["sink"]](place.part),
            concurrency=spec["concurrency"],
            since=None if since is None else datetime.fromisoformat(since),
            checkpoint=checkpoint,
            on_progress=tell,
        )
    last = checkpoint.last
    return Outcome(
        job.attempt,
        {} if last is None else last.found,
        0 if last is None else len(last.missed),
        last is not None and any(one.again for one in last.missed),
        summary.requests,
        summary.complete,
        summary.reset_at,
    )


def plan_from(data: Mapping[str, Any], *workspaces: str) -> Crawl:
    """The plan for *workspaces* that was sent as plain *data*."""
    plan = Crawl(*workspaces).repositories(q=data["q"], fields=data["fields"])
    for step in data["steps"]:
        plan = plan.each(step["list"], called=step["kind"], **step["options"])
    return plan
