"""A workspace's audit as remedies look into it, and how they name what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeAlias

from attrs import define, frozen

from ...wire.origin import segment
from ..facts import RANKS, DeployKey, Grant, Hook, Person, Project, Repo, Right, Source
from ..findings import Finding
from ..found import WorkspaceAudit
from ..sources import told
from .calls import Call, Expects

ThingOf: TypeAlias = tuple[str | None, str | None, str | None]

_MOST_NAMED: Final = 20


@frozen
class Remedy:
    """Something to do about a finding: a *call*, or what a person has to do."""

    action: str
    call: Call | None = None
    manual: str = ""


@define(slots=False)
class Known:
    """A workspace's audit, and where in it a finding's things are."""

    audit: WorkspaceAudit
    least_outside: int = RANKS["write"]
    """The rank from which on the policy minds what people outside may do."""
    kept: Collection[tuple[str, str]] = ()
    """People outside, by uuid, who are allowed something in a project, by its key."""

    @cached_property
    def rights(self) -> Mapping[tuple[str, str], Right]:
        """By person and repository; those that are listed win."""
        both = (*self.audit.unlisted, *self.audit.rights)
        return {(one.person.uuid, one.repository.uuid): one for one in both}

    @cached_property
    def grants(self) -> Mapping[tuple[str | None, str | None, str | None], Grant]:
        """By the person's uuid or the group's slug, the repository's uuid, the project's key."""
        return {
            (
                one.group if one.person is None else one.person.uuid,
                None if one.repository is None else one.repository.uuid,
                None if one.project is None else one.project.key,
            ): one
            for one in self.audit.grants
        }

    @cached_property
    def administrators(self) -> Mapping[str, Sequence[Right]]:
        """Who has admin, by repository."""
        found: dict[str, list[Right]] = {}
        for one in self.audit.rights:
            if one.permission == "admin":
                found.setdefault(one.repository.uuid, []).append(one)
        return found

    @cached_property
    def deploy_keys(self) -> Mapping[ThingOf, DeployKey]:
        """By number, and what they are of."""
        keys = self.audit.deploy_keys
        return {thing_of(str(one.id), one.repository, one.project): one for one in keys}

    @cached_property
    def webhooks(self) -> Mapping[ThingOf, Hook]:
        """By uuid, and the repository that they are of."""
        return {thing_of(one.uuid, one.repository): one for one in self.audit.webhooks}

    @cached_property
    def forks(self) -> Counter[str | None]:
        """How many forks there are of each repository, as far as they are in the workspace."""
        return Counter(one.parent for one in self.audit.repositories)

    @cached_property
    def _sizes(self) -> Mapping[str | None, int]:
        """How many repositories there are, by the project's key."""
        return Counter(one.project for one in self.audit.repositories)

    def right(self, finding: Finding) -> Right | None:
        """The right that the finding is about."""
        if finding.person is None or finding.repository is None:
            return None
        return self.rights.get((finding.person.uuid, finding.repository.uuid))

    def reach(self, project: Project) -> str:
        """The repositories of a project, counted."""
        count = self._sizes.get(project.key, 0)
        least = "" if self.audit.knows("repositories") else "at least "
        return f"{least}{count} {'repository' if count == 1 else 'repositories'}"


def thing_of(thing: str | None, repository: Repo | None, project: Project | None = None) -> ThingOf:
    """What there is one of, by what it is called where it is."""
    here = None if repository is None else repository.uuid
    return thing, here, None if project is None else project.uuid


def by_hand(finding: Finding, text: str) -> list[Remedy]:
    """Leave it to a person, who is told *text*."""
    action = f"decide what to do about {finding.rule} ({place_of(finding)})"
    return [Remedy(action, manual=text)]


def place_of(finding: Finding) -> str:
    """Where a finding is, for people."""
    if finding.repository is not None:
        place = finding.repository.full_name
    elif finding.project is not None:
        place = f"project {finding.project.key}"
    else:
        place = finding.workspace
    return place if finding.person is None else f"{named(finding.person)} on {place}"


def rank(permission: str) -> int:
    """How much *permission* is; what the service has never had before is nothing."""
    return RANKS.get(permission, 0)


def grant_behind(known: Known, right: Right, source: Source) -> Grant | None:
    """What was given by hand, if that is where *source* is."""
    who = source.group or right.person.uuid
    if source.kind in {"user", "group"}:
        return known.grants.get((who, right.repository.uuid, None))
    return known.grants.get((who, None, source.project)) if source.project else None


def as_it_is(grant: Grant) -> list[Expects]:
    """What must hold for *grant* to be still what was found; its own path comes first."""
    if grant.person is None:
        last = f"groups/{segment('group', grant.group)}"
    else:
        last = f"users/{segment('person', grant.person.uuid)}"
    fields = {"permission": grant.permission}
    if grant.project is None:
        return [Expects(f"{repository_at(grant.repository)}/permissions-config/{last}", fields)]
    place = project_at(grant.project)
    # The key may be another project's by then.
    own = Expects(place, {"uuid": grant.project.uuid})
    return [Expects(f"{place}/permissions-config/{last}", fields), own]


def repository_at(repository: Repo | None) -> str:
    """The path of a repository: by its uuid, so that no rename leads to another."""
    if repository is None:
        raise ValueError("a grant is on a repository or on a project")
    workspace = segment("workspace", repository.workspace)
    return f"/repositories/{workspace}/{segment('repository', repository.uuid)}"


def project_at(project: Project) -> str:
    """The path of a project, which the service knows by its key."""
    workspace = segment("workspace", project.workspace)
    return f"/workspaces/{workspace}/projects/{segment('project', project.key)}"


def named(person: Person | None) -> str:
    """A person's name on one line."""
    return "nobody" if person is None else one_line(person.name) or person.uuid


def one_line(text: str) -> str:
    """*text* on one line."""
    return " ".join(text.split())


def with_sources(rights: Iterable[Right]) -> str:
    """Who has a right and where from, as far as that is known."""
    texts = []
    for one in rights:
        sources = ", ".join(told(source) for source in one.sources)
        texts.append(f"{named(one.person)} ({one.permission}: {sources or 'source not known'})")
    return listed(texts)


def listed(texts: Sequence[str]) -> str:
    """*texts* in a row; of very many, how many more there are."""
    more = len(texts) - _MOST_NAMED
    return "; ".join(texts[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
