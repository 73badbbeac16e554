"""Webhooks, and the events that they can be called for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager

__all__ = ["HookEvent", "HookSubject", "HookSubjects", "Webhook"]


@resource("webhook_subscription")
class Webhook(Resource):
    """An address that the service calls when something happens."""

    type: str | None = None
    uuid: str | None = None
    url: str | None = None
    description: str | None = None
    subject_type: str | None = None
    """``repository`` or ``workspace``."""
    subject: Resource | None = None
    active: bool | None = None
    created_at: datetime | None = None
    events: Sequence[str] | None = None
    """Keys such as ``repo:push``; at least one."""
    secret: str | None = None
    """Only ever written: left out it stays, None or "" takes it away."""
    secret_set: bool | None = None
    skip_cert_verification: bool | None = None
    history_enabled: bool | None = None
    read_only: bool | None = None
    source: str | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this webhook again."""


@resource()
class HookEvent(Resource):
    """An event that webhooks can be called for."""

    event: str | None = None
    category: str | None = None
    label: str | None = None
    description: str | None = None


@resource()
class HookSubject(Resource):
    """A kind of thing that has webhooks."""

    @link("events")
    def events(self, **query: Unpack[ListQuery]) -> Pager[HookEvent]:
        """Walk the events that happen to it."""


@resource()
class HookSubjects(Resource):
    """What has webhooks; teams and users, which once had them, may still be listed."""

    repository: HookSubject | None = None
    workspace: HookSubject | None = None
    team: HookSubject | None = None
    user: HookSubject | None = None
