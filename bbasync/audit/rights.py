"""Reads who may do what: the members and the effective rights, and what these are rights on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve

from ..errors import ForbiddenError, NotFoundError
from ..resources import Repository
from .facts import Project, Repo, Right
from .gathering import Asked, Gathering


async def read_members(at: Gathering) -> bool:
    """Read the members; False where there is no such workspace."""
    one = at.lists.members()
    read = await at.read(one, at.maker.member)
    at.found.workspace = at.maker.workspace
    if isinstance(read.error, NotFoundError):
        at.unknown("workspaces", read.error)
        return False
    at.note(one, read)
    at.found.members = None if read.error is not None else read.facts
    return True


async def read_things(at: Gathering) -> list[Repo]:
    """Read the projects and the repositories, which it gives."""
    if at.only:
        return await _read_named(at)
    repositories = await at.whole(at.lists.repositories(), at.maker.repository)
    projects = await at.whole(at.lists.projects(), at.maker.project)
    unread = projects.error is not None and not projects.facts
    at.found.projects = None if unread else projects.facts
    return repositories.facts


async def _read_named(at: Gathering) -> list[Repo]:
    def both(row: Repository) -> tuple[Repo, Project | None]:
        project = None if row.project is None else at.maker.project(row.project)
        return at.maker.repository(row), project

    asked = [Asked(at.lists.repository(one), both) for one in at.named]
    pairs = await at.each("repositories", asked)
    projects = {one.key: one for _, one in pairs if one is not None}
    at.found.projects = list(projects.values())
    return [one for one, _ in pairs]


async def read_rights(at: Gathering) -> None:
    """Read the effective rights: from one list, or from each repository's where that is closed."""
    if at.only:
        at.found.rights = await _rights_on(at, at.named)
        return
    one, own = at.lists.rights(), at.lists.own_rights()
    read = await at.read(one, at.maker.right)
    if isinstance(read.error, ForbiddenError) or (at.is_left_out(read.error) and at.begun([own])):
        await _without_administration(at)
    else:
        at.note(one, read)
        at.found.rights = read.facts


async def _without_administration(at: Gathering) -> None:
    """Ask for each repository that the caller administers; the others stay unknown."""
    read = await at.whole(at.lists.own_rights(), at.maker.right, "own rights")
    if read.error is not None and not read.facts:
        return
    at.unknown(
        "rights",
        "not audited in full: the credential's owner is no administrator of the workspace, "
        "so that only repositories that he administers can be read",
    )
    for right in read.facts:
        if right.permission != "admin":
            why = f"reading its rights takes admin, and the caller has {right.permission}"
            at.unknown("rights", why, repository=right.repository.full_name)
    ours = [one.repository for one in read.facts if one.permission == "admin"]
    at.administered = {one.uuid for one in ours}
    at.found.rights = await _rights_on(at, [one.full_name for one in ours])


async def _rights_on(at: Gathering, full_names: Iterable[str]) -> list[Right]:
    asked = [Asked(at.lists.rights_on(one), at.maker.right) for one in full_names]
    return await at.each("rights", asked)


async def put_together(at: Gathering, listed: Sequence[Repo]) -> None:
    """Tell which repositories there are, and drop the rights that came twice."""
    found = at.found
    once = {(one.person.uuid, one.repository.uuid): one for one in found.rights}
    found.rights = list(once.values())
    known = {one.uuid: one for one in listed}
    for right in found.rights:
        known.setdefault(right.repository.uuid, right.repository)
    if any(one.is_private is None for one in known.values()):
        await _read_visibility(at, known)
    found.repositories = sorted(known.values(), key=lambda one: (one.full_name, one.uuid))
    _note_silence(at, listed)
    if at.only:
        _name_alike(at)


def _note_silence(at: Gathering, listed: Sequence[Repo]) -> None:
    """Call the rights on a repository unknown where nobody has any, not even an owner.

    It was deleted while the audit went on: nobody has lost what he had there, nor is anything
    missing from the service's list.
    """
    found = at.found
    owned = any(one.level == "owner" for one in found.members or ())
    if not owned or not found.knows("rights"):
        return
    heard = {one.repository.uuid for one in found.rights}
    unread = {one.repository for one in found.unknown if one.part == "rights"}
    for one in listed:
        if one.uuid not in heard and one.full_name not in unread:
            why = "nobody is listed, not even an owner of the workspace: it may be gone by now"
            at.unknown("rights", why, repository=one.full_name)


def _name_alike(at: Gathering) -> None:
    """Call the repositories that were asked for by what the service calls them.

    They may have been asked for in another case, or by their uuids.
    """
    found, known = at.found, {}
    for one in found.repositories:
        known[one.uuid] = known[one.full_name.rpartition("/")[2].casefold()] = one.full_name
    names = {
        named: known.get(slug.casefold(), named)
        for slug, named in zip(at.only, at.named, strict=True)
    }
    found.only = list(dict.fromkeys(names.values()))
    found.unknown = [
        evolve(one, repository=names.get(one.repository or "", one.repository))
        for one in found.unknown
    ]


async def _read_visibility(at: Gathering, known: dict[str, Repo]) -> None:
    """Ask which repositories are public, where that did not come with them."""
    read = await at.whole(at.lists.public(), lambda row: row.uuid, "public repositories")
    if read.error is not None:
        return
    public = set(read.facts)
    for uuid, one in known.items():
        if one.is_private is None:
            known[uuid] = evolve(one, is_private=uuid not in public)
    at.found.rights = [
        evolve(right, repository=known[right.repository.uuid]) for right in at.found.rights
    ]
