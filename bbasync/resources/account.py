"""People, teams and apps: whoever owns, writes or may do something."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, Unpack

from ..model.link import link
from ..model.resource import Resource, resource
from ..paging import ListQuery, Pager

if TYPE_CHECKING:
    from .project import Project
    from .repository import Repository
    from .snippet import Snippet
    from .webhook import Webhook
    from .workspace import Workspace, WorkspaceMembership

__all__ = ["Account", "AppUser", "Email", "Team", "User"]


@resource("account")
class Account(Resource):
    """A user, a team or an app; which of them, the class and ``type`` say."""

    type: str | None = None
    uuid: str | None = None
    """With braces, as everywhere."""
    display_name: str | None = None
    created_on: datetime | None = None
    kind: str | None = None
    website: str | None = None
    location: str | None = None
    username: str | None = None
    """Teams and old payloads have one; users no longer do."""

    @link("self")
    async def self_(self) -> Self:
        """Fetch this account in full."""

    @link("repositories")
    def repositories(self, **query: Unpack[ListQuery]) -> Pager[Repository]:
        """Walk the account's repositories."""

    @link("snippets")
    def snippets(self, **query: Unpack[ListQuery]) -> Pager[Snippet]:
        """Walk the account's snippets."""

    @link("hooks")
    def hooks(self, **query: Unpack[ListQuery]) -> Pager[Webhook]:
        """Walk the account's webhooks."""


@resource("user")
class User(Account):
    """A person."""

    account_id: str | None = None
    """None for bots and some old accounts."""
    account_status: str | None = None
    nickname: str | None = None
    """Neither unique nor fixed: identify people by ``uuid`` or ``account_id``."""
    is_staff: bool | None = None
    has_2fa_enabled: bool | None = None


@resource("team")
class Team(Account):
    """A workspace in the place of an owner."""

    @link("self")
    async def self_(self) -> Workspace:  # type: ignore[override]  # what the service has there
        """Fetch the workspace that it is."""

    @link("members")
    def members(self, **query: Unpack[ListQuery]) -> Pager[WorkspaceMembership]:
        """Walk the team's members."""

    @link("projects")
    def projects(self, **query: Unpack[ListQuery]) -> Pager[Project]:
        """Walk the team's projects."""


@resource("app_user")
class AppUser(Account):
    """An app or an access token, acting for itself."""

    account_id: str | None = None
    account_status: str | None = None


@resource("email")
class Email(Resource):
    """An e-mail address of the caller."""

    type: str | None = None
    email: str | None = None
    is_primary: bool | None = None
    is_confirmed: bool | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this address again."""
