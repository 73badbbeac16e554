"""What people did to a repository since the fake began: commits, branches, tags."""

from datetime import datetime

from attrs import Factory, define, frozen


@frozen
class File:
    """A file that somebody sent: its bytes, and whether it is ``executable`` or a ``link``."""

    content: bytes
    attributes: tuple[str, ...] = ()


Tree = dict[str, File | None]
"""The files of a commit by path; None is one that was there from the beginning."""


@frozen
class Made:
    """A commit that somebody made, with all of its files."""

    hash: str
    parents: tuple[str, ...]
    date: datetime
    message: str
    author: str
    """``Name <address>``."""
    tree: Tree


@frozen
class Annotation:
    """A tag that somebody made: where it points, and what was said with it."""

    hash: str
    message: str
    date: datetime
    tagger: str


@define(eq=False)
class Work:
    """All that was done; a name that maps to None was deleted."""

    commits: dict[str, Made] = Factory(dict)
    """By hash, oldest first: none comes before one of its parents."""
    branches: dict[str, str | None] = Factory(dict)
    tags: dict[str, Annotation | None] = Factory(dict)
    trunk: str | None = None
    """What the main branch was called in the beginning, once another one is the main one."""

    def copy(self) -> "Work":
        """Give a fork the same to start from."""
        return Work(dict(self.commits), dict(self.branches), dict(self.tags), self.trunk)
