"""What is inside a repository: commits and refs, worked out from its content key.

What people did since comes on top; the files of a commit do not live here (that is tree).
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

from attrs import frozen

from .. import names
from ..pattern import one_in
from ..store import Repository
from .work import Annotation, Made

NEWEST = datetime(2026, 9, 30, 17, 0, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))
SHORTEST = 7
"""Fewer digits than this do not name a commit."""
ON_TOP = -1
"""The index of the commits that somebody made."""


@frozen
class Commit:
    """A commit: `index` counts back from the newest of those that were there from the beginning."""

    repository: Repository
    index: int
    hash: str
    date: datetime
    message: str
    made: Made | None = None
    """Set where somebody made it."""


@frozen
class Ref:
    """A branch or a tag, and the commit it points at."""

    name: str
    commit: Commit
    annotation: Annotation | None = None


def pick(text: str, among: int) -> int:
    """Draw a number below `among` that depends on the text alone."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "big") % among


def commit_at(repository: Repository, index: int) -> Commit:
    """Give the commit so many steps back from the newest that was there from the beginning."""
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
    newest = head(repository)
    return ancestry([newest]) if newest else []


def head(repository: Repository) -> Commit | None:
    """Give the tip of the main branch, unless there is nothing yet."""
    if repository.mainbranch is None:
        return None
    found = (ref.commit for ref in branches(repository) if ref.name == repository.mainbranch)
    return next(found, None)


def parents(commit: Commit) -> list[Commit]:
    """Give what a commit was made on top of; its first parent first."""
    if commit.made is not None:
        found = [by_hash(commit.repository, name) for name in commit.made.parents]
        return [one for one in found if one is not None]
    older = commit.index + 1
    return [commit_at(commit.repository, older)] if older < commit.repository.commits else []


def ancestry(tips: Iterable[Commit], without: Iterable[Commit] = ()) -> list[Commit]:
    """List what some commits descend from, themselves included, and others do not; newest first."""
    wanted = list(tips)
    if not wanted:
        return []
    repository = wanted[0].repository
    own, first = _reach(repository, wanted)
    others, last = _reach(repository, without)
    on_top = [_on_top(repository, made) for made in reversed(repository.work.commits.values())]
    planted = [commit_at(repository, index) for index in range(first, last)]
    return [one for one in on_top if one.hash in own - others] + planted


def _reach(repository: Repository, tips: Iterable[Commit]) -> tuple[set[str], int]:
    """Tell which made commits are reached, and the newest of the others."""
    seen: set[str] = set()
    first, waiting = repository.commits, list(tips)
    while waiting:
        one = waiting.pop()
        if one.made is None:
            first = min(first, one.index)
        elif one.hash not in seen:
            seen.add(one.hash)
            waiting += parents(one)
    return seen, first


def merge_base(one: Commit, other: Commit) -> Commit | None:
    """Find the newest commit that two descend from; they may be in a repository and its fork."""
    known = {each.hash for each in ancestry([other])}
    return next((each for each in ancestry([one]) if each.hash in known), None)


def branches(repository: Repository) -> list[Ref]:
    """List the branches, the main one first."""
    found = {ref.name: ref for ref in _planted_branches(repository)}
    for name, at in repository.work.branches.items():
        target = by_hash(repository, at) if at else None
        if target is None:
            found.pop(name, None)
        else:
            found[name] = Ref(name, target)
    return sorted(found.values(), key=lambda ref: ref.name != repository.mainbranch)


def _planted_branches(repository: Repository) -> list[Ref]:
    main = repository.work.trunk or repository.mainbranch
    if main is None or not repository.commits:
        return []
    others = ("develop", "feature/login-page", "feature/PAY-12/refunds", "release/2.4", "hotfix")
    found = [Ref(main, commit_at(repository, 0))]
    for number, name in enumerate(others, start=1):
        found.append(Ref(name, commit_at(repository, min(number * 2, repository.commits - 1))))
    return found


def tags(repository: Repository) -> list[Ref]:
    """List the tags, oldest version first, and then those that somebody made."""
    found = {ref.name: ref for ref in _planted_tags(repository)}
    for name, said in repository.work.tags.items():
        target = by_hash(repository, said.hash) if said else None
        if target is None:
            found.pop(name, None)
        else:
            found[name] = Ref(name, target, said)
    return list(found.values())


def _planted_tags(repository: Repository) -> list[Ref]:
    if not repository.commits:
        return []
    versions = ("v0.9.0", "v1.0.0", "v1.1.0", "v2.0.0", "v10.0.0", "snapshots/nightly")
    last = repository.commits - 1
    return [
        Ref(name, commit_at(repository, max(0, last - 3 * n))) for n, name in enumerate(versions)
    ]


def resolve(repository: Repository, name: str) -> Commit | None:
    """Find a commit by hash, by the start of one, by branch, by tag, or as HEAD."""
    if name == "HEAD":
        return head(repository)
    named = next((r for r in branches(repository) + tags(repository) if r.name == name), None)
    return named.commit if named else by_hash(repository, name)


def by_hash(repository: Repository, name: str) -> Commit | None:
    """Find a commit by its hash or by the start of it, on a branch or not."""
    start = name.lower()
    if len(start) < SHORTEST:
        return None
    made = next((m for h, m in repository.work.commits.items() if h.startswith(start)), None)
    if made is not None:
        return _on_top(repository, made)
    planted = (commit_at(repository, index) for index in range(repository.commits))
    return next((one for one in planted if one.hash.startswith(start)), None)


def add(repository: Repository, made: Made, branch: str) -> Commit:
    """Remember a commit as the new tip of a branch; of an empty repository's, the main one."""
    repository.work.commits[made.hash] = made
    repository.work.branches[branch] = made.hash
    if repository.mainbranch is None:
        repository.mainbranch = branch
    return _on_top(repository, made)


def hash_of(*parts: object) -> str:
    """Derive a commit's hash from whatever makes it what it is."""
    return hashlib.sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()


def _on_top(repository: Repository, made: Made) -> Commit:
    return Commit(repository, ON_TOP, made.hash, made.date, made.message, made)


def context(repository: Repository) -> str:
    """Make the token that later pages of commits must carry."""
    return hashlib.sha1(f"{repository.content}:context".encode(), usedforsecurity=False).hexdigest()
