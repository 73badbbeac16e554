"""An audit on many machines, by Dask distributed: one unit a workspace.

A worker makes its client by itself, as for a crawl: no credential is sent to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

from attrs import asdict, frozen

from ..crawl.cluster import Ended, connected
from ..crawl.given import check_number
from ..crawl.job import Job, check_retries, client_of, how_to_call, run_job, workspaces_of
from ..errors import ArgumentError
from .facts import LEVELS, Level
from .found import WorkspaceAudit
from .gather import Progress, Watcher, gather


@frozen
class Audited:
    """What came of an audit."""

    audits: Sequence[WorkspaceAudit]
    """By the names of the workspaces."""
    requests: int


async def remote(
    scheduler: str,
    workspaces: str | Sequence[str] = (),
    *,
    level: Level = "effective",
    concurrency: int = 4,
    client: str | None = None,
    base_url: str | None = None,
    quota: str | None = None,
    max_wait: float | None = None,
    retries: int = 2,
    watcher: Watcher = lambda _: None,
) -> Audited:
    """Audit *workspaces*, as ``gather`` does, on the workers of the Dask *scheduler*.

    *concurrency* requests are made at a time in each workspace, and a worker audits as many as it
    has threads. The workers' clients are made as ``bbasync.crawl.remote`` says. A workspace whose
    worker is lost is audited by another one; one that fails is tried again *retries* times.
    """
    if level not in LEVELS:
        raise ArgumentError(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    check_number("concurrency", concurrency)
    check_retries(retries)
    spec = {
        "level": level,
        "concurrency": concurrency,
        **how_to_call(client, base_url=base_url, quota=quota, max_wait=max_wait),
    }
    named = [workspaces] if isinstance(workspaces, str) else list(workspaces)
    wanted = _by_workspace(named)
    async with connected(scheduler) as cluster:
        if not wanted:
            wanted = _by_workspace(await cluster.one(workspaces_of, "workspaces", spec))
        specs = {name: {**spec, "names": names} for name, names in wanted.items()}
        results = cluster.each(audit_workspace, "audit", specs, retries=retries)
        with cluster.heard_by(lambda said: watcher(Progress(**said["step"]))):
            async with aclosing(results):
                found = [one async for _, one in results]
    audits = sorted((two for one in found for two in one.audits), key=lambda one: one.workspace)
    return Audited(audits, sum(one.requests for one in found))


def audit_workspace(spec: Mapping[str, Any]) -> Audited | Ended:
    """Audit the workspace of *spec*: the job of a worker's thread."""

    async def work(job: Job) -> Audited:
        def tell(step: Progress) -> None:
            job.tell(step=asdict(step))

        async with client_of(spec) as bb:
            walk = gather(
                bb,
                spec["names"],
                level=spec["level"],
                concurrency=spec["concurrency"],
                watcher=tell,
            )
            async with aclosing(walk):
                audits = [one async for one in walk]
            return Audited(audits, bb.requests_sent)

    return run_job(spec, work)


def _by_workspace(names: Sequence[str]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for name in names:
        if not isinstance(name, str):
            raise ArgumentError(f"{name!r} names no workspace or repository: write acme/site")
        wanted.setdefault(name.partition("/")[0].casefold(), []).append(name)
    return {names[0].partition("/")[0]: names for names in wanted.values()}
