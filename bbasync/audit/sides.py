"""One side of a comparison: what audits of one time know, and what they can't tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from ..errors import ArgumentError
from .facts import Part, Project, Repo, Right
from .found import WorkspaceAudit

Time = Literal["earlier", "later"]


@frozen
class Gap:
    """Why something is not known; *whole* if that is so of more than one repository."""

    part: Part
    time: Time
    message: str
    whole: bool


class Side:
    """The audits of one time, indexed."""

    def __init__(self, time: Time, audits: Sequence[WorkspaceAudit]) -> None:
        self.time = time
        self.audits = {one.workspace: one for one in audits}
        if len(self.audits) < len(audits):
            names = [one.workspace for one in audits]
            twice = next(name for name in names if names.count(name) > 1)
            raise ArgumentError(
                f"{twice!r} is there twice in the {time} audit: give each workspace once"
            )
        self.repositories: dict[str, Repo] = {}
        self.homes: dict[str, str] = {}
        """The workspace of each repository."""
        self.rights: defaultdict[str, dict[str, Right]] = defaultdict(dict)
        """By repository and person."""
        self._unread: dict[tuple[str, Part, str | None], str] = {}
        for audit in audits:
            self._take(audit)

    def _take(self, audit: WorkspaceAudit) -> None:
        name = audit.workspace
        for right in audit.rights:
            repository = right.repository
            self.rights[repository.uuid][right.person.uuid] = right
            self.repositories[repository.uuid] = repository
            self.homes[repository.uuid] = name
        for repository in audit.repositories:
            self.repositories[repository.uuid] = repository
            self.homes[repository.uuid] = name
        for one in audit.unknown:
            key = (name, one.part, one.repository or one.project)
            self._unread.setdefault(key, one.message)
        if audit.members is None:
            self._unread.setdefault((name, "members", None), "they were not read")
        if audit.projects is None and audit.level != "effective":
            self._unread.setdefault((name, "projects", None), "they were not read")

    def gap(self, workspace: str, part: Part, name: str | None = None) -> Gap | None:
        """Why *part* was not read in full: of a repository or project, or of any at all."""
        tried: list[tuple[Part, str | None]] = [("workspaces", None), (part, None), (part, name)]
        for one, key in tried:
            message = self._unread.get((workspace, one, key))
            if message is not None:
                return Gap(part, self.time, message, whole=key is None)
        return None

    def gap_at(self, workspace: str, part: Part, repository: Repo) -> Gap | None:
        """Why *part* of *repository* is not known here; it is where there was no repository.

        *workspace* is where it would have been, if it is not known to have been elsewhere.
        """
        known = self.repositories.get(repository.uuid)
        if known is None:
            return self.absence(workspace, repository)
        return self.gap(self.homes[repository.uuid], part, known.full_name)

    def absence(self, workspace: str, repository: Repo) -> Gap | None:
        """Why it can't be told that *repository*, which was not found here, was not there."""
        audit = self.audits[workspace]
        if audit.only is not None and repository.full_name not in audit.only:
            return self._not_asked("repositories", audit.only)
        name = repository.full_name
        gap = None
        if audit.level != "effective":
            gap = self.gap(workspace, "repositories", name)
        if audit.level == "effective" or audit.only is not None:
            gap = gap or self.gap(workspace, "rights", name)
        return gap

    def only_with_rights(self, workspace: str) -> Gap | None:
        """Why a repository on which nobody has a right can't be told from one that is not there."""
        if self.audits[workspace].level != "effective":
            return None
        message = "only repositories on which somebody has a right were listed"
        return Gap("repositories", self.time, message, whole=True)

    def gap_beside(self, workspace: str, part: Part, project: Project | None) -> Gap | None:
        """Why *part* of *project*, or of the workspace itself, is not known here."""
        only = self.audits[workspace].only
        if only is not None:
            return self._not_asked(part, only)
        if project is None:
            return self.gap(workspace, part)
        return self.gap(workspace, "projects") or self.gap(workspace, part, project.key)

    def _not_asked(self, part: Part, only: Sequence[str]) -> Gap:
        return Gap(part, self.time, f"only {', '.join(only)} was asked for", whole=True)

    def names(self) -> set[str]:
        """The full names of the repositories."""
        return {one.full_name for one in self.repositories.values()}

    def unread_rights(self) -> list[tuple[str, str | None, Gap]]:
        """The lists of rights that were not read: workspace, repository's full name, and why."""
        return [
            (workspace, name, Gap("rights", self.time, message, whole=True))
            for (workspace, part, name), message in self._unread.items()
            if part == "rights"
        ]
