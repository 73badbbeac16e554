"""One thing that is not as it was at an earlier audit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal

from attrs import frozen

from .facts import Part, Person, Repo, Source
from .sources import told

What = Literal[
    "workspace-new",
    "workspace-missing",
    "joined",
    "left",
    "level",
    "created",
    "moved",
    "renamed",
    "made-public",
    "made-private",
    "gone",
    "gained",
    "raised",
    "lowered",
    "lost",
    "deploy-key-added",
    "deploy-key-removed",
    "webhook-added",
    "webhook-removed",
    "unknown",
]
"""What has happened: to a workspace, a member, a repository, a right, a key or a webhook; or that
something can't be compared."""


@frozen
class Change:
    """One change; what is None has no part in it."""

    kind: ClassVar = "change"

    workspace: str
    """That of the later audit, for a repository that was moved."""
    what: What
    person: Person | None = None
    repository: Repo | None = None
    """As the later audit has it, if it does."""
    project: str | None = None
    """The key, for a deploy key of a project."""
    before: str | None = None
    """The permission or level, the full name, ``private`` or ``public``, or the label of a
    key, or scheme and host of a webhook."""
    after: str | None = None
    before_sources: Sequence[Source] = ()
    """Of a right, the strongest first; empty where that audit does not explain."""
    after_sources: Sequence[Source] = ()
    thing: str | None = None
    """The id of a deploy key, or the uuid of a webhook."""
    parts: Sequence[Part] = ()
    """The lists that can't be compared."""
    left_out: int = 0
    """How many entries of these lists are on one side only, and are not called a change."""
    reason: str | None = None
    """Why they can't be compared."""

    def describe(self) -> str:
        """The change in one line, for people."""
        return _LINES[self.what].format(
            workspace=self.workspace,
            who=self.person.name if self.person else "somebody",
            where=self._where(),
            before=self.before,
            after=self.after,
            was=_by("it was by", self.before_sources),
            now=_by("by", self.after_sources),
            thing=self.thing,
            lists=", ".join(self.parts),
            reason=self.reason,
            entries="entry" if self.left_out == 1 else "entries",
            left_out=self.left_out,
        )

    def _where(self) -> str:
        if self.repository is not None:
            return self.repository.full_name
        return f"project {self.project}" if self.project else self.workspace


_LINES: Final[dict[What, str]] = {
    "workspace-new": "{workspace} was not audited earlier: nothing in it is compared",
    "workspace-missing": "{workspace} is not in the later audit: nothing in it is compared",
    "joined": "{who} joined {workspace} as {after}",
    "left": "{who} left {workspace}, and was {before}",
    "level": "{who} is {after} of {workspace}, and was {before}",
    "created": "{where} is new",
    "moved": "{after} was {before}, and came from another workspace",
    "renamed": "{after} was called {before}",
    "made-public": "{where} was made public",
    "made-private": "{where} was made private",
    "gone": "{where} is gone: deleted, or moved to where nothing was audited",
    "gained": "{who} gained {after} on {where}{now}",
    "raised": "{who} was raised from {before} to {after} on {where}{now}",
    "lowered": "{who} was lowered from {before} to {after} on {where}{was}",
    "lost": "{who} lost {before} on {where}{was}",
    "deploy-key-added": "deploy key {thing} ({after}) was added to {where}",
    "deploy-key-removed": "deploy key {thing} ({before}) was removed from {where}",
    "webhook-added": "webhook {thing} to {after} was added to {where}",
    "webhook-removed": "webhook {thing} to {before} was removed from {where}",
    "unknown": "{where} can't be compared in full ({lists}): {reason}; "
    "{left_out} {entries} of one side left out",
}


def _by(word: str, sources: Sequence[Source]) -> str:
    """What a right comes from: all that give as much as the strongest.

    That everybody may read is told only where there is nothing else.
    """
    sources = [one for one in sources if one.kind != "public"] or sources
    if not sources:
        return ""
    first = [told(one) for one in sources if one.permission == sources[0].permission]
    return f" ({word} {' and '.join(first)})"
