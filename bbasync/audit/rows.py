"""From a row of a list to a fact."""

from __future__ import annotations

from ..errors import DecodingError
from ..resources import RepositoryPermission, WorkspaceMembership
from .facts import Person, Repo, Right


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
