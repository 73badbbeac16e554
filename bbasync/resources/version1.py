"""What API 1.0 still returns: groups with their members, their privileges, and invitations.

A class is called V1 where API 2.0 has one of that name. Nothing in here has a ``type`` or links.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..model.resource import Resource, resource
from ..model.times import AmsterdamTime, UTCTime

__all__ = [
    "GroupPrivilege",
    "Invitation",
    "V1Account",
    "V1Group",
    "V1Repository",
    "V1RepositoryStub",
]


@resource()
class V1Account(Resource):
    """A person or a team, as API 1.0 describes them."""

    display_name: str | None = None
    nickname: str | None = None
    account_id: str | None = None
    uuid: str | None = None
    is_team: bool | None = None
    is_staff: bool | None = None
    avatar: str | None = None
    """The address of an image."""
    resource_uri: str | None = None
    """A path of API 1.0; most of them lead nowhere now."""
    username: str | None = None
    """Only in old answers, as are the two names."""
    first_name: str | None = None
    last_name: str | None = None


@resource()
class V1Group(Resource):
    """A group of a workspace, with everybody in it."""

    name: str | None = None
    slug: str | None = None
    permission: str | None = None
    """What its members may do in every new repository: ``read``, ``write``, ``admin`` or None."""
    auto_add: bool | None = None
    """Whether new repositories are opened to it."""
    email_forwarding_disabled: bool | None = None
    members: Sequence[V1Account] | None = None
    owner: V1Account | None = None


@resource()
class V1RepositoryStub(Resource):
    """A repository, as privileges name it."""

    name: str | None = None
    slug: str | None = None
    owner: V1Account | None = None


@resource()
class GroupPrivilege(Resource):
    """What a group may do with a repository."""

    repo: str | None = None
    """``workspace/repository``."""
    privilege: str | None = None
    """``read``, ``write`` or ``admin``; ``collaborator`` in old answers."""
    group: V1Group | None = None
    user: V1Account | None = None
    """Whom it was given to, in old answers about people."""
    repository: V1RepositoryStub | None = None


@resource()
class V1Repository(Resource):
    """A repository, as an invitation describes it."""

    name: str | None = None
    slug: str | None = None
    owner: str | None = None
    """A name."""
    description: str | None = None
    website: str | None = None
    logo: str | None = None
    scm: str | None = None
    language: str | None = None
    size: int | None = None
    """Bytes."""
    is_private: bool | None = None
    is_fork: bool | None = None
    is_mq: bool | None = None
    fork_of: Any = None
    mq_of: Any = None
    no_forks: bool | None = None
    no_public_forks: bool | None = None
    has_issues: bool | None = None
    has_wiki: bool | None = None
    email_mailinglist: str | None = None
    email_writers: bool | None = None
    read_only: bool | None = None
    deleted: bool | None = None
    state: str | None = None
    creator: str | None = None
    resource_uri: str | None = None
    last_updated: AmsterdamTime | None = None
    created_on: AmsterdamTime | None = None
    utc_last_updated: UTCTime | None = None
    utc_created_on: UTCTime | None = None


@resource()
class Invitation(Resource):
    """An invitation that was not yet accepted: to groups of a workspace, or to a repository."""

    email: str | None = None
    invited_by: V1Account | None = None
    groups: Sequence[str] | None = None
    """``workspace/group`` of each, for one to groups."""
    utc_sent_on: UTCTime | None = None
    """When one to groups was sent."""
    permission: str | None = None
    """``read``, ``write`` or ``admin``, for one to a repository."""
    repository: V1Repository | None = None
    sent_on: AmsterdamTime | None = None
    """When one to a repository was sent."""
    group_slug: str | None = None
    """For writing: the group to invite to, or whose invitation to take back."""
