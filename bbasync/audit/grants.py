"""Reads why: the groups, and what was given by hand to them and to people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from ..errors import (
    BitbucketError,
    DecodingError,
    ForbiddenError,
    GoneError,
    MethodNotAllowedError,
    NotFoundError,
)
from ..resources import GroupPrivilege
from .facts import Grant, Repo
from .gathering import Asked, Gathering
from .reading import Listing

CLOSED: Final = (
    DecodingError,
    ForbiddenError,
    GoneError,
    MethodNotAllowedError,
    NotFoundError,
)
"""How API 1.0 says that it does not answer."""


async def read_groups(at: Gathering) -> None:
    """Read the groups, and what they were given on repositories.

    API 1.0 tells that by one call, and alone tells who is in a group. Where it is closed, the
    members stay unknown, and each repository is asked what it gives to groups.
    """
    slug = _slug(at)
    groups = await at.whole(at.lists.groups(slug), at.maker.group)
    at.found.groups = None if groups.error is not None else groups.facts
    each = [
        Asked(at.lists.repository_groups(one.full_name), partial(at.maker.to_group, on=one))
        for one in at.open_repositories("repository-groups")
    ]
    if _is_closed(at, groups.error, each):
        at.found.grants += await at.each("repository-groups", each)
    elif at.only:
        for one in each:
            privileges = at.lists.privileges_on(one.listing.repository or "")
            await _read_privileges(at, privileges, [one])
    else:
        await _read_privileges(at, at.lists.privileges(slug), each)


async def _read_privileges(
    at: Gathering, one: Listing[GroupPrivilege], instead: Sequence[Asked[Grant]]
) -> None:
    names = {repo.full_name.casefold(): repo for repo in at.found.repositories}

    def privilege(row: GroupPrivilege) -> Grant:
        known: Repo | None = names.get((row.repo or "").casefold())
        if known is None:
            raise DecodingError(f"a group has a right on {row.repo!r}, which is not listed")
        return at.maker.privilege(row, known)

    read = await at.read(one, privilege)
    if _is_closed(at, read.error, instead):
        at.found.grants += await at.each("repository-groups", instead)
    else:
        at.note(one, read)
        at.found.grants += read.facts


def _is_closed(
    at: Gathering, error: BitbucketError | None, instead: Sequence[Asked[Grant]]
) -> bool:
    """Whether API 1.0 does not answer, or did not in the run that has read something *instead*."""
    if at.is_left_out(error):
        return at.begun(one.listing for one in instead)
    return isinstance(error, CLOSED)


def _slug(at: Gathering) -> str:
    """The workspace's slug: API 1.0 knows no uuids, and names of repositories begin with it."""
    if not at.maker.workspace.startswith("{"):
        return at.maker.workspace
    names = (one.full_name for one in at.found.repositories if "/" in one.full_name)
    return next(names, at.workspace).partition("/")[0]


async def read_grants(at: Gathering) -> None:
    """Read what projects and repositories give, beside what repositories give to groups."""
    found, lists, maker = at.found, at.lists, at.maker
    found.grants += await at.each(
        "project-users",
        [
            Asked(lists.project_users(one.key), partial(maker.to_user, on=one))
            for one in at.open_projects("project-users")
        ],
    )
    found.grants += await at.each(
        "project-groups",
        [
            Asked(lists.project_groups(one.key), partial(maker.to_group, on=one))
            for one in at.open_projects("project-groups")
        ],
    )
    may_give = _may_give(at)
    found.grants += await at.each(
        "repository-users",
        [
            Asked(lists.repository_users(one.full_name), partial(maker.to_user, on=one))
            for one in at.open_repositories("repository-users")
            if may_give(one)
        ],
    )


def _may_give(at: Gathering) -> Callable[[Repo], bool]:
    """Tells the repositories that may give something to people, so that their lists are asked for.

    Whatever is given shows as an effective right, and owners of the workspace can't be given
    anything: a repository on which nobody else has a right gives nothing that matters.
    """
    found, levels = at.found, at.found.levels
    if levels is None or not found.knows("members"):
        return lambda _: True
    lent = {one.repository.uuid for one in found.rights if levels.get(one.person.uuid) != "owner"}
    return lambda one: one.uuid in lent or not found.knows("rights", repository=one.full_name)
