"""What differs between two commits, file by file, as git writes it.

Between two commits that were there from the beginning nothing really does, and something is
made up. Names come first as the service has them: the newer commit, then the older.
"""

import difflib
from collections.abc import Iterable
from io import BytesIO

from attrs import frozen

from .history import Commit, parents
from .tree import FILES, content_of, tree_of
from .work import Tree


@frozen
class Change:
    """A file that two commits do not have in common; None is one that is not there."""

    path: str
    old: bytes | None
    new: bytes | None
    lines_added: int
    lines_removed: int
    text: bytes
    """The change as git writes it."""

    @property
    def status(self) -> str:
        """Name what happened to the file."""
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "modified"


def changes(newer: Commit, older: Commit | None) -> list[Change]:
    """List what differs; an *older* of None is what there was before the first commit."""
    if newer.made is None:
        return [_made_up(newer, path) for path in touched(newer)]
    before: Tree = {} if older is None else tree_of(older)
    after = tree_of(newer)
    paths = [*after, *(path for path in before if path not in after)]
    found = []
    for path in paths:
        old = content_of(older, path) if older is not None and path in before else None
        new = content_of(newer, path) if path in after else None
        if old != new or _modes(before, path) != _modes(after, path):
            found.append(_change(path, old, new))
    return found


def touched(commit: Commit) -> list[str]:
    """Name the files that a commit changed."""
    if commit.made is not None:
        older = next(iter(parents(commit)), None)
        return [change.path for change in changes(commit, older)]
    files = [path for path in FILES if " " not in path]
    return files[commit.index % 5 :: 5]


def chosen(found: Iterable[Change], wanted: list[str]) -> list[Change]:
    """Keep what was asked for: files, or directories with all that is in them."""
    starts = tuple(f"{path.strip('/')}/" for path in wanted)
    return [one for one in found if not wanted or f"{one.path}/".startswith(starts)]


def _modes(tree: Tree, path: str) -> tuple[str, ...]:
    file = tree.get(path)
    return file.attributes if file else ()


def _made_up(commit: Commit, path: str) -> Change:
    text = f"diff --git a/{path} b/{path}\n@@ -1 +1 @@\n-old\n+{commit.hash}\n"
    content = content_of(commit, path)
    return Change(path, content, content, 1, 1, text.encode())


def _change(path: str, old: bytes | None, new: bytes | None) -> Change:
    head = f"diff --git a/{path} b/{path}\n".encode()
    a = b"/dev/null" if old is None else f"a/{path}".encode()
    b = b"/dev/null" if new is None else f"b/{path}".encode()
    if b"\0" in (old or b"") + (new or b""):
        text = head + b"Binary files %s and %s differ\n" % (a, b)
        return Change(path, old, new, 0, 0, text)
    lines = list(
        difflib.diff_bytes(
            difflib.unified_diff,
            BytesIO(old or b"").readlines(),  # git ends lines at \n alone
            BytesIO(new or b"").readlines(),
            a,
            b,
        )
    )
    ended = [line if line.endswith(b"\n") else _unended(line) for line in lines]
    body = lines[2:]  # after the two names
    added = sum(line.startswith(b"+") for line in body)
    removed = sum(line.startswith(b"-") for line in body)
    return Change(path, old, new, added, removed, head + b"".join(ended))


def _unended(line: bytes) -> bytes:
    return line + b"\n\\ No newline at end of file\n"
