"""Merging: what a pull request does to its destination once it is carried out."""

from datetime import datetime

from ..store import Repository
from . import history
from .history import Commit
from .pulls import SHORT_HASH, PullRequest
from .tree import tree_of
from .work import Made, Tree

STRATEGIES = (
    "merge_commit", "squash", "fast_forward", "squash_fast_forward", "rebase_fast_forward",
    "rebase_merge",
)  # fmt: skip


def carry_out(one: Repository, made: PullRequest, who: str, now: str, signed: str) -> None:
    """Merge a pull request: a commit on top of the destination, and its branch gone if asked."""
    source = made.source.repository
    tip = history.resolve(source, made.source.hash) if source else None
    target = _tip(one, made.destination.branch)
    if tip is not None and target is not None:
        message = f"Merged in {made.source.branch} (pull request #{made.number})\n\n{made.title}\n"
        parents = (target.hash, tip.hash) if source is one else (target.hash,)
        name = history.hash_of(one.uuid, "merge", made.number, parents)
        when = datetime.fromisoformat(now)
        commit = Made(name, parents, when, message, signed, _merged(tip, target))
        history.add(one, commit, made.destination.branch)
        made.merge_commit = name[:SHORT_HASH]
    if made.close_source_branch and source is not None:
        source.work.branches[made.source.branch] = None
    made.state, made.closed_by, made.updated_on, made.queued = "MERGED", who, now, False
    made.happened("update", who, now)


def _tip(one: Repository, branch: str) -> Commit | None:
    return next((ref.commit for ref in history.branches(one) if ref.name == branch), None)


def _merged(tip: Commit, target: Commit) -> Tree:
    """Put what changed since the two parted on top of the target; of two changes the new one."""
    base = history.merge_base(tip, target)
    before: Tree = tree_of(base) if base else {}
    after = tree_of(tip)
    kept = {
        path: file for path, file in tree_of(target).items() if path in after or path not in before
    }
    new = {path: file for path, file in after.items() if before.get(path, ...) != file}
    return kept | new


def conflicts_of(one: Repository, made: PullRequest) -> list[str]:
    """Name the files that both sides changed since they parted, each in its way."""
    source = made.source.repository
    tip = history.resolve(source, made.source.hash) if source else None
    target = _tip(one, made.destination.branch)
    if tip is None or target is None:
        return []
    base = history.merge_base(tip, target)
    before: Tree = tree_of(base) if base else {}
    ours, theirs = tree_of(tip), tree_of(target)

    def changed(tree: Tree, path: str) -> bool:
        return tree.get(path, ...) != before.get(path, ...)

    both = [path for path in {**ours, **theirs, **before} if ours.get(path) != theirs.get(path)]
    return [path for path in both if changed(ours, path) and changed(theirs, path)]


def commits_of(one: Repository, made: PullRequest) -> list[Commit]:
    """List the commits that a pull request brings."""
    source = made.source.repository or one
    tip = history.resolve(source, made.source.hash)
    if tip is None:
        return []
    target = history.by_hash(source, made.destination.hash)
    if tip.made is None:
        return history.ancestry([tip])[: 3 + made.number % 5]
    return history.ancestry([tip], [target] if target else [])
