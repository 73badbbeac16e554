"""A crawl on many machines, by Dask distributed: one unit a workspace, then one file of all.

The folder ``PATH.parts``, beside where the sink writes, has to be shared by all machines under the
same name. In it each workspace has a part, and the part's own checkpoint beside it; a unit whose
worker is lost is gone on with by another one, so that each item is in the result once. When all
are read, the parts become what one process would have written: lines or frames one behind the
other in the order of the workspaces' names, one database, or one directory of Parquet files. The
folder goes then, unless lists were missed for a reason that may have passed.

A worker makes its client by itself: from its environment, or by a function that it can import. No
credential is sent to it. Budgets are shared by all of them through Redis.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from ..errors import ArgumentError, BitbucketError, ConfigurationError
from ..query import query_texts
from .board import Board
from .cluster import Cluster, connected
from .disk import Desk, unusable
from .driver import Summary
from .job import Outcome, how_to_call, own_workspaces
from .ledger import Ledger
from .merge import Target, merge
from .plan import Crawl, Step
from .progress import Progress
from .record import Batch, Sink, Walk
from .sinks import JSONLines
from .sinks.file import beside
from .unit import SINKS, Place, crawl_workspace, plan_from
from .walks import WORKSPACES, roots

_log = logging.getLogger("bbasync")

_MANY: Final = 1_000


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
    spec = {
        "plan": plan_data(plan),
        "sink": type(target).__name__,
        "ending": _ending(target),
        "folder": str(beside(target.path, "parts")),
        "concurrency": _number("concurrency", concurrency, 1),
        "since": _moment(since),
        **how_to_call(client, base_url=base_url, quota=quota, max_wait=max_wait),
    }
    run = _Run(plan, target, spec, _number("retries", retries, 0), since, Board(on_progress))
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
        if not self.folder.exists():
            await self._prepare()
        ledger = Ledger(self.folder / "plan.ledger")
        await ledger.open(self.plan.text(self.since), roots(self.plan.workspaces))
        try:
            await self._clear_draft()
            with self._marked(cluster.run) as mark:
                names = sorted(await self._units(cluster, ledger, mark))
                await self._read(cluster, names, mark)
            summary = self._summary()
            if summary.complete:
                await self._finish(names)
        except BaseException:
            _log.warning("the crawl stopped: begun again, it goes on with %s", self.folder)
            raise
        finally:
            await ledger.close(done=False)
        if not summary.complete:
            _log.warning("the crawl is incomplete: begun again, it goes on with %s", self.folder)
        elif not any(one.again for one in self.outcomes.values()):
            shutil.rmtree(self.folder, ignore_errors=True)
        return summary

    async def _prepare(self) -> None:
        """Make a folder for the parts, where there is a place for what becomes of them."""
        draft = beside(self.target.path)
        if draft.exists():
            raise ConfigurationError(
                f"{draft} is what a crawl on one machine has left: go on with it there, delete it "
                "to begin anew, or name another place"
            )
        await self._clear_draft()
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise unusable(self.folder, error) from error

    async def _clear_draft(self) -> None:
        """Have the sink look at its place, and leave an empty draft."""
        await self.target.open(None)
        await self.target.close(done=False)

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
        if walks and walks[0].kind == WORKSPACES:
            found = await cluster.one(own_workspaces, "workspaces", {**self.spec, "mark": mark})
            if isinstance(found, Outcome):
                raise found.error or BitbucketError("a worker did not list the workspaces")
            begun = roots(found) if found else []
            await ledger.commit([Batch(walks[0], [], begun, over=True)], {})
            walks = _all_walks(ledger)
        return [one.workspace for one in walks]

    async def _read(self, cluster: Cluster, names: Sequence[str], mark: str) -> None:
        """Have all units done that are not."""
        for name in names:
            done = self._place(name).done()
            if done is not None:
                self.outcomes[name] = done
        left = [name for name in names if name not in self.outcomes]
        self.board.units.update(left)
        cluster.listen(self.board.hear)
        specs = {name: {**self.spec, "mark": mark, "workspace": name} for name in left}
        results = cluster.each(crawl_workspace, "crawl", specs, retries=self.retries)
        async with aclosing(results):
            async for name, outcome in results:
                self.board.end(name, outcome.attempt, outcome.requests)
                if outcome.error is not None:
                    raise outcome.error
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

    async def _finish(self, names: Sequence[str]) -> None:
        desk = Desk("merge")
        try:
            await desk.do(merge, self.target, [self._place(name).part for name in names])
        finally:
            desk.leave()


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


def _ending(target: Target) -> str:
    if isinstance(target, JSONLines):
        return ".jsonl.zst" if target.path.suffix == ".zst" else ".jsonl"
    return target.path.suffix or ".part"


def _number(name: str, value: object, least: int) -> int:
    if type(value) is not int or value < least:
        raise ArgumentError(f"{name} takes a whole number from {least} on, not {value!r}")
    return value


def _moment(since: datetime | None) -> str | None:
    if since is None:
        return None
    if not isinstance(since, datetime) or since.tzinfo is None:
        raise ArgumentError(f"since takes an aware datetime, with its zone, not {since!r}")
    return since.astimezone(UTC).isoformat()


def _all_walks(ledger: Ledger) -> list[Walk]:
    found: list[Walk] = []
    while more := ledger.walks(_MANY, behind=found[-1].key if found else ""):
        found += more
    return found
