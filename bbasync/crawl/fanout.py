"""Fan-out: one job for each of many things, a few at a time, results as they come."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Generic, TypeVar

from attrs import frozen

from ..errors import ArgumentError, BitbucketError

T = TypeVar("T")
R = TypeVar("R")


@frozen
class Outcome(Generic[T, R]):
    """What became of one thing: *result*, or the *error* that its job ended with."""

    thing: T
    result: R | None = None
    error: BitbucketError | None = None


async def fan_out(
    things: Iterable[T], job: Callable[[T], Awaitable[R]], *, concurrency: int = 8
) -> AsyncGenerator[Outcome[T, R], None]:
    """Run *job* for each of *things*, at most *concurrency* at a time; outcomes as they come.

    A BitbucketError ends its own job alone; any other exception ends all of them. No further job
    is started while the consumer has not taken what is done. Closing the generator early cancels
    what still runs.
    """
    if concurrency < 1:
        raise ArgumentError(f"concurrency must be at least 1, not {concurrency}")
    running: set[asyncio.Task[Outcome[T, R]]] = set()
    done: set[asyncio.Task[Outcome[T, R]]] = set()
    waiting = iter(things)
    try:
        while True:
            for thing in itertools.islice(waiting, concurrency - len(running)):
                running.add(asyncio.create_task(_attempt(thing, job)))
            if not running:
                break
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *done, return_exceptions=True)


async def _attempt(thing: T, job: Callable[[T], Awaitable[R]]) -> Outcome[T, R]:
    try:
        return Outcome(thing, await job(thing))
    except BitbucketError as error:
        return Outcome(thing, error=error)
