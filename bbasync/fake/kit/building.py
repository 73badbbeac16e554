"""The beginning of everything that is made for a test."""

import re
from typing import Any

from ..minting import install_apps, new_workspace
from ..store import Account, Store
from ..webhook.posting import Webhooks
from .inside import Inside
from .people import Person, person_in
from .workspace import WorkspaceBuilder

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
NOWHERE = "http://127.0.0.1:9/2.0"
"""Where links lead to that are made before the fake has an address."""


class Building:
    """What a fake can be filled with, before it is started and while it runs."""

    store: Store
    webhooks: Webhooks
    _address: Any
    url: Any

    def workspace(
        self, slug: str, *, name: str | None = None, private: bool | None = None
    ) -> WorkspaceBuilder:
        """Give the workspace of that slug; it is made where there is none, for the fake's owner.

        What is made with it happens as if clients had called: webhooks are told once the fake
        runs.
        """
        found = self.store.find_workspace(slug)
        if found is None:
            if not SLUG.fullmatch(slug):
                raise ValueError(
                    f"A workspace's slug is lower-case letters, digits, - and _, not {slug!r}"
                )
            owner = next(iter(self.store.accounts.values()))
            found = new_workspace(self.store, slug, name or slug.capitalize(), owner)
            if not self.store.consumers:
                install_apps(self.store, found)
        found.name = name or found.name
        found.is_private = found.is_private if private is None else private
        return WorkspaceBuilder(found, self._inside)

    def person(self, name: Person, *, email: str | None = None) -> Account:
        """Give the person of that name; where there is none, somebody who is in no workspace."""
        return person_in(self.store, name, email)

    @property
    def _inside(self) -> Inside:
        return Inside(self.store, self._base, self.webhooks.tell)

    def _base(self) -> str:
        return NOWHERE if self._address is None else str(self.url)
