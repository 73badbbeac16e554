"""Deploy keys of a repository or a project: two from the beginning, and what was added."""

from attrs import Factory, define, field

from ..store import Project, Repository
from .history import pick

SEEDED = (
    ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", "deployer@example.com", "Deployer"),
    ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ", "", "Mirror"),
)


@define(eq=False)
class DeployKey:
    """An SSH key that may read; `key` is without its comment."""

    id: int
    key: str
    comment: str
    label: str
    created_on: str
    last_used: str | None = None


@define(eq=False)
class DeployKeys:
    """The keys of one repository or project, by number."""

    owner: Repository | Project = field(repr=False)
    known: dict[int, DeployKey] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        """Start with one that was used and one that never was."""
        for number, (key, comment, label) in enumerate(SEEDED):
            used = None if number else self.owner.updated_on
            whole = f"{key}{pick(f'{self.owner.uuid}:key:{number}', 10**9):012d}"
            one = DeployKey(self.new_id(), whole, comment, label, self.owner.created_on, used)
            self.known[one.id] = one

    def strip(self) -> None:
        """Take the invented keys out again."""
        self.known.clear()

    def new_id(self) -> int:
        """Make the next number."""
        last = max(self.known) if self.known else 1000 + pick(self.owner.uuid, 100_000)
        return last + 1
