"""The queue for connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bbasync.wire.message import Request
from bbasync.wire.queue import Queue, Queues


async def test_whoever_asked_first_is_served_first() -> None:
    """Places are given in the order in which they were asked for, not to who comes by."""
    queue, order = Queue(1), []
    await queue.take()

    async def one(number: int) -> None:
        await queue.take()
        order.append(number)
        queue.give()

    tasks = [asyncio.create_task(one(number)) for number in range(5)]
    await asyncio.sleep(0)
    queue.give()
    late = asyncio.create_task(one(5))
    await asyncio.gather(*tasks, late)
    assert order == [0, 1, 2, 3, 4, 5]
    assert (queue.free, queue.waiting) == (1, 0)


async def test_who_leaves_the_line_leaves_nothing_in_it() -> None:
    """While one place is held for a night, thousands may give up waiting for it."""
    queue = Queue(1)
    await queue.take()
    tasks = [asyncio.create_task(queue.take()) for _ in range(1000)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert len(queue._line) == 0


async def test_a_place_given_to_a_task_that_is_cancelled_goes_on() -> None:
    """Cancelled in the very moment of its turn, a task hands the place to the next."""
    queue = Queue(1)
    await queue.take()
    first, second = asyncio.create_task(queue.take()), asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    queue.give()
    first.cancel()
    await second
    assert first.cancelled()
    queue.give()
    assert queue.free == 1


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=40), st.integers(1, 4))
def test_no_order_of_cancellations_loses_a_place(steps: list[tuple[int, bool]], free: int) -> None:
    """However tasks come and are cancelled, all places are there in the end."""

    async def run() -> None:
        queue = Queue(free)

        async def one(turns: int) -> None:
            await queue.take()
            try:
                for _ in range(turns):
                    await asyncio.sleep(0)
            finally:
                queue.give()

        tasks = []
        for turns, cancel in steps:
            tasks.append(asyncio.create_task(one(turns % 5)))
            await asyncio.sleep(0)
            if cancel:
                tasks[turns % len(tasks)].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (queue.free, queue.waiting) == (free, 0)

    asyncio.run(run())


async def test_hosts_don_t_wait_for_each_other() -> None:
    """A slow storage host keeps no call to the API waiting."""
    queues = Queues(1)
    api, storage = URL("https://api.bitbucket.org/2.0"), URL("https://s3.example/x")
    await queues.of(storage).take()
    await queues.of(api).take()
    assert queues.taken == 2
    assert queues.of(URL("https://api.bitbucket.org/1.0/x")) is queues.of(api)


@pytest.mark.parametrize("connections", [1, 3])
async def test_tasks_that_ask_again_and_again_get_equal_shares(
    serve: Any, client: Any, say: Any, connections: int
) -> None:
    """Ten tasks in endless loops over few connections: none is left behind."""
    server = await serve(say(data={}))
    bb = await client(server.url, connections=connections)
    done: Counter[int] = Counter()

    async def loop(number: int) -> None:
        while sum(done.values()) < 300:
            await bb.send(Request("GET", f"/{number}"))
            done[number] += 1

    await asyncio.gather(*(loop(number) for number in range(10)))
    assert server.connections <= connections
    assert min(done.values()) >= 29
    assert max(done.values()) <= 32
