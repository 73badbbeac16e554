"""A job: what a worker's thread does for a run on many machines, and with which client.

It ends when nobody wants it any more. The client is made where the job is done, so that no
credential comes to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from importlib import import_module
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, TypeVar

from attrs import frozen
from yarl import URL

from ..client import Bitbucket
from ..errors import (
    ArgumentError,
    BitbucketError,
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
)
from ..wire.counting import Quota
from .cluster import TOPIC, Ended
from .gate import Gate
from .lists import Lists
from .plan import Crawl
from .tables import is_passing

if TYPE_CHECKING:
    from distributed import Worker

T = TypeVar("T")

LOOK: Final = 0.5
"""Seconds between two looks at whether a job is still wanted."""


@frozen
class Outcome:
    """What came of a unit: of a workspace, all that its file has, whoever wrote it."""

    attempt: str = ""
    found: Mapping[str, int] = {}
    missed: int = 0
    again: bool = False
    """Whether lists were missed for a reason that may have passed."""
    requests: int = 0
    """Those of this attempt."""
    complete: bool = False
    reset_at: datetime | None = None


class Job:
    """What a job knows of itself."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        from distributed import get_worker  # noqa: PLC0415 - an optional dependency

        self._worker: Worker = get_worker()
        self._key, self._run = spec["key"], spec["run"]
        self._workspace = spec.get("workspace")
        self.attempt = token_hex(4)

    @property
    def wanted(self) -> bool:
        """Whether anybody waits for it still: not the one who was interrupted, or has ended."""
        task = self._worker.state.tasks.get(self._key)
        is_open = self._worker.status.name in {"running", "paused", "init"}
        return is_open and task is not None and task.state != "cancelled"

    def tell(self, **said: Any) -> None:
        """Tell who has begun the run; what is said is plain data."""
        head = {"run": self._run, "workspace": self._workspace, "attempt": self.attempt}
        self._worker.log_event(TOPIC, {**head, **said})


def run_job(spec: Mapping[str, Any], work: Callable[[Job], Coroutine[Any, Any, T]]) -> T | Ended:
    """Do *work* as long as it is wanted. What would be the same elsewhere ends it.

    What may have passed when it is tried again is raised: the scheduler does that, and it gives
    what a worker that is closing has left to another one.
    """
    from distributed import Reschedule  # noqa: PLC0415 - an optional dependency

    job = Job(spec)
    try:
        return asyncio.run(_while_wanted(job, work(job)))
    except BitbucketError as error:
        if is_passing(error):
            raise
        return Ended(error)
    except asyncio.CancelledError:
        raise Reschedule from None


async def _while_wanted(job: Job, work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    while not task.done() and job.wanted:
        await asyncio.wait([task], timeout=LOOK)
    task.cancel()  # once: then it puts in safety what it has
    return await task


def workspaces_of(spec: Mapping[str, Any]) -> list[str] | Ended:
    """The names of the caller's workspaces; or those that are *named*, each by one name."""

    async def ask(_: Job) -> list[str]:
        named = spec.get("named", ())
        async with client_of(spec) as bb:
            lists = Lists(Gate(bb), Crawl(*named), None)
            if not named:
                return await lists.workspaces()
            return [one for one in named if not await _is_named_twice(lists, one)]

    return run_job(spec, ask)


async def _is_named_twice(lists: Lists, workspace: str) -> bool:
    if not workspace.startswith("{"):
        return False
    try:
        found = await lists.repositories(workspace, pagelen=1).first()
    except (ForbiddenError, NotFoundError):  # which the crawl tells
        return False
    return found is not None and lists.is_named_twice(workspace, [found])


def client_of(spec: Mapping[str, Any]) -> Bitbucket:
    """The client of the machine that this runs on; only what is not secret comes in *spec*."""
    settings = dict(spec["settings"])
    if "quota" in settings:
        settings["quota"] = Quota.redis(settings["quota"])
    named = spec["client"]
    if named is not None:
        return _made_by(named, settings)
    bb = Bitbucket.from_env(**settings)
    if not bb.authenticated:
        raise ConfigurationError(
            "a worker has no credential: set BITBUCKET_EMAIL and BITBUCKET_API_TOKEN where workers "
            "are started, or name a function that makes the client"
        )
    return bb


def _made_by(named: str, settings: Mapping[str, Any]) -> Bitbucket:
    module, _, function = named.partition(":")
    try:
        make = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"a worker finds no {named}: have the module wherever workers run ({error})"
        ) from error
    made = make(**settings)
    if not isinstance(made, Bitbucket):
        raise ConfigurationError(f"{named} makes no Bitbucket, but a {type(made).__name__}")
    return made


def how_to_call(
    client: str | None, *, base_url: str | None, quota: str | None, max_wait: float | None
) -> dict[str, Any]:
    """How workers make their clients, as plain data; what can't be used is told now."""
    if client is not None:
        module, colon, function = client.partition(":")
        if not (colon and module and function.isidentifier()):
            raise ArgumentError(f"client is like module:function, not {client!r}")
    given = {"base_url": base_url, "max_wait": max_wait}
    settings: dict[str, Any] = {name: one for name, one in given.items() if one is not None}
    Bitbucket(**settings)  # it looks at them
    if quota is not None:
        _check_redis(quota)
        settings["quota"] = quota
    return {"client": client, "settings": settings}


def check_retries(value: object) -> None:
    """*value* is how often something is tried again."""
    if type(value) is not int or value < 0:
        raise ArgumentError(f"retries takes a whole number from 0 on, not {value!r}")


def _check_redis(quota: str) -> None:
    try:
        url = URL(quota)
    except (TypeError, ValueError):
        url = URL()
    if url.scheme not in {"redis", "rediss"} or not url.host:
        raise ConfigurationError("quota takes an address like redis://host:6379/0")
    if url.password or "password" in url.query:
        raise ConfigurationError(
            "the address of the Redis has a password, which would be sent through the scheduler: "
            "let a function that makes the workers' clients (client) say it"
        )
