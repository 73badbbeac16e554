"""The files of a commit: what they hold, and how they lie in directories."""

from attrs import frozen

from .history import Commit, pick
from .work import File, Tree

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
BEGINNING: Tree = dict.fromkeys(FILES)


@frozen
class Entry:
    """A file or a directory as of a commit."""

    commit: Commit
    path: str
    is_file: bool
    size: int
    attributes: tuple[str, ...] = ()


def tree_of(commit: Commit) -> Tree:
    """Give the files of a commit."""
    return BEGINNING if commit.made is None else commit.made.tree


def changed(tree: Tree, files: dict[str, File], deleted: set[str]) -> Tree:
    """Give a tree with some files written and others deleted.

    A file takes the place of a directory of its name, and the other way round, as in git.
    """
    kept = {path: file for path, file in tree.items() if path not in deleted}
    for path, file in files.items():
        kept = {
            old: one
            for old, one in kept.items()
            if not (old.startswith(f"{path}/") or path.startswith(f"{old}/"))
        } | {path: file}
    return kept


def content_of(commit: Commit, path: str) -> bytes:
    """Read a file."""
    file = tree_of(commit)[path]
    if file is not None:
        return file.content
    if path.endswith(".png"):
        return b"\x89PNG\r\n\x1a\n" + bytes.fromhex(
            commit.repository.uuid.strip("{}").replace("-", "")
        )
    lines = 3 + pick(f"{commit.repository.content}:{path}", 20)
    body = "".join(f"{path}, line {n}\n" for n in range(1, lines + 1))
    return body.encode()


def entry_at(commit: Commit, path: str) -> Entry | None:
    """Find a file or a directory."""
    tree = tree_of(commit)
    if path in tree:
        content = content_of(commit, path)
        return Entry(
            commit, path, is_file=True, size=len(content), attributes=_said(tree[path], content)
        )
    if any(name.startswith(f"{path}/") for name in tree):
        return Entry(commit, path, is_file=False, size=0)
    return None


def listing(commit: Commit, directory: str, depth: int = 1) -> list[Entry]:
    """List what is in a directory, down to a depth."""
    start = f"{directory}/" if directory else ""
    paths: dict[str, None] = {}
    for name in tree_of(commit):
        if name.startswith(start):
            parts = name.removeprefix(start).split("/")
            paths |= {
                start + "/".join(parts[:n]): None for n in range(1, min(depth, len(parts)) + 1)
            }
    found = [entry_at(commit, path) for path in paths]
    return [entry for entry in found if entry is not None]


def _said(file: File | None, content: bytes) -> tuple[str, ...]:
    own = file.attributes if file else ()
    return (*own, "binary") if _is_binary(content) else own


def _is_binary(content: bytes) -> bool:
    return b"\0" in content or content.startswith(b"\x89PNG")
