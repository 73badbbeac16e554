"""From a row of a list to a fact, and the ``fields`` of a row that this takes."""

from __future__ import annotations

from typing import Final

from ..errors import DecodingError
from ..resources import RepositoryPermission, WorkspaceMembership
from .facts import Person, Repo, Right

RIGHTS: Final = (
    "values.permission",
    "values.user.type",
    "values.user.uuid",
    "values.user.display_name",
    "values.user.account_id",
    "values.repository.uuid",
    "values.repository.full_name",
    "values.repository.is_private",
)
MEMBERS: Final = ("values.permission", "values.user.uuid")
WORKSPACES: Final = ("values.workspace.slug", "values.workspace.uuid")


def level_of(row: WorkspaceMembership) -> dict[str, str]:
    """The member's level by uuid; DecodingError for a row that names nobody."""
    if row.user is None or row.user.uuid is None:
        raise DecodingError(f"a membership without its user came in: {row.to_dict()!r}")
    return {row.user.uuid: row.permission or "member"}


def right_of(row: RepositoryPermission) -> Right:
    """The right; DecodingError for a row that lacks whose it is, or on what."""
    user, repository = row.user, row.repository
    if user is None or repository is None or user.uuid is None or repository.uuid is None:
        raise DecodingError(f"a right without its user or repository came in: {row.to_dict()!r}")
    return Right(
        Person(
            user.uuid,
            user.display_name or user.uuid,
            getattr(user, "account_id", None),
        ),
        Repo(repository.uuid, repository.full_name or repository.uuid, repository.is_private),
        row.permission or "unknown",
    )
