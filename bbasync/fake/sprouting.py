"""A repository from its number alone: names and identifiers that tell it, times that rise with it.

Nothing is remembered here: the same seed and number give the same repository.
"""

import hashlib
import math
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from attrs import define, field

from . import names
from .naming import repository_name
from .pattern import one_in
from .store import Project, Repository, Workspace, uuid_of

EPOCH = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
DAYS, FRESH = 1800, 200
"""So many days ago the first one was made; so many days back they were changed."""
DAY = 86_400_000_000
ROOM = 2**48
"""How many identifiers there are in a workspace."""
SPREAD = 0x9E37_79B9_7F4B
GATHER = pow(SPREAD, -1, ROOM)
CHANCES = struct.Struct(">4Q")
PUBLIC, FORK, AHEAD = (8, 2), (7, 5), 3
"""Which are public, which are forks, and by how much their parents' numbers are smaller."""


@define
class Sprouting:
    """What the repositories of a workspace are made of; `people` were in it from the beginning."""

    seed: int
    place: Workspace
    count: int
    pullrequests: int
    projects: Sequence[Project]
    people: Sequence[str]
    _mask: int = field(init=False)
    _front: str = field(init=False)
    _pause: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        own = uuid_of(f"{self.seed}:{self.place.uuid}")
        self._front, self._mask = own[:-13], int(own[-13:-1], 16)
        self._pause = DAYS * DAY // max(1, self.count)
        if self.count > ROOM or not self._pause:
            raise ValueError(f"A workspace cannot have {self.count:,} repositories")

    @property
    def period(self) -> int:
        """After so many numbers, project and privacy come again in the same order."""
        return math.lcm(len(self.projects), PUBLIC[0])

    def uuid(self, number: int) -> str:
        """Identify a repository."""
        return f"{self._front}{(number * SPREAD % ROOM) ^ self._mask:012x}}}"

    def number(self, uuid: str) -> int | None:
        """Tell which repository has that identifier, if one of these has."""
        try:
            number = (int(uuid[-13:-1], 16) ^ self._mask) * GATHER % ROOM
        except ValueError:
            return None
        return number if number < self.count and self.uuid(number) == uuid else None

    def made(self, number: int) -> str:
        """Tell when a repository was made: later than the one before it."""
        return self._moment(number, self._draw(number))

    def is_fork(self, number: int) -> bool:
        """Whether a repository is a fork."""
        return one_in(FORK[0], number, FORK[1])

    def sprout(self, number: int, parent: Repository | None) -> Repository:
        """Make a repository; a fork's parent is as it was in the beginning, in history at least."""
        chances = self._draw(number)
        name, made = repository_name(number), self._moment(number, chances)
        public = one_in(PUBLIC[0], number, PUBLIC[1])
        root = number - AHEAD if parent else number
        content = self.uuid(root)
        empty = one_in(12, root, 11)
        changed = EPOCH - timedelta(microseconds=chances[1] % (FRESH * DAY))
        own_commits = 24 + (chances[2] if root == number else self._draw(root)[2]) % 46
        return Repository(
            uuid=self.uuid(number),
            slug=name,
            name=name,
            workspace=self.place,
            project=self.projects[number % len(self.projects)],
            content=content,
            description=names.SENTENCES[number % len(names.SENTENCES)],
            is_private=not public,
            fork_policy="allow_forks" if public else "no_public_forks",
            created_on=made,
            updated_on=max(made, changed.isoformat(timespec="microseconds")),
            size=0 if one_in(12, number, 11) else 20_000 + chances[3] % 89_980_000,
            language=names.LANGUAGES[root % len(names.LANGUAGES)],
            website=f"https://{name}.example.com" if one_in(9, number) else None,
            mainbranch=None if empty else ("master" if one_in(10, root, 7) else "main"),
            parent=parent,
            commits=0 if empty else own_commits,
            pullrequests=0 if empty or one_in(12, number, 11) else self.pullrequests,
            watchers=list(self.people[number % 3 :: 3]),
        )

    def _draw(self, number: int) -> tuple[int, int, int, int]:
        """Draw numbers that depend on the seed, the workspace and the number."""
        text = f"{self._front}{self._mask}:{number}".encode()
        first, second, third, fourth = CHANCES.unpack(
            hashlib.blake2b(text, digest_size=32).digest()
        )
        return first, second, third, fourth

    def _moment(self, number: int, chances: Sequence[int]) -> str:
        early = DAYS * DAY - number * self._pause
        ago = timedelta(microseconds=early - chances[0] % self._pause)
        return (EPOCH - ago).isoformat(timespec="microseconds")
