"""Files of a repository, and what it offers for download."""

from .. import access, history, storage
from ..exchange import Call, Reply
from ..history import Commit, Entry
from ..node import Node
from ..pages import count, cursored, numbered
from ..render import code
from ..replies import bad_request, not_found
from ..routing import Group
from ..store import Repository
from .commits import find, no_commit
from .repositories import ONE, READ

DOWNLOADS = 3

group = Group()


@group.on("GET", f"{ONE}/src", *READ)
def list_root(call: Call) -> Reply:
    """List the top directory of the main branch."""
    one = access.repository(call)
    if one.mainbranch is None:
        raise no_commit("HEAD")
    return _directory(call, history.commit_at(one, 0), "")


@group.on("GET", f"{ONE}/src/{{commit}}/{{path*}}", *READ)
def get_source(call: Call) -> Reply:
    """Read a file, or list a directory; the top one needs its slash."""
    commit = find(access.repository(call), call.params["commit"])
    path = call.params["path"].removesuffix("/")
    if not path:
        return _directory(call, commit, "")
    entry = history.entry_at(commit, path)
    if entry is None:
        raise not_found(f"No such file or directory: {path}")
    if call.arg("format") == "meta":
        return Reply(body=code.entry(call, entry))
    return _file(entry) if entry.is_file else _directory(call, commit, path)


def _directory(call: Call, commit: Commit, path: str) -> Reply:
    depth = count(call.arg("max_depth") or "1")
    if not depth:
        raise bad_request("Invalid max_depth")
    entries = history.listing(commit, path, depth)
    return cursored(call, entries, lambda one: code.entry(call, one))


def _file(entry: Entry) -> Reply:
    """Send a file as it is, without a character set and never as JSON of ours."""
    name = entry.path.rpartition("/")[2]
    content = history.content_of(entry.commit, entry.path)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "ETag": f'"{history.pick(entry.path + entry.commit.hash, 2**32)}"',
    }
    kind = code.media_type(entry.path) or "application/octet-stream"
    return Reply(200, headers=headers, text=content, content_type=kind)


@group.on("GET", f"{ONE}/filehistory/{{commit}}/{{path*}}", *READ)
def list_file_history(call: Call) -> Reply:
    """List the commits that changed a file: here, every third one."""
    one = access.repository(call)
    start, path = find(one, call.params["commit"]), call.params["path"]
    found = history.commits(one)[start.index :: 3]
    entries = [entry for c in found if (entry := history.entry_at(c, path)) is not None]
    if not entries:
        raise not_found(f"No such file or directory: {path}")
    return cursored(call, entries, lambda each: code.entry(call, each))


@group.on("GET", f"{ONE}/downloads", *READ)
def list_downloads(call: Call) -> Reply:
    """List what a repository offers for download."""
    one = access.repository(call)
    return numbered(call, _numbers(one), lambda number: _download(call, one, number))


@group.on("GET", f"{ONE}/downloads/{{filename}}", *READ)
def get_download(call: Call) -> Reply:
    """Send the caller on to the storage, which is another host and knows no credentials."""
    one = access.repository(call)
    name = call.params["filename"]
    if name not in {_download(call, one, number)["name"] for number in _numbers(one)}:
        raise not_found(name)
    target = storage.address(call.base, one.uuid[1:-1], name)
    return Reply(302, text=b"", headers={"Location": target})


def _numbers(one: Repository) -> list[int]:
    return list(range(DOWNLOADS)) if one.commits else []


def _download(call: Call, one: Repository, number: int) -> Node:
    return code.download(call, one, number)
