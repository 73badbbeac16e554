"""Snippets as they are remembered: files by revision, comments, watchers."""

import difflib
import hashlib
from io import BytesIO

from attrs import Factory, define, field, frozen

from ..store import Account, Workspace, uuid_of

LETTERS = "ABDEGKLMRXabdegjkqrxyz456789"
LENGTH = 5
SHORTEST = 7
"""Fewer digits than this do not name a revision."""

Files = dict[str, bytes]


@frozen
class Revision:
    """What the files of a snippet were at one time, and who made them so."""

    hash: str
    date: str
    author: str
    message: str
    files: Files = field(repr=False)
    parent: "Revision | None" = field(default=None, repr=False)


@define(eq=False)
class Saying:
    """A comment; `parent` is the comment that it answers."""

    id: int
    text: str
    author: str
    created_on: str
    updated_on: str
    parent: int | None = None


@define(eq=False)
class Snippet:
    """A snippet; people stand in it as their uuids."""

    id: str
    title: str
    is_private: bool
    creator: str
    created_on: str
    updated_on: str
    revisions: list[Revision]
    """Oldest first; never empty."""
    comments: dict[int, Saying] = Factory(dict)
    watchers: list[str] = Factory(list)

    @property
    def head(self) -> Revision:
        """The newest revision."""
        return self.revisions[-1]

    def find(self, name: str) -> Revision | None:
        """Look a revision up by its hash, or by the start of it."""
        if len(name) < SHORTEST:
            return None
        return next((one for one in self.revisions if one.hash.startswith(name.lower())), None)

    def commit(self, files: Files, author: str, date: str) -> None:
        """Add a revision, unless nothing differs from the one before."""
        if files != self.head.files:
            message = f"Edited {', '.join(changed(self.head.files, files))}\n"
            self.revisions.append(
                _revision(self.id, self.head, files, author, date, message=message)
            )
            self.updated_on = date


class Snippets:
    """The snippets of a workspace or a person; a workspace starts with some."""

    def __init__(self, owner: Workspace | Account) -> None:
        self.by_id: dict[str, Snippet] = {}
        self.free = False
        """Whether the workspace is on a plan that does not have snippets."""
        if isinstance(owner, Workspace) and owner.members:
            _plant(self, owner)

    def strip(self) -> None:
        """Take the invented snippets out again."""
        self.by_id.clear()

    def add(
        self, uuid: str, title: str, files: Files, author: str, date: str, *, is_private: bool
    ) -> Snippet:
        """Make a snippet."""
        number = int(uuid.strip("{}").replace("-", ""), 16)
        name = "".join(LETTERS[number // 28**n % 28] for n in range(LENGTH))
        first = _revision(name, None, files, author, date, message="Created\n")
        made = Snippet(name, title, is_private, author, date, date, [first], {}, [author])
        self.by_id[name] = made
        return made


def _revision(
    name: str, parent: Revision | None, files: Files, author: str, date: str, *, message: str
) -> Revision:
    key = f"{name}:{parent.hash if parent else ''}:{sorted(files.items())}:{date}"
    digest = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
    return Revision(digest, date, author, message, dict(files), parent)


def _plant(state: Snippets, place: Workspace) -> None:
    """Start with a few snippets, two of them changed since, and one watched by everybody."""
    people = list(place.members)
    days = ("2026-08-03T09:12:44.105310+00:00", "2026-08-04T16:40:02.775001+00:00")
    planted: tuple[tuple[str, bool, Files, Files], ...] = (
        (
            "Release notes",
            True,
            {"notes.md": b"# 2.4\n\n- faster\n", "old names.txt": "Gr\u00f6\u00dfe\n".encode()},
            {"notes.md": b"# 2.4\n\n- faster\n- smaller\n", "logo.png": b"\x89PNG\r\n\x1a\n\0\r\n"},
        ),
        ("", False, {"one.txt": b"one"}, {"one.txt": b"one\n", "empty.txt": b""}),
        ("How to deploy", True, {"deploy.sh": b"#!/bin/sh\nmake deploy\n"}, {}),
    )
    for number, (title, is_private, first, then) in enumerate(planted):
        author = people[number % len(people)]
        uuid = uuid_of(f"{place.uuid}:snippet:{number}")
        made = state.add(uuid, title, first, author, days[0], is_private=is_private)
        made.commit(then or first, people[-1], days[1])
        made.watchers = people if number == 0 else [author]
        for step, text in enumerate(("Where is this used?", "In *every* release.")):
            key = int(uuid_of(f"{uuid}:comment:{step}")[1:8], 16)
            parent = next(iter(made.comments), None)
            who = people[(number + step + 1) % len(people)]
            made.comments[key] = Saying(key, text, who, days[step], days[step], parent)


def changed(old: Files, new: Files) -> list[str]:
    """Name the files that differ."""
    return [name for name in {**old, **new} if old.get(name) != new.get(name)]


def diff(one: Revision, path: str | None = None) -> bytes:
    """Tell what a revision changed, as git does."""
    old = one.parent.files if one.parent else {}
    names = [name for name in changed(old, one.files) if path in {None, name}]
    return b"".join(_file_diff(name, old.get(name), one.files.get(name)) for name in names)


def _file_diff(name: str, old: bytes | None, new: bytes | None) -> bytes:
    a = b"/dev/null" if old is None else f"a/{name}".encode()
    b = b"/dev/null" if new is None else f"b/{name}".encode()
    head = f"diff --git a/{name} b/{name}\n".encode()
    if b"\0" in (old or b"") + (new or b""):
        return head + b"Binary files " + a + b" and " + b + b" differ\n"
    before, after = (BytesIO(side or b"").readlines() for side in (old, new))  # git knows \n alone
    lines = difflib.diff_bytes(difflib.unified_diff, before, after, a, b)
    return head + b"".join(line if line.endswith(b"\n") else _unended(line) for line in lines)


def _unended(line: bytes) -> bytes:
    return line + b"\n\\ No newline at end of file\n"
