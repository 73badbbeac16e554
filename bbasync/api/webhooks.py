"""The operations on the events that webhooks can be called for."""

from __future__ import annotations

from typing import Unpack

from ..paging import ListQuery, Pager
from ..resources import HookEvent, HookSubjects
from .operation import GET, Group


class Webhooks(Group, name="webhooks"):
    """What webhooks can be called for; the webhooks are with repositories and workspaces."""

    @GET("/hook_events")
    async def get_subjects(self) -> HookSubjects:
        """Get what has webhooks at all, each with a link to its events; open to everyone."""

    @GET("/hook_events/{subject_type}")
    def list_events(self, subject_type: str, **query: Unpack[ListQuery]) -> Pager[HookEvent]:
        """Walk the events of *subject_type*, ``repository`` or ``workspace``; open to everyone."""
