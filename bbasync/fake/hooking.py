"""Webhooks of a fake as its user sees them: what was delivered, and sending by hand."""

from __future__ import annotations

import json
from typing import Any

from .exchange import Call
from .kit.inside import credential_of
from .minting import workspace_of
from .state import history
from .store import Hook, Repository, Store, uuid_of
from .webhook.posting import Delivery, Webhooks
from .webhook.sample import chosen, sample


class Hooking:
    """What a fake tells on its own accord."""

    store: Store
    webhooks: Webhooks
    url: Any

    @property
    def deliveries(self) -> list[Delivery]:
        """What was sent to webhooks, or would have been, oldest first.

        Of more than 2000 the older half is let go.
        """
        return self.webhooks.deliveries

    async def delivered(self) -> None:
        """Wait until no delivery is under way; on any loop, ``asyncio.run(fake.delivered())`` too.

        Receivers that make something happen at each delivery keep it waiting for ever.
        """
        await self.webhooks.settle()

    async def deliver(
        self,
        event: str,
        *,
        to: str,
        secret: str | None = None,
        payload: dict[str, Any] | None = None,
        repository: str | None = None,
        pullrequest: int | None = None,
        duplicates: int = 0,
    ) -> Delivery:
        """Send an event by hand, whatever has happened, and wait for what comes of it.

        The payload is made of what the fake has: of *repository*, a full name such as
        ``acme/site`` (None: the first that has commits), and of its *pullrequest* (None: its newest
        open one); or it is the *payload* that is given, and then the event may be any. With a
        *secret* it is signed. *duplicates* are sent behind it, the same to the byte.
        """
        base = str(self.url)
        if duplicates < 0:
            raise ValueError(f"duplicates is how many are sent behind the first, not {duplicates}")
        if not self.webhooks.allows(to):
            raise ValueError(
                f"webhooks reach {self.webhooks.reach}, and {to!r} is elsewhere: "
                "fake.webhooks.reach = 'anywhere' lets them"
            )
        if payload is None:
            payload = self._sample(base, event, repository, pullrequest)
        hook = Hook(
            uuid=uuid_of(f"{self.store.seed}:by hand:{to}"),
            url=to,
            description="Sent by hand",
            events=[event],
            active=True,
            created_at=self.store.now(),
            secret=secret,
        )
        body = json.dumps(payload).encode()
        made = self.webhooks.send(event, hook, body, copies=1 + duplicates)
        await self.webhooks.finish(made)
        return made

    def _sample(
        self, base: str, event: str, named: str | None, number: int | None
    ) -> dict[str, Any]:
        one = self._one(named)
        call = Call(self.store, "GET", "", "", base, {})
        call.credential = credential_of(self.store, one.workspace)
        made = chosen(call, one, number) if event.startswith("pullrequest:") else None
        return sample(call, event, one, made)

    def _one(self, named: str | None) -> Repository:
        if named is not None:
            owner, _, slug = named.partition("/")
            found = self.store.find_repository(workspace_of(self.store, owner).slug, slug)
            if found is None:
                raise LookupError(f"No repository {named!r} here")
            return found
        first = None
        for one in self.store.repositories():
            first = first or one
            if history.head(one) is not None:
                return one
        if first is None:
            raise LookupError(
                "The fake has no repository to tell of: make one with "
                "fake.workspace('acme').repository('site')"
            )
        return first
