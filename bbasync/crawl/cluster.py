"""The cluster: jobs on the workers of a Dask scheduler, and what they tell on the way.

What a job does does not live here. Nothing secret goes through the scheduler: a worker finds its
credential where it runs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, TypeVar

from attrs import define, field

from ..client import VERSION
from ..errors import ArgumentError, BitbucketError, ConfigurationError, ConnectionFailedError

if TYPE_CHECKING:
    from distributed import Client, Future

T = TypeVar("T")

_log = logging.getLogger("bbasync")

PATIENCE: Final = 5.0
"""Seconds in which a scheduler has to answer."""
_SCHEMES: Final = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


@define(eq=False)
class Cluster:
    """A scheduler that was reached, for one *run*."""

    address: str
    client: Client
    run: str = field(factory=lambda: token_hex(8))
    """What tells this run's jobs from those of others."""

    @property
    def topic(self) -> str:
        """Where this run's jobs tell how far they are."""
        return f"bbasync-{self.run}"

    def listen(self, listener: Callable[[Mapping[str, Any]], object]) -> None:
        """Let *listener* hear what jobs tell."""
        self.client.subscribe_topic(self.topic, lambda event: listener(event[1]))

    async def each(
        self,
        job: Callable[[Mapping[str, Any]], T],
        what: str,
        specs: Mapping[str, Mapping[str, Any]],
        *,
        retries: int,
    ) -> AsyncGenerator[tuple[str, T], None]:
        """What *job* gives of each of *specs*, by its name, as it comes.

        A job of a worker that is lost is done by another one. One that fails is begun again
        *retries* times, then its error is raised. The others' are cancelled then, or when the
        caller is.
        """
        from distributed import as_completed  # noqa: PLC0415 - an optional dependency

        names: dict[str, str] = {}
        futures: list[Future[T]] = []
        for name, spec in specs.items():
            key = f"bbasync-{what}-{name}-{self.run}"
            names[key] = name
            told = {**spec, "version": VERSION, "topic": self.topic, "key": key}
            futures.append(self.client.submit(job, told, key=key, retries=retries, pure=False))
        try:
            async for future in as_completed(futures, loop=self.client.loop):
                name = names[str(future.key)]
                yield name, await self._result(name, future)
        finally:
            await self._drop(futures)

    async def one(
        self, job: Callable[[Mapping[str, Any]], T], what: str, spec: Mapping[str, Any]
    ) -> T:
        """What *job* gives of *spec*."""
        async with aclosing(self.each(job, what, {what: spec}, retries=1)) as results:
            return (await anext(results))[1]

    async def _result(self, name: str, future: Future[T]) -> T:
        if future.status in {"cancelled", "lost"}:
            raise ConnectionFailedError(
                f"the scheduler at {self.address} was lost, or has dropped the work on {name}"
            )
        error = await future.exception()
        if error is None:
            found: T = await future
            return found
        if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("bbasync"):
            raise _without("a worker", error) from None
        if isinstance(error, BitbucketError | OSError):
            raise error
        raise BitbucketError(f"{name}: the worker failed: {type(error).__name__}: {error}")

    async def _drop(self, futures: list[Future[T]]) -> None:
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


async def _check_workers(client: Client) -> None:
    """Refuse workers that have no bbasync, or another one; later ones look at it themselves."""

    def version() -> str | None:  # sent as a whole, for those that have no bbasync
        try:
            from bbasync import __version__  # noqa: PLC0415 - asked where it is run
        except ImportError:
            return None
        return __version__

    found = await client.run(version)
    if not found:
        _log.warning("the scheduler has no worker yet: the work waits for one")
    for worker, theirs in found.items():
        if theirs is None:
            raise _without(f"the worker at {worker}")
        check_version(theirs, VERSION, f"the worker at {worker}")


def check_version(theirs: object, ours: object, who: str) -> None:
    """Refuse to work together with another version."""
    if theirs != ours:
        raise ConfigurationError(
            f"{who} has bbasync {theirs}, and the crawl was begun by bbasync {ours}: "
            "have the same one everywhere"
        )


def _without(who: str, error: Exception | None = None) -> ConfigurationError:
    why = "" if error is None else f" ({error})"
    return ConfigurationError(
        f"{who} can't load bbasync{why}: install the same bbasync wherever workers run"
    )
