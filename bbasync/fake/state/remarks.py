"""What is said about the commits of a repository, and who approved of them."""

from datetime import timedelta
from typing import Any

from attrs import define

from ..pattern import one_in
from ..store import Repository
from .differ import touched
from .history import Commit, pick


@define(eq=False)
class Remark:
    """A comment on a commit, or on a line of it; `parent` is the comment that it answers."""

    id: int
    who: str
    text: str
    created_on: str
    updated_on: str
    inline: dict[str, Any] | None = None
    parent: int | None = None
    deleted: bool = False


class Remarks:
    """The comments and approvals of one repository; each commit's begin when first asked for."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.approvals: dict[str, dict[str, str]] = {}
        """When who approved, by commit and person."""
        self.removed: set[int] = set()
        self._said: dict[str, dict[int, Remark]] = {}
        self._made = 0

    def on(self, commit: Commit) -> dict[int, Remark]:
        """Give the comments on a commit by their numbers, oldest first."""
        if commit.hash not in self._said:
            self._said[commit.hash] = {one.id: one for one in self._first(commit)}
        return self._said[commit.hash]

    def new_id(self) -> int:
        """Make the next number of a comment."""
        self._made += 1
        return self._start() + 1_000_000 + self._made

    def _start(self) -> int:
        return 600_000_000 + pick(f"{self.repository.uuid}:remarks", 300_000_000)

    def _first(self, commit: Commit) -> list[Remark]:
        """Let two members speak about every fifth of the commits of the beginning."""
        people = list(self.repository.workspace.members)
        if commit.made is not None or not people or not one_in(5, commit.index):
            return []
        first = self._start() + 10 * commit.index
        start = pick(commit.hash, len(people))
        asker, answerer = people[start], people[(start + 1) % len(people)]
        times = [(commit.date + timedelta(hours=n)).isoformat() for n in (1, 2)]
        line = {"path": touched(commit)[0], "from": None, "to": 1}
        return [
            Remark(first, asker, "Why this way?", times[0], times[0], line),
            Remark(first + 1, answerer, "It was *shorter*.", times[1], times[1], line, first),
        ]
