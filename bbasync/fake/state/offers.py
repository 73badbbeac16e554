"""The downloads section of a repository: what it offers from the beginning, and what was added."""

from attrs import define, field

from ..store import Repository
from .history import pick

FIRST = 3
"""How many files a repository that is not empty offers from the beginning."""


@define(eq=False)
class Offer:
    """A file that people may fetch; `who` is the uuid of whoever put it there."""

    name: str
    content: bytes = field(repr=False)
    created_on: str
    who: str
    count: int = 0
    """How often it was fetched."""


class Offers:
    """The files of one repository by name."""

    def __init__(self, repository: Repository) -> None:
        people = list(repository.workspace.members)
        self.files: dict[str, Offer] = {}
        for number in range(FIRST if repository.commits else 0):
            name = f"{repository.slug}-1.{number}.0.tar.gz"
            key = f"{repository.uuid}:{name}"
            self.files[name] = Offer(
                name,
                _filled(name, 10_000 + pick(key, 900_000)),
                repository.updated_on,
                people[number % len(people)] if people else "",
                pick(f"{key}:count", 300),
            )


def _filled(name: str, size: int) -> bytes:
    line = f"archive {name}\n".encode()
    return (line * (size // len(line) + 1))[:size]
