"""What to do about rights: calls take away what was given by hand, and nothing else.

A person outside the workspace can't be given less instead: the service gives grants to members
only. Groups can't be changed with the credentials that can change grants.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..facts import RANKS, Grant, Project
from ..findings import Finding
from ..sources import told
from .calls import Call, Expects
from .known import (
    Known,
    Remedy,
    as_it_is,
    by_hand,
    grant_behind,
    listed,
    named,
    rank,
    with_sources,
)

_TO_MEMBERS: Final = "it can't be lowered, as the service gives grants to members only"
_NO_GROUPS: Final = (
    "API tokens can't change groups: take the person out of the group, or lower what the group "
    "has, on the workspace's pages"
)
_ALLOWED_TOO: Final = (
    "That gives what the policy allows on other repositories of the project as well: grant that on "
    "those repositories first, or allow this"
)
_EXPLAIN: Final = "where it comes from is not known: audit with --level explain to know it"
_NO_SOURCE: Final = (
    "no grant was found that it comes from: look at the permissions of the repository and of its "
    "project"
)


def outsider(known: Known, finding: Finding) -> list[Remedy]:
    """Take away each grant that gives a person outside as much as the policy minds."""
    right = known.right(finding)
    if known.audit.level == "effective":
        return by_hand(finding, _EXPLAIN)
    if right is None:
        return []
    least = known.least_outside
    made: list[Remedy] = []
    for source in right.sources:
        if rank(source.permission) < least or source.kind in {"owner", "public"}:
            continue
        grant = grant_behind(known, right, source)
        if source.group is not None:
            made += by_hand(finding, f"it comes from {told(source)}. {_NO_GROUPS}")
        elif grant is not None and (right.person.uuid, source.project) in known.kept:
            made += by_hand(finding, f"it comes from {told(source)}. {_ALLOWED_TOO}")
        elif grant is not None:
            made.append(_revoked(known, grant, f" ({_TO_MEMBERS})"))
    if made and right.explained is False:
        text = f"what was found does not add up to {right.permission}: audit again after the rest"
        made += by_hand(finding, text)
    return made or by_hand(finding, _NO_SOURCE)


def beside_groups(known: Known, finding: Finding) -> list[Remedy]:
    """Take away a grant beside a group that gives as much."""
    person, repository, project = finding.person, finding.repository, finding.project
    if person is None:
        return []
    on = None if repository is None else repository.uuid
    key = None if repository is not None or project is None else project.key
    grant = known.grants.get((person.uuid, on, key))
    if grant is None:
        return []
    backing = _backing(known, grant, finding)
    if backing is None:
        text = "no group is known to give as much: put the person into one first, and audit again"
        return by_hand(finding, text)
    group, holds = backing
    return [_revoked(known, grant, f", as {group} gives as much", holds)]


def _backing(known: Known, grant: Grant, finding: Finding) -> tuple[str, Sequence[Expects]] | None:
    """The group that gives as much as *grant*, and what must hold for that to stay so."""
    if grant.permission not in RANKS:
        return None
    if grant.project is not None:
        return _group_on_project(known, grant, grant.project)
    right = known.right(finding)
    if right is None or right.explained is False:
        return None
    for source in right.sources:
        if source.group is None or rank(source.permission) < rank(grant.permission):
            continue
        given = grant_behind(known, right, source)
        return told(source), [] if given is None else as_it_is(given)
    return None


def _group_on_project(
    known: Known, grant: Grant, project: Project
) -> tuple[str, Sequence[Expects]] | None:
    person, needed = grant.person and grant.person.uuid, rank(grant.permission)
    for group in known.audit.groups or ():
        if person not in (group.members or ()):
            continue
        given = known.grants.get((group.slug, None, project.key))
        if given is not None and rank(given.permission) >= needed:
            return f"group {group.slug} on project {project.key}", as_it_is(given)
        # A default is for repositories, and administers no project.
        if needed <= min(rank(group.permission or "none"), RANKS["write"]):
            return f"the default of group {group.slug}", []
    return None


def _revoked(known: Known, grant: Grant, because: str, more: Sequence[Expects] = ()) -> Remedy:
    place = "" if grant.repository is None else grant.repository.full_name
    if grant.project is not None:
        place = f"project {grant.project.key}, for its {known.reach(grant.project)}"
    who = named(grant.person)
    action = f"take away {who}'s {grant.permission} on {place}, given by hand{because}"
    expects = as_it_is(grant)
    return Remedy(action, Call("DELETE", expects[0].path, None, [*expects, *more]))


def many_admins(known: Known, finding: Finding) -> list[Remedy]:
    """Name who administers a repository, and why."""
    uuid = finding.repository and finding.repository.uuid
    admins = known.administrators.get(uuid or "", ())
    text = "who is to stay is the team's to decide. Lower the others where it comes from"
    return by_hand(finding, f"{text}: {with_sources(admins)}")


def many_owners(known: Known, finding: Finding) -> list[Remedy]:
    """Name the owners of a workspace."""
    owners = [one.person for one in known.audit.members or () if one.level == "owner"]
    text = "who is to stay is the team's to decide, and no API makes a member of an owner"
    return by_hand(finding, f"{text}: {listed([named(one) for one in owners])}")


def unexplained(known: Known, finding: Finding) -> list[Remedy]:
    """Name what is known of a right that does not add up."""
    right = known.right(finding)
    found = with_sources([] if right is None else [right]) or "nothing"
    text = "nothing is taken away that is not understood. Known is"
    return by_hand(finding, f"{text}: {found}. Compare with the repository's permissions page")
