"""The cluster: jobs on the workers of a Dask scheduler, and what they tell on the way.

What a job does does not live here. Nothing secret goes through the scheduler: a worker finds its
credential where it runs.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from attrs import define, field, frozen

from ..client import VERSION
from ..errors import ArgumentError, BitbucketError, ConfigurationError, ConnectionFailedError

if TYPE_CHECKING:
    from distributed import Client, Future

T = TypeVar("T")

_log = logging.getLogger("bbasync")

_LOOK: Final = 0.05
"""Seconds between two looks for the scheduler."""
PATIENCE: Final = 5.0
"""Seconds in which a scheduler has to answer."""
TOPIC: Final = "bbasync"
"""Where all jobs tell how far they are: a scheduler keeps each topic for as long as it lives."""
_SCHEMES: Final = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


@frozen
class Ended:
    """What a job gives instead of its result: an error that would be the same elsewhere."""

    error: BitbucketError


_Answer = tuple[str | None, T | Ended | None]
"""A worker's version, and what its job gives."""


@define(eq=False)
class Cluster:
    """A scheduler that was reached, for one *run*."""

    address: str
    client: Client
    run: str = field(factory=lambda: token_hex(8))
    """What tells this run's jobs from those of others."""
    _failure: Exception | None = None
    """What the listener has failed with."""

    @contextmanager
    def heard_by(self, listener: Callable[[Mapping[str, Any]], object]) -> Iterator[None]:
        """Let *listener* hear what this run's jobs tell; where it fails, the run does."""

        def hear(event: tuple[float, Mapping[str, Any]]) -> None:
            said = event[1]
            if said["run"] != self.run or self._failure is not None:
                return
            try:
                listener(said)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets it
                self._failure = error

        self.client.subscribe_topic(TOPIC, hear)
        try:
            yield
        finally:
            if self.client.status == "running":
                self.client.unsubscribe_topic(TOPIC)

    async def each(
        self,
        job: Callable[[Mapping[str, Any]], T | Ended],
        what: str,
        specs: Mapping[str, Mapping[str, Any]],
        *,
        retries: int,
    ) -> AsyncGenerator[tuple[str, T], None]:
        """What *job* gives of each of *specs*, by its name, as it comes.

        A job of a worker that is lost is done by another one. One that fails is begun again
        *retries* times, then its error is raised; so is one that the scheduler has dropped, as
        when the connection to it broke. The others' are cancelled then, or when the caller is.
        """
        from distributed import as_completed  # noqa: PLC0415 - an optional dependency

        names: dict[str, str] = {}
        times: Counter[str] = Counter()
        work, where = _sent(), f"{job.__module__}:{job.__qualname__}"

        def begun(name: str) -> Future[_Answer[T]]:
            times[name] += 1
            key = f"bbasync-{what}-{name}-{self.run}-{times[name]}"
            names[key] = name
            told = {**specs[name], "run": self.run, "key": key}
            return self.client.submit(
                work, VERSION, where, told, key=key, retries=retries, pure=False
            )

        futures = [begun(name) for name in specs]
        coming = as_completed(futures, loop=self.client.loop)
        try:
            async for future in coming:
                name = names[str(future.key)]
                if _is_dropped(future) and times[name] <= retries and await self._is_back():
                    _log.warning("the scheduler has dropped the work on %s: once more", name)
                    futures.append(begun(name))
                    coming.add(futures[-1])
                else:
                    yield name, await self._result(name, future)
        finally:
            await self._drop(futures)

    async def one(
        self, job: Callable[[Mapping[str, Any]], T | Ended], what: str, spec: Mapping[str, Any]
    ) -> T:
        """What *job* gives of *spec*."""
        async with aclosing(self.each(job, what, {what: spec}, retries=1)) as results:
            return (await anext(results))[1]

    async def _result(self, name: str, future: Future[_Answer[T]]) -> T:
        if self._failure is not None:
            raise self._failure
        if _is_dropped(future):
            raise ConnectionFailedError(
                f"the scheduler at {self.address} was lost, or has dropped the work on {name}"
            )
        error = await future.exception()
        if error is None:
            theirs, found = await future
            check_version(theirs, VERSION, "a worker")
            if isinstance(found, Ended):
                raise found.error
            return cast(T, found)  # of the same version as ours
        if isinstance(error, BitbucketError | OSError):
            raise error
        raise BitbucketError(f"{name}: the worker failed: {type(error).__name__}: {error}")

    async def _is_back(self) -> bool:
        """Whether the scheduler is there; Dask's client looks for one that it has lost itself."""
        while self.client.status == "connecting":  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(_LOOK)
        return self._failure is None and self.client.status == "running"

    async def _drop(self, futures: list[Future[_Answer[T]]]) -> None:
        """Let go of the jobs; those that run notice it by themselves."""
        if self.client.status == "running":
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.client.cancel([one for one in futures if not one.done()])
            except (OSError, TimeoutError):
                _log.warning("the scheduler at %s did not take back its jobs", self.address)


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Cluster]:
    """The cluster whose scheduler is at *address*, ``tcp://host:8786`` for example.

    ConnectionFailedError where there is none, ConfigurationError where workers can't do the jobs.
    """
    if not isinstance(address, str) or not address.startswith(_SCHEMES):
        raise ArgumentError(f"a scheduler's address is like tcp://host:8786, not {address!r}")
    try:
        from distributed import Client  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise ConfigurationError(
            "many machines need the package distributed: install bbasync[dask]"
        ) from error
    client = Client(address, asynchronous=True, timeout=PATIENCE, set_as_default=False)
    try:
        await client
    except (OSError, ValueError, TypeError) as error:
        await client.close()
        raise ConnectionFailedError(
            f"there is no Dask scheduler at {address} that answers ({type(error).__name__}): "
            "start one with `dask scheduler`, or name another"
        ) from error
    try:
        await _check_workers(client)
        yield Cluster(address, client)
    finally:
        await client.close()


def _is_dropped(future: Future[Any]) -> bool:
    return future.status in {"cancelled", "lost"}


def _sent() -> Callable[..., _Answer[Any]]:
    """What workers are sent, as a whole: not even the scheduler needs bbasync to pass it on."""

    def work(ours: str, where: str = "", told: Mapping[str, Any] | None = None) -> _Answer[Any]:
        """The version of a worker; and where that is *ours*, what the job *where* gives."""
        from importlib import import_module  # noqa: PLC0415 - where it is run

        try:
            theirs = import_module("bbasync").__version__
        except ImportError:
            return None, None
        if theirs != ours or not where:
            return theirs, None
        module, _, name = where.partition(":")
        return theirs, getattr(import_module(module), name)(told)

    return work


async def _check_workers(client: Client) -> None:
    """Refuse workers that have no bbasync, or another one; later ones look at it themselves."""
    found = await client.run(_sent(), VERSION)
    if not found:
        _log.warning("the scheduler has no worker yet: the work waits for one")
    for worker, (theirs, _) in found.items():
        check_version(theirs, VERSION, f"the worker at {worker}")


def check_version(theirs: str | None, ours: str, who: str) -> None:
    """Refuse to work together with another version, or with none."""
    if theirs is None:
        raise ConfigurationError(
            f"{who} can't load bbasync: install the same bbasync wherever workers run"
        )
    if theirs != ours:
        raise ConfigurationError(
            f"{who} has bbasync {theirs}, and the crawl was begun by bbasync {ours}: "
            "have the same one everywhere"
        )
