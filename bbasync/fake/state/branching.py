"""Rules for the branches of a repository, and the model of their names."""

from typing import Any

from attrs import Factory, define, field

from ..store import Project, Repository
from .history import pick

KINDS = {"feature": "feature/", "bugfix": "bugfix/", "release": "release/", "hotfix": "hotfix/"}


@define(eq=False)
class Restriction:
    """A rule; people are named by their uuids and groups by their slugs."""

    id: int
    kind: str
    match_kind: str = "glob"
    pattern: str = ""
    branch_type: str | None = None
    value: int | None = None
    users: list[str] = Factory(list)
    groups: list[str] = Factory(list)

    @property
    def subject(self) -> tuple[str, str, str | None]:
        """What there can be only one rule for."""
        return self.kind, self.pattern, self.branch_type


@define(eq=False)
class Restrictions:
    """The rules of one repository, by number."""

    repository: Repository = field(repr=False)
    known: dict[int, Restriction] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        """Start with rules of three sorts."""
        place, main = self.repository.workspace, self.repository.mainbranch or "main"
        people, groups = list(place.members)[:2], list(place.groups)[:1]
        self.add("push", pattern=main, users=people, groups=groups)
        self.add("delete", pattern="release/*")
        self.add(
            "require_approvals_to_merge",
            match_kind="branching_model",
            branch_type="development",
            value=2,
        )

    def strip(self) -> None:
        """Take the invented rules out again."""
        self.known.clear()

    def add(self, kind: str, **more: Any) -> Restriction:
        """Remember a rule under the next number."""
        last = max(self.known) if self.known else 1000 + pick(self.repository.uuid, 1_000_000)
        number = last + 1
        self.known[number] = Restriction(number, kind, **more)
        return self.known[number]


@define(eq=False)
class Target:
    """Which branch something is: one by its name, or whichever is the main one."""

    name: str | None = None
    use_mainbranch: bool = True
    enabled: bool = True


@define(eq=False)
class Kind:
    """A type of branches."""

    prefix: str
    enabled: bool = True


@define(eq=False)
class Model:
    """The model of one repository or project."""

    owner: Repository | Project = field(repr=False)
    development: Target = Factory(Target)
    production: Target = field(init=False)
    kinds: dict[str, Kind] = Factory(lambda: {kind: Kind(KINDS[kind]) for kind in KINDS})
    deletes_branches: bool = False

    def __attrs_post_init__(self) -> None:
        """Start with a production branch that is switched on in repositories only."""
        self.production = Target("hotfix", use_mainbranch=False)
        if isinstance(self.owner, Project):
            self.production = Target("production", use_mainbranch=False, enabled=False)
