"""Webhooks as their users type-check them."""

from __future__ import annotations

from typing import assert_type

from aiohttp import web

from bbasync import Bitbucket
from bbasync.resources import PullRequest, Repository
from bbasync.webhooks import (
    Event,
    MemoryDeliveryStore,
    Receiver,
    Router,
    WebhookApp,
    add_routes,
    parse,
)
from bbasync.webhooks.events import PullRequestCreated, RepoPush

router = Router()


@router.on(PullRequestCreated)
async def opened(event: PullRequestCreated) -> None:
    """Handle events of one class, which type checkers know the fields of."""
    assert_type(event.pullrequest, PullRequest | None)


@router.on(RepoPush)
async def pushed(event: RepoPush) -> None:
    """Read what was pushed."""
    for change in (event.push.changes if event.push else None) or ():
        assert_type(change.forced, bool | None)


@router.on(PullRequestCreated, RepoPush)
async def both(event: PullRequestCreated | RepoPush) -> None:
    """Handle events of two classes."""
    assert_type(event.repository, Repository | None)


@router.on("pullrequest:*", "repo:push")
async def anything(event: Event) -> None:
    """Handle events by their keys."""
    assert_type(event.key, str)


async def receive(bb: Bitbucket, headers: dict[str, str], body: bytes) -> None:
    """Read one, or serve all."""
    event = parse(headers, body, secrets=["new", "old"], client=bb)
    assert_type(event, Event)
    async with Receiver(router, secrets="new", store=MemoryDeliveryStore(), client=bb) as receiver:
        reply = await receiver.receive(headers, body)
        assert_type((reply.status, reply.text), tuple[int, str])
        add_routes(web.Application(), "/hooks", receiver)
        WebhookApp(receiver)
