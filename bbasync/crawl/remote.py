"""A crawl on many machines, by Dask distributed: one unit a workspace, then one file of all.

The folder ``PATH.parts``, beside where the sink writes, has to be shared by all machines under the
same name. In it each workspace has a part, and the part's own checkpoint beside it; a unit whose
worker is lost is gone on with by another one, so that each item is in the result once. When all
are read, the parts become what one process would have written: lines or frames one behind the
other in the order of the workspaces' names, one database, or one directory of Parquet files. The
folder goes then, unless lists were missed for a reason that may have passed.

A workspace is not cut any further: all units draw on the budget of one caller, which one process
can use up, and a large one whose worker is lost does not begin anew.

A worker makes its client by itself: from its environment, or by a function that it can import. No
credential is sent to it. Budgets are shared by all of them through Redis.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from ..errors import ArgumentError, ConfigurationError
from ..query import query_texts
from .board import Board
from .cluster import Cluster, connected
from .disk import unusable
from .driver import Summary
from .given import check_listener, check_number, check_since
from .job import Outcome, check_retries, how_to_call, workspaces_of
from .ledger import Ledger
from .merge import Target, discard, empty_draft, merge, remove
from .plan import Crawl, Step
from .progress import Progress
from .record import Batch, Sink, Walk
from .sinks import JSONLines
from .sinks.file import beside
from .unit import SINKS, Place, crawl_workspace, plan_from
from .walks import WORKSPACES, roots

_log = logging.getLogger("bbasync")

_MANY: Final = 1_000
_ENDINGS: Final = {"JSONLines": ".jsonl", "Parquet": ".parquet", "SQLite": ".db"}
"""Those of parts, whatever the result is called: none is that of a checkpoint or a note."""
_KIND: Final = "kind"


async def remote(
    plan: Crawl,
    scheduler: str,
    sink: Sink,
    *,
    concurrency: int = 8,
    since: datetime | None = None,
    client: str | None = None,
    base_url: str | None = None,
    quota: str | None = None,
    max_wait: float | None = None,
    retries: int = 2,
    on_progress: Callable[[Progress], object] | None = None,
) -> Summary:
    """Crawl into *sink* on the workers of the Dask *scheduler* (``tcp://host:8786``).

    *sink* is a JSONLines, SQLite or Parquet, to be written in a folder that all machines share.
    *concurrency* lists are read at a time in each workspace, and a worker reads as many workspaces
    as it has threads. Begun again, it goes on with what was left.

    The workers' clients are made by ``Bitbucket.from_env``, or by the function *client*
    (``"module:function"``), with *base_url*, *max_wait* and *quota* as far as they are given;
    *quota* is the address of a Redis without a password. A unit that fails is tried again
    *retries* times, beside those whose worker was lost.

    The summary's ``found`` and ``missed`` are of all that was written, over all runs, and its
    ``requests`` those of this one that were heard of. ConnectionFailedError where the scheduler
    can't be reached; otherwise errors are those of ``Crawl.into``.
    """
    target = _target(sink)
    check_number("concurrency", concurrency)
    check_retries(retries)
    check_since(since)
    check_listener(on_progress)
    spec = {
        "plan": plan_data(plan),
        "sink": type(target).__name__,
        "ending": f"{_ENDINGS[type(target).__name__]}{_frames(target)}",
        "folder": str(beside(target.path, "parts")),
        "concurrency": concurrency,
        "since": None if since is None else since.isoformat(),
        **how_to_call(client, base_url=base_url, quota=quota, max_wait=max_wait),
    }
    run = _Run(plan, target, spec, retries, since, Board(on_progress))
    async with connected(scheduler) as cluster:
        return await run.go(cluster)


@define(eq=False)
class _Run:
    """One run of a plan on a cluster."""

    plan: Crawl
    target: Target
    spec: Mapping[str, Any]
    retries: int
    since: datetime | None
    board: Board
    outcomes: dict[str, Outcome] = field(factory=dict)

    @property
    def folder(self) -> Path:
        return Path(self.spec["folder"])

    async def go(self, cluster: Cluster) -> Summary:
        """Read what is left, and put it together where that is all."""
        await self._prepare()
        ledger = Ledger(self.folder / "plan.ledger")
        kept = await ledger.open(self.plan.text(self.since), roots(self.plan.workspaces))
        try:
            await self._compare(ledger, kept)
            with self._marked(cluster.run) as mark:
                names = sorted(await self._units(cluster, ledger, mark))
                await self._read(cluster, names, mark)
            summary = self._summary()
            if summary.complete:
                await merge(self.target, [self._place(name).part for name in names])
        except BaseException:
            _log.warning("the crawl stopped: begun again, it goes on with %s", self.folder)
            raise
        finally:
            await ledger.close(done=False)
        if not summary.complete:
            _log.warning("the crawl is incomplete: begun again, it goes on with %s", self.folder)
        elif not any(one.again for one in self.outcomes.values()):
            discard(self.folder)
        return summary

    async def _prepare(self) -> None:
        """Make a folder for the parts, where there is a place for what becomes of them."""
        draft = beside(self.target.path)
        if draft.exists():
            raise ConfigurationError(
                f"{draft} is what a crawl on one machine has left: go on with it there, delete it "
                "to begin anew, or name another place"
            )
        remove(await empty_draft(self.target))
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise unusable(self.folder, error) from error

    async def _compare(self, ledger: Ledger, kept: Mapping[str, Any]) -> None:
        """Refuse parts of another kind: they are not what they are to be put together to."""
        kind = self.spec["sink"]
        if kept.get(_KIND, kind) != kind:
            raise ConfigurationError(
                f"{self.folder} has parts for {kept[_KIND]}, not for {kind}: go on with that, or "
                "delete the folder to begin anew"
            )
        await ledger.commit([], {_KIND: kind})

    @contextmanager
    def _marked(self, run: str) -> Iterator[str]:
        """A file by which workers know that they see the same folder."""
        mark = self.folder / f"{run}.run"
        mark.touch()
        try:
            yield mark.name
        finally:
            mark.unlink(missing_ok=True)

    async def _units(self, cluster: Cluster, ledger: Ledger, mark: str) -> list[str]:
        """The workspaces: those that are named, or the caller's when the crawl was begun."""
        walks = _all_walks(ledger)
        named = [one.workspace for one in walks]
        spec = {**self.spec, "mark": mark}
        if walks and walks[0].kind == WORKSPACES:
            found = await cluster.one(workspaces_of, "workspaces", spec)
            begun = roots(found) if found else []
            await ledger.commit([Batch(walks[0], [], begun, over=True)], {})
            return found
        by_uuid = [one.startswith("{") for one in named]
        if all(by_uuid) or not any(by_uuid):
            return named
        found = await cluster.one(workspaces_of, "workspaces", {**spec, "named": named})
        twice = [Batch(one, [], over=True) for one in walks if one.workspace not in found]
        await ledger.commit(twice, {})
        return found

    async def _read(self, cluster: Cluster, names: Sequence[str], mark: str) -> None:
        """Have all units done that are not."""
        for name in names:
            done = self._place(name).done()
            if done is not None:
                self.outcomes[name] = done
        left = [name for name in names if name not in self.outcomes]
        self.board.units.update(left)
        specs = {name: {**self.spec, "mark": mark, "workspace": name} for name in left}
        results = cluster.each(crawl_workspace, "crawl", specs, retries=self.retries)
        with cluster.heard_by(self.board.hear):
            async with aclosing(results):
                async for name, outcome in results:
                    self.board.end(name, outcome.attempt, outcome.requests)
                    self.outcomes[name] = outcome
        self.board.tell(last=True)

    def _place(self, workspace: str) -> Place:
        return Place(self.folder, workspace, self.spec["ending"])

    def _summary(self) -> Summary:
        found: Counter[str] = Counter()
        for one in self.outcomes.values():
            found.update(one.found)
        resets = [one.reset_at for one in self.outcomes.values() if one.reset_at is not None]
        return Summary(
            dict(found),
            sum(one.missed for one in self.outcomes.values()),
            self.board.requests,
            complete=all(one.complete for one in self.outcomes.values()),
            reset_at=max(resets, default=None),
        )


def plan_data(plan: Crawl) -> dict[str, Any]:
    """*plan* without its workspaces as plain data; ArgumentError where it can't be."""
    data = {
        "q": plan.selection.q,
        "fields": plan.selection.fields,
        "steps": [_step_data(one) for one in plan.steps],
    }
    sent = json.loads(json.dumps(data))
    if plan_from(sent, *plan.workspaces).text() != plan.text():
        raise ArgumentError("the plan can't be sent to other machines: spell its options as text")
    return data


def _step_data(step: Step) -> dict[str, Any]:
    if not isinstance(step.reads, str):
        raise ArgumentError(
            f"{step.kind} is read by a function, which can't be sent to other machines: name a "
            "list of Repository instead"
        )
    options = {name: _plain(value) for name, value in step.options.items() if value is not None}
    return {"kind": step.kind, "list": step.reads, "options": options}


def _plain(value: Any) -> Any:
    """*value* as JSON can say it, spelled the same in a query."""
    if isinstance(value, str | int):
        return value
    texts = query_texts(value)
    return texts if isinstance(value, list | tuple | set | frozenset) else texts[0]


def _target(sink: Sink) -> Target:
    for kind in SINKS.values():
        if type(sink) is kind:
            return kind(sink.path.absolute())
    raise ArgumentError(
        f"many machines write JSONLines, SQLite or Parquet, not {sink!r}: each its own part"
    )


def _frames(target: Target) -> str:
    return ".zst" if isinstance(target, JSONLines) and target.path.suffix == ".zst" else ""


def _all_walks(ledger: Ledger) -> list[Walk]:
    found: list[Walk] = []
    while more := ledger.walks(_MANY, behind=found[-1].key if found else ""):
        found += more
    return found
