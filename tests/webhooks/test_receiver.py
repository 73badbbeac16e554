"""The receiver without a server: what is answered, what is handled, and what closing does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from bbasync.errors import ArgumentError, ConfigurationError
from bbasync.webhooks import Event, MemoryDeliveryStore, Receiver, Router, Senders
from tests.webhooks.conftest import SECRET, Sent

Make = Callable[..., Sent]


class Handling:
    """A router's only handler, that waits until it may go on."""

    def __init__(self) -> None:
        self.router = Router()
        self.begun: list[str | None] = []
        self.ended: list[str | None] = []
        self.go = asyncio.Event()
        self.first = asyncio.Event()
        self.router.on("*")(self.handle)

    async def handle(self, event: Event) -> None:
        """Wait, and fail for one key."""
        self.begun.append(event.delivery.id)
        self.first.set()
        await self.go.wait()
        if event.key == "x:fails":
            raise LookupError("it fails")
        self.ended.append(event.delivery.id)


class Broken(MemoryDeliveryStore):
    """A store that does not answer as it should."""

    def __init__(self, *broken: str) -> None:
        super().__init__()
        self.broken = set(broken)

    async def claim(self, id: str) -> bool:
        """Claim, or raise."""
        if "claim" in self.broken:
            raise OSError("away")
        return await super().claim(id)

    async def done(self, id: str) -> None:
        """Keep, or raise."""
        if "done" in self.broken:
            raise OSError("away")
        await super().done(id)


class Holding(MemoryDeliveryStore):
    """A store that claims when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def claim(self, id: str) -> bool:
        """Claim, later."""
        await self.go.wait()
        return await super().claim(id)


@pytest.fixture
def handling() -> Handling:
    """A router whose handler waits."""
    return Handling()


async def send(receiver: Receiver, sent: Sent, **options: Any) -> int:
    """The status of one delivery."""
    return (await receiver.receive(sent.headers, sent.body, **options)).status


async def idle(receiver: Receiver) -> None:
    """Wait until nothing is in work."""
    while receiver.waiting:  # noqa: ASYNC110 - it tells nobody when it has ended
        await asyncio.sleep(0)


async def test_a_delivery_is_answered_before_it_is_handled(
    handling: Handling, delivery: Make
) -> None:
    """202 at once, and the handler runs behind it."""
    async with Receiver(handling.router, secrets=SECRET) as receiver:
        sent = delivery()
        assert await send(receiver, sent) == 202
        assert handling.ended == []
        assert receiver.waiting == 1
        handling.go.set()
    assert handling.ended == [sent.id]
    assert receiver.waiting == 0
    assert receiver.stats.accepted == receiver.stats.handled == 1


async def test_each_mistake_has_its_status(handling: Handling, delivery: Make) -> None:
    """4xx, after which the service sends nothing again."""
    handling.go.set()
    async with Receiver(handling.router, secrets=SECRET, max_bytes=1000) as receiver:
        unsigned, wrong = delivery(secret=None), delivery(secret="another")
        nobody, odd, large = delivery(), delivery(data=b"{"), delivery(data={"x": "y" * 1000})
        del nobody.headers["X-Request-UUID"]
        for sent, status in (
            (unsigned, 401),
            (wrong, 401),
            (nobody, 400),
            (odd, 400),
            (large, 413),
        ):
            assert await send(receiver, sent) == status
        reply = await receiver.receive({}, b"{}")
        assert reply.status == 401
        announced = delivery()
        announced.headers["Content-Length"] = "1001"
        reply_ = receiver.precheck(announced.headers)
        assert reply_ is not None
        assert reply_.status == 413
        assert receiver.stats.refused == 7
        assert receiver.stats.accepted == 0
    assert handling.begun == []


async def test_a_duplicate_is_answered_ok_and_not_handled_again(
    handling: Handling, delivery: Make
) -> None:
    """While the first is in work, and when it was handled."""
    sent = delivery()
    async with Receiver(handling.router, secrets=SECRET) as receiver:
        assert await send(receiver, sent) == 202
        assert await send(receiver, sent) == 200
        await handling.first.wait()
        assert await send(receiver, sent) == 200
        handling.go.set()
        await idle(receiver)
        assert await send(receiver, sent) == 200
    assert handling.begun == [sent.id]
    assert receiver.stats.duplicates == 3


async def test_of_the_same_delivery_many_times_at_once_one_is_handled(
    handling: Handling, delivery: Make
) -> None:
    """Also while nobody knows yet whether it may be."""
    sent = delivery()
    handling.go.set()
    async with Receiver(handling.router, secrets=SECRET) as receiver:
        statuses = await asyncio.gather(*(send(receiver, sent) for _ in range(20)))
    assert sorted(statuses) == [200] * 19 + [202]
    assert handling.begun == [sent.id]


@pytest.mark.parametrize(
    ("claimed", "counts"), [(True, (1, 4, 0)), (False, (0, 5, 0)), (None, (0, 0, 5))]
)
async def test_what_comes_beside_a_claim_is_counted_too(
    delivery: Make, *, claimed: bool | None, counts: tuple[int, int, int]
) -> None:
    """Each answer, whatever the store says."""

    class Slow(MemoryDeliveryStore):
        async def claim(self, id: str) -> bool:
            await asyncio.sleep(0)
            if claimed is None:
                raise OSError("away")
            return claimed and await super().claim(id)

    sent = delivery()
    async with Receiver(Router(), secrets=SECRET, store=Slow()) as receiver:
        await asyncio.gather(*(send(receiver, sent) for _ in range(5)))
    stats = receiver.stats
    assert (stats.accepted, stats.duplicates, stats.refused) == counts


async def test_a_lease_that_ends_starts_nothing_twice_in_one_receiver(
    handling: Handling, delivery: Make, time: Any
) -> None:
    """However long the handler takes."""
    store = MemoryDeliveryStore(lease=10, clock=time)
    sent = delivery()
    async with Receiver(handling.router, secrets=SECRET, store=store) as receiver:
        await send(receiver, sent)
        time.now += 100
        assert await send(receiver, sent) == 200
        handling.go.set()
    assert handling.begun == [sent.id]


async def test_after_a_crash_the_next_attempt_is_handled(
    handling: Handling, delivery: Make, time: Any
) -> None:
    """When the claim has ended; what was handled before never is again."""
    store = MemoryDeliveryStore(lease=10, clock=time)
    lost, handled = delivery(), delivery()
    await store.claim(lost.id)  # and then it crashed
    await store.claim(handled.id)
    await store.done(handled.id)
    handling.go.set()
    async with Receiver(handling.router, secrets=SECRET, store=store) as receiver:
        assert await send(receiver, lost) == 200
        time.now += 10
        assert await send(receiver, lost) == 202
        assert await send(receiver, handled) == 200
    assert handling.begun == [lost.id]


async def test_when_there_is_too_much_to_do_the_service_is_asked_to_send_again(
    handling: Handling, delivery: Make
) -> None:
    """503, and then there is room again."""
    async with Receiver(handling.router, secrets=SECRET, workers=2, queue=3) as receiver:
        every = [delivery() for _ in range(6)]
        assert [await send(receiver, one) for one in every] == [202] * 5 + [503]
        assert await send(receiver, every[0]) == 200
        await handling.first.wait()
        assert len(handling.begun) == 2
        handling.go.set()
        await idle(receiver)
        assert await send(receiver, every[5]) == 202
    assert sorted(map(str, handling.ended)) == sorted(one.id for one in every)


async def test_what_is_being_claimed_takes_room_too(handling: Handling, delivery: Make) -> None:
    """A store that hangs must not let more in than may wait."""
    handling.go.set()
    store = Holding()
    async with Receiver(
        handling.router, secrets=SECRET, store=store, workers=1, queue=1
    ) as receiver:
        asking = [asyncio.create_task(send(receiver, delivery())) for _ in range(3)]
        await asyncio.sleep(0)
        store.go.set()
        assert await asyncio.gather(*asking) == [202, 202, 503]


async def test_a_handler_that_fails_counts_and_is_not_tried_again(
    handling: Handling, delivery: Make
) -> None:
    """The service was answered already, and other handlers have done their part."""
    handling.go.set()
    sent = delivery("x:fails")
    async with Receiver(handling.router, secrets=SECRET) as receiver:
        await send(receiver, sent)
        await idle(receiver)
        assert await send(receiver, sent) == 200
    assert (receiver.stats.handled, receiver.stats.failed) == (0, 1)


async def test_a_handler_that_raises_what_is_no_exception_is_not_called_again(
    delivery: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """As a test's failure is, or a group with one in it: it failed, and the next one is called."""
    router, called = Router(), []

    class Odd(BaseException):
        """No Exception."""

    @router.on("*")
    async def one(_: Event) -> None:
        called.append("one")
        raise BaseExceptionGroup("several", [Odd()])

    @router.on("*")
    async def other(_: Event) -> None:
        called.append("other")

    sent = delivery()
    async with Receiver(router, secrets=SECRET) as receiver:
        assert await send(receiver, sent) == 202
        await idle(receiver)
        assert await send(receiver, sent) == 200
    assert called == ["one", "other"]
    assert (receiver.stats.failed, receiver.stats.abandoned) == (1, 0)
    assert sent.id in caplog.text


async def test_a_handler_leaves_nothing_in_its_worker(delivery: Make) -> None:
    """Neither a context variable, nor its own cancellation, which counts as a failure."""
    router, name = Router(), ContextVar("name", default="")
    seen = []

    @router.on("*")
    async def handler(event: Event) -> None:
        seen.append(name.get())
        name.set(event.key)
        if event.key == "x:cancels":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)

    async with Receiver(router, secrets=SECRET, workers=1) as receiver:
        for key in ("x:cancels", "repo:push", "x:cancels"):
            await send(receiver, delivery(key))
    assert seen == ["", "", ""]
    assert (receiver.stats.handled, receiver.stats.failed) == (1, 2)


async def test_a_store_that_hangs_does_not_keep_a_receiver_from_closing(
    handling: Handling, delivery: Make
) -> None:
    """Whoever waits for it is answered 503."""

    class Hanging(MemoryDeliveryStore):
        async def claim(self, id: str) -> bool:
            await asyncio.Event().wait()
            return await super().claim(id)

    async with Receiver(handling.router, secrets=SECRET, store=Hanging()) as receiver:
        asking = asyncio.create_task(send(receiver, delivery()))
        await asyncio.sleep(0)
        assert await receiver.aclose(grace=0.01) == ()
        assert await asking == 503


async def test_a_store_that_is_away_is_no_reason_to_lose_a_delivery(
    handling: Handling, delivery: Make
) -> None:
    """503 when it can't be claimed; when its end can't be kept it has still ended."""
    handling.go.set()
    store = Broken("claim", "done")
    async with Receiver(handling.router, secrets=SECRET, store=store) as receiver:
        sent = delivery()
        statuses = await asyncio.gather(*(send(receiver, sent) for _ in range(3)))
        assert statuses == [503] * 3
        store.broken.discard("claim")
        assert await send(receiver, sent) == 202
    assert handling.ended == [sent.id]


async def test_a_cancelled_request_leaves_no_claim_behind(
    handling: Handling, delivery: Make
) -> None:
    """What has come is handled, whether or not its sender waits for the answer."""

    class Slow(MemoryDeliveryStore):
        async def claim(self, id: str) -> bool:
            claimed = await super().claim(id)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return claimed

    handling.go.set()
    sent = delivery()
    async with Receiver(handling.router, secrets=SECRET, store=Slow()) as receiver:
        asking = asyncio.create_task(send(receiver, sent))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
    assert handling.ended == [sent.id]


async def test_who_waits_beside_a_claim_may_go_away(handling: Handling, delivery: Make) -> None:
    """Whoever asked first is answered all the same."""
    handling.go.set()
    sent, store = delivery(), Holding()
    async with Receiver(handling.router, secrets=SECRET, store=store) as receiver:
        first, second = (asyncio.create_task(send(receiver, sent)) for _ in range(2))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        store.go.set()
        assert await first == 202
    assert handling.ended == [sent.id]


async def test_closing_ends_what_was_accepted_and_refuses_what_comes(
    handling: Handling, delivery: Make
) -> None:
    """503: the service sends it again, to whoever runs then."""
    every = [delivery() for _ in range(20)]
    receiver = Receiver(handling.router, secrets=SECRET, workers=2, grace=3600)
    assert await send(receiver, every[0]) == 503
    async with receiver:
        for one in every:
            assert await send(receiver, one) == 202
        closing = asyncio.create_task(receiver.aclose())
        await asyncio.sleep(0)
        assert await send(receiver, delivery()) == 503
        handling.go.set()
        assert await asyncio.wait_for(closing, 30) == ()
    assert sorted(map(str, handling.ended)) == sorted(one.id for one in every)
    assert receiver.stats.handled == 20


async def test_what_does_not_end_in_time_is_cancelled_released_and_told(
    handling: Handling, delivery: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """By its ids, so that somebody can look; the next process may handle it."""
    store = MemoryDeliveryStore()
    every = [delivery() for _ in range(5)]
    receiver = Receiver(handling.router, secrets=SECRET, store=store, workers=2)
    async with receiver:
        for one in every:
            await send(receiver, one)
        await handling.first.wait()
        with caplog.at_level(logging.ERROR, "bbasync.webhooks"):
            left = await receiver.aclose(grace=0)
    assert set(left) == {one.id for one in every}
    assert all(one.id in caplog.text for one in every)
    assert receiver.stats.abandoned == 5
    handling.go.set()
    async with Receiver(handling.router, secrets=SECRET, store=store) as after:
        assert [await send(after, one) for one in every] == [202] * 5
    assert len(handling.ended) == 5


async def test_a_receiver_can_be_opened_again_but_not_twice_at_once(
    handling: Handling, delivery: Make
) -> None:
    """Two that close it would each take it from the other."""
    handling.go.set()
    receiver = Receiver(handling.router, secrets=SECRET)
    async with receiver:
        with pytest.raises(ConfigurationError, match="open already"):
            await receiver.__aenter__()
    async with receiver:
        assert await send(receiver, delivery()) == 202
    assert receiver.stats.handled == 1


async def test_an_address_that_is_not_allowed_is_refused(
    handling: Handling, delivery: Make
) -> None:
    """Also with a good signature; behind a trusted proxy it is whom that has seen."""
    handling.go.set()
    options: Any = {"allowed": ["192.0.2.0/24"], "trusted_proxies": ["10.0.0.0/8"]}
    async with Receiver(handling.router, secrets=SECRET, **options) as receiver:
        assert await send(receiver, delivery()) == 403
        assert await send(receiver, delivery(), peer="203.0.113.1") == 403
        assert await send(receiver, delivery(), peer="192.0.2.1") == 202
        behind = delivery()
        behind.headers["X-Forwarded-For"] = "192.0.2.1"
        assert await send(receiver, behind, peer="203.0.113.1") == 403
        assert await send(receiver, behind, peer="10.0.0.1") == 202


async def test_who_may_send_can_be_replaced_while_it_is_open(
    handling: Handling, delivery: Make
) -> None:
    """The networks of the service change now and then."""
    one, other = "192.0.2.1", "203.0.113.1"
    handling.go.set()
    async with Receiver(handling.router, secrets=SECRET, allowed=Senders([one])) as receiver:
        assert await send(receiver, delivery(), peer=one) == 202
        assert await send(receiver, delivery(), peer=other) == 403
        receiver.senders = Senders([other])
        assert await send(receiver, delivery(), peer=one) == 403
        assert await send(receiver, delivery(), peer=other) == 202
        receiver.senders = None
        assert await send(receiver, delivery(), peer=one) == 202
        wrong: Any = [one]
        with pytest.raises(ArgumentError, match="senders takes"):
            receiver.senders = wrong
        assert receiver.senders is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, value) for name in ("workers", "queue", "max_bytes") for value in (1.5, "1", -1)],
        *[("grace", "1"), ("grace", float("nan")), ("grace", True), ("workers", True)],
        *[("allowed", 5), ("allowed", [None]), ("allowed", "192.0.2.0/24")],
    ],
)
def test_what_an_option_can_not_be_is_told_by_its_name(name: str, value: Any) -> None:
    """Before anything comes."""
    options: dict[str, Any] = {name: value}
    with pytest.raises((ArgumentError, ConfigurationError), match=f"^{name} "):
        Receiver(Router(), secrets=SECRET, **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"secrets": None},
        {
            "secrets": SECRET,
            "allowed": Senders(["192.0.2.1"]),
            "trusted_proxies": ["10.0.0.0/8"],
        },
        {"secrets": ""},
        {"secrets": SECRET, "unsigned": True},
        {"secrets": SECRET, "workers": 0},
        {"secrets": SECRET, "queue": -1},
        {"secrets": SECRET, "grace": -1},
        {"secrets": SECRET, "max_bytes": 0},
        {"secrets": SECRET, "trusted_proxies": ["10.0.0.0/8"]},
        {"secrets": SECRET, "allowed": []},
    ],
)
def test_a_receiver_that_could_not_work_is_refused(options: Any) -> None:
    """Before anything comes."""
    with pytest.raises((ArgumentError, ConfigurationError)) as caught:
        Receiver(Router(), **options)
    assert SECRET not in str(caught.value)


async def test_nothing_secret_is_shown_or_logged(
    handling: Handling, delivery: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the secret, nor a signature, nor a body."""
    caplog.set_level(logging.DEBUG)
    handling.go.set()
    shown = ""
    async with Receiver(handling.router, secrets=SECRET) as receiver:
        for data in ({"word": "hunter2"}, b'["hunter2"]', b"hunter2"):
            for key in ("repo:push", "x:fails"):
                for secret in (SECRET, "another"):
                    sent = delivery(key, data, secret=secret)
                    reply = await receiver.receive(sent.headers, sent.body)
                    shown += f"{reply} {receiver!r} {receiver.router!r} {receiver.stats}"
    said = shown + caplog.text
    assert "refused" in said
    assert "hunter2" not in said
    assert SECRET not in said
    assert "sha256=" not in said.replace("sha256= with", "")
