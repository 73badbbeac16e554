"""Files and directories of a repository, and the commits that people make of them."""

from urllib.parse import quote

from .. import access, storage
from ..exchange import Call, Reply
from ..pages import count, cursored
from ..render import code
from ..replies import bad_request, not_found
from ..routing import Group
from ..state import history
from ..state.history import Commit
from ..state.submission import read
from ..state.tree import Entry, content_of, entry_at, listing, tree_of
from ..webhook.telling import pushing
from .commits import find_in_path, no_commit
from .repositories import ONE, READ

WRITE = ("write:repository:bitbucket", "repository:write")
POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins that is kept elsewhere."""
RENDERED = (".md", ".markdown", ".mkd", ".mkdn", ".mdown", ".text", ".rst", ".textile")

group = Group()


@group.on("GET", f"{ONE}/src", *READ)
def get_root(call: Call) -> Reply:
    """List the top directory of the main branch, or describe it."""
    newest = history.head(access.repository(call))
    if newest is None:
        raise no_commit("HEAD")
    return _directory(call, newest, "")


@group.on("GET", f"{ONE}/src/{{commit}}/{{path*}}", *READ)
def get_source(call: Call) -> Reply:
    """Read a file, or list a directory; the top one needs its slash."""
    commit = find_in_path(access.repository(call), call.params["commit"])
    path = call.params["path"].removesuffix("/")
    if not path:
        return _directory(call, commit, "")
    entry = entry_at(commit, path)
    if entry is None:
        raise not_found(f"No such file or directory: {path}")
    if not entry.is_file:
        return _directory(call, commit, path)
    if call.arg("format") == "meta":
        return Reply(body=code.entry(call, entry))
    return _rendered(entry) if call.arg("format") == "rendered" else _file(call, entry)


def _directory(call: Call, commit: Commit, path: str) -> Reply:
    if call.arg("format") == "meta":
        return Reply(body=code.entry(call, Entry(commit, path, is_file=False, size=0)))
    depth = count(call.arg("max_depth") or "1")
    if not depth:
        raise bad_request("Invalid max_depth")
    entries = listing(commit, path, depth)
    return cursored(call, entries, lambda one: code.entry(call, one))


def _file(call: Call, entry: Entry) -> Reply:
    """Send a file as it is, without a character set and never as JSON of ours."""
    name = entry.path.rpartition("/")[2]
    content = content_of(entry.commit, entry.path)
    if content.startswith(POINTER):
        where = (entry.commit.repository.uuid[1:-1], "lfs", entry.commit.hash, name)
        storage.keep(call.store, b"what the pointer points at\n", *where)
        return Reply(301, text=b"", headers={"Location": storage.address(call.base, *where)})
    headers = {
        "Content-Disposition": f'attachment; filename="{quote(name, safe=" ")}"',
        "ETag": f'"{history.pick(entry.path + entry.commit.hash, 2**32)}"',
    }
    kind = code.media_type(entry.path) or "application/octet-stream"
    return Reply(200, headers=headers, text=content, content_type=kind)


def _rendered(entry: Entry) -> Reply:
    if not entry.path.endswith(RENDERED):
        raise bad_request("This file can't be rendered.")
    text = content_of(entry.commit, entry.path).decode(errors="replace")
    return Reply(body=code.rendered(text))


@group.on("GET", f"{ONE}/filehistory/{{commit}}/{{path*}}", *READ)
def list_file_history(call: Call) -> Reply:
    """List the commits that changed a file: of those from the beginning, every third one."""
    one = access.repository(call)
    start, path = find_in_path(one, call.params["commit"]), call.params["path"]
    found = history.ancestry([start])
    made = [commit for commit in found if commit.made is not None and _differs(commit, path)]
    planted = [commit for commit in found if commit.made is None]
    entries = [entry for c in [*made, *planted[::3]] if (entry := entry_at(c, path)) is not None]
    if not entries:
        raise not_found(f"No such file or directory: {path}")
    return cursored(call, entries, lambda each: code.entry(call, each))


def _differs(commit: Commit, path: str) -> bool:
    before = history.parents(commit)
    return tree_of(commit).get(path) != (tree_of(before[0]).get(path) if before else None)


@group.on("POST", f"{ONE}/src", *WRITE, login=True)
def make_commit(call: Call) -> Reply:
    """Make a commit of what was sent; the answer is empty, its header tells where the commit is."""
    one = access.repository(call, "write")
    sent = read(call)
    with pushing(call, one):
        made = sent.commit(one, sent.author or code.signature(call, one), call.store.now())
    where = call.url("repositories", one.workspace.slug, one.slug, "commit", made.hash)
    return Reply(201, text=b"", headers={"Location": where})
