"""Tokens that several event loops use, and loops that end too early."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from bbasync.auth.oauth import OAuth2Auth
from tests.auth.conftest import CONSUMER, KEY, Store


def test_threads_with_event_loops_of_their_own_make_one_refresh(
    store: Store, endpoints: Callable[[], Any], time: Any
) -> None:
    """They wait for each other, and take what the first has saved."""
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    made = [endpoints() for _ in range(4)]
    time.now += 3600
    found: list[str] = []
    together = threading.Barrier(len(made))

    def run(endpoint: Any) -> None:
        async def main() -> None:
            together.wait()
            found.append(await auth.authorization_over(endpoint))

        asyncio.run(main())

    threads = [threading.Thread(target=run, args=(one,)) for one in made]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == ["Bearer access-1"] * 4
    assert sum(len(one.forms) for one in made) == 1


def test_one_event_loop_after_the_other_may_use_it(store: Store, endpoint: Any, time: Any) -> None:
    """As a command line's calls do."""
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    for n in range(1, 4):
        time.now += 7200
        assert asyncio.run(auth.authorization_over(endpoint)) == f"Bearer access-{n}"


def test_a_loop_that_ends_while_a_token_is_saved_saves_it(
    store: Store, endpoint: Any, time: Any
) -> None:
    """As Ctrl-C ends it: what the service has rotated is not lost."""
    time.now += 3600
    store.slow = asyncio.Event()

    async def main() -> None:
        auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
        begun = asyncio.create_task(auth.authorization_over(endpoint))
        await asyncio.wait([begun], timeout=0.01)
        assert store.done[-1] == "save"
        assert store.slow is not None
        asyncio.get_running_loop().call_later(0.01, store.slow.set)

    asyncio.run(main())
    assert store.kept[KEY].access_token == "access-1"
    assert len(endpoint.forms) == 1


def test_a_loop_that_was_closed_holds_nobody_up(store: Store, endpoint: Any, time: Any) -> None:
    """It was dropped with the renewal under way: the next one does not wait for it."""
    auth = OAuth2Auth(CONSUMER, store, KEY, clock=time)
    time.now += 3600
    endpoint.gate = asyncio.Event()
    loop = asyncio.new_event_loop()
    call = loop.create_task(auth.authorization_over(endpoint))
    loop.run_until_complete(endpoint.begun.wait())
    loop.close()
    endpoint.gate = None
    for one in (call, *endpoint.guarded):
        one._log_destroy_pending = False  # asyncio would complain, and rightly

    async def main() -> str:
        async with asyncio.timeout(1):
            return await auth.authorization_over(endpoint)

    assert asyncio.run(main()) == "Bearer access-2"
