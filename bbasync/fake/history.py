"""What is inside a repository, worked out from its content key: commits, refs, files."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

from attrs import frozen

from . import names
from .pattern import one_in
from .store import Repository

NEWEST = datetime(2026, 9, 30, 17, 0, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))
SHORTEST = 7
"""Fewer digits than this do not name a commit."""
FILES = (
    ".gitignore",
    "README.md",
    "docs/index.md",
    "docs/guide/first steps.md",
    "docs/guide/faq.md",
    "pyproject.toml",
    "src/app/__init__.py",
    "src/app/main.py",
    "src/app/models.py",
    "src/app/views.py",
    "src/settings.json",
    "static/logo.png",
    "tests/test_main.py",
    "tests/test_models.py",
)


@frozen
class Commit:
    """A commit: `index` counts back from the newest."""

    repository: Repository
    index: int
    hash: str
    date: datetime
    message: str


@frozen
class Ref:
    """A branch or a tag, and the commit it points at."""

    name: str
    commit: Commit


@frozen
class Entry:
    """A file or a directory as of a commit."""

    commit: Commit
    path: str
    is_file: bool
    size: int


def pick(text: str, among: int) -> int:
    """Draw a number below `among` that depends on the text alone."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "big") % among


def commit_at(repository: Repository, index: int) -> Commit:
    """Give the commit so many steps back from the newest."""
    key = f"{repository.content}:{index}"
    name = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
    date = NEWEST - timedelta(hours=7 * index + pick(key, 6), minutes=pick(key + "m", 60))
    if one_in(4, index, 3):
        date = date.astimezone(EAST)
    verb = names.VERBS[pick(key + "v", len(names.VERBS))]
    message = f"{verb} {names.OBJECTS[pick(key + 'o', len(names.OBJECTS))]}\n"
    return Commit(repository, index, name, date, message)


def commits(repository: Repository) -> list[Commit]:
    """List the history of the main branch, newest first."""
    return [commit_at(repository, index) for index in range(repository.commits)]


def branches(repository: Repository) -> list[Ref]:
    """List the branches; the main one is at the newest commit."""
    if repository.mainbranch is None:
        return []
    others = ("develop", "feature/login-page", "feature/PAY-12/refunds", "release/2.4", "hotfix")
    found = [Ref(repository.mainbranch, commit_at(repository, 0))]
    for number, name in enumerate(others, start=1):
        found.append(Ref(name, commit_at(repository, min(number * 2, repository.commits - 1))))
    return found


def tags(repository: Repository) -> list[Ref]:
    """List the tags, oldest version first."""
    if repository.mainbranch is None:
        return []
    versions = ("v0.9.0", "v1.0.0", "v1.1.0", "v2.0.0", "v10.0.0", "snapshots/nightly")
    last = repository.commits - 1
    return [
        Ref(name, commit_at(repository, max(0, last - 3 * n))) for n, name in enumerate(versions)
    ]


def resolve(repository: Repository, name: str) -> Commit | None:
    """Find a commit by hash, by the start of one, by branch, by tag, or as HEAD."""
    if repository.commits == 0:
        return None
    if name == "HEAD":
        return commit_at(repository, 0)
    named = next((r for r in branches(repository) + tags(repository) if r.name == name), None)
    if named is not None:
        return named.commit
    if len(name) < SHORTEST:
        return None
    return next((c for c in commits(repository) if c.hash.startswith(name.lower())), None)


def content_of(commit: Commit, path: str) -> bytes:
    """Write a file."""
    if path.endswith(".png"):
        return b"\x89PNG\r\n\x1a\n" + bytes.fromhex(
            commit.repository.uuid.strip("{}").replace("-", "")
        )
    lines = 3 + pick(f"{commit.repository.content}:{path}", 20)
    body = "".join(f"{path}, line {n}\n" for n in range(1, lines + 1))
    return body.encode()


def entry_at(commit: Commit, path: str) -> Entry | None:
    """Find a file or a directory."""
    if path in FILES:
        return Entry(commit, path, is_file=True, size=len(content_of(commit, path)))
    if any(name.startswith(f"{path}/") for name in FILES):
        return Entry(commit, path, is_file=False, size=0)
    return None


def listing(commit: Commit, directory: str, depth: int = 1) -> list[Entry]:
    """List what is in a directory, down to a depth."""
    start = f"{directory}/" if directory else ""
    paths: dict[str, None] = {}
    for name in FILES:
        if name.startswith(start):
            parts = name.removeprefix(start).split("/")
            paths |= {
                start + "/".join(parts[:n]): None for n in range(1, min(depth, len(parts)) + 1)
            }
    found = [entry_at(commit, path) for path in paths]
    return [entry for entry in found if entry is not None]


def context(repository: Repository) -> str:
    """Make the token that later pages of commits must carry."""
    return hashlib.sha1(f"{repository.content}:context".encode(), usedforsecurity=False).hexdigest()
