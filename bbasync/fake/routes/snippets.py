"""Snippets: their titles and files, as of now and as of every revision."""

import json
from typing import Any

from .. import access, multipart
from ..bodies import flag, json_object, media_type, text
from ..exchange import Call, RefusalError, Reply
from ..node import Node
from ..pages import Limits, numbered
from ..render import snippet as render
from ..render.code import media_type as type_of
from ..replies import bad_request, error, forbidden, login_needed, not_found
from ..routing import Group
from ..state.snippets import Revision, Snippet, Snippets, diff
from ..store import Account, Workspace

READ = ("read:snippet:bitbucket", "snippet")
WRITE = ("read:snippet:bitbucket write:snippet:bitbucket", "snippet:write")
ALL = "/snippets/{workspace}"
ONE = f"{ALL}/{{encoded_id}}"
REVISION = f"{ONE}/{{node_id}}"
LONG = Limits(default=30)
NO_PLAN = "A workspace on a Free plan does not support snippets."

group = Group()

Owner = Workspace | Account
Written = tuple[dict[str, Any], dict[str, bytes], list[str]]
"""What a body says: properties, files, and names of files to delete."""


@group.on("GET", ALL, *READ)
def list_snippets(call: Call) -> Reply:
    """List what the caller may see; a plan without snippets has a text in place of them."""
    owner = _owner(call)
    state = call.store.part(owner, Snippets)
    if state.free:
        return Reply(body={"values": [NO_PLAN], "pagelen": LONG.default, "page": 1})
    seen = [one for one in state.by_id.values() if _may_see(call, owner, one)]
    role, who = call.arg("role"), call.account.uuid if call.account else None
    if role == "owner":
        seen = [one for one in seen if one.creator == who]
    elif role == "contributor":
        seen = [one for one in seen if who in {one.creator, *one.watchers}]
    return numbered(call, seen, lambda one: render.listed(call, owner, one), LONG)


@group.on("POST", "/snippets", *WRITE, people=True)
@group.on("POST", ALL, *WRITE, people=True)
def create_snippet(call: Call) -> Reply:
    """Make a snippet: for the caller, or in a workspace that he is a member of."""
    author = access.person(call)
    owner: Owner = author
    if "workspace" in call.params:
        owner = _owner(call)
        _require_own(call, owner)
    about, files, _ = _written(call)
    state = call.store.part(owner, Snippets)
    if state.free:
        raise error(402, NO_PLAN)
    made = state.add(
        call.store.new_uuid(),
        text(about, "title", ""),
        files,
        author.uuid,
        call.store.now(),
        is_private=flag(about, "is_private", current=True),
    )
    reply = _shown(call, owner, made, made.head)
    where = render.home(call, owner, made)
    return Reply(201, reply.body, reply.headers | {"Location": where}, reply.text)


@group.on("GET", ONE, *READ)
@group.on("GET", REVISION, *READ)
def get_snippet(call: Call) -> Reply:
    """Read a snippet, as of a revision if one is named; only its files are of then."""
    owner, one = find(call)
    return _shown(call, owner, one, _revision(call, one))


@group.on("PUT", ONE, *WRITE, people=True)
@group.on("PUT", REVISION, *WRITE, people=True)
def update_snippet(call: Call) -> Reply:
    """Change what was sent, and nothing else."""
    owner, one = find(call)
    _require_own(call, owner)
    _require_newest(call, one)
    about, files, deleted = _written(call)
    unknown = [name for name in deleted if name not in one.head.files]
    if unknown:
        raise bad_request("Bad request", {"files": [f"There is no file {unknown[0]}."]})
    one.title = text(about, "title", one.title)
    one.is_private = flag(about, "is_private", current=one.is_private)
    kept = {name: old for name, old in one.head.files.items() if name not in deleted}
    one.commit(kept | files, access.person(call).uuid, call.store.now())
    return _shown(call, owner, one, one.head)


@group.on("DELETE", ONE, "delete:snippet:bitbucket", "snippet:write", people=True)
@group.on("DELETE", REVISION, "write:snippet:bitbucket", "snippet:write", people=True)
def delete_snippet(call: Call) -> Reply:
    """Delete a snippet; at a revision, only if that is the newest."""
    owner, one = find(call)
    _require_own(call, owner)
    _require_newest(call, one)
    del call.store.part(owner, Snippets).by_id[one.id]
    return Reply(204)


@group.on("GET", f"{ONE}/files/{{path*}}", *READ)
def get_file(call: Call) -> Reply:
    """Send the caller on to a file's newest revision."""
    owner, one = find(call)
    name = _file(call, one.head)
    where = render.raw_address(call, owner, one, one.head, name)
    return Reply(302, text=b"", headers={"Location": where})


@group.on("GET", f"{REVISION}/files/{{path*}}", *READ)
def get_file_of_revision(call: Call) -> Reply:
    """Send a file as it is, never to be shown, and without a character set."""
    _, one = find(call)
    as_of = _revision(call, one)
    name = _file(call, as_of)
    headers = {"Content-Disposition": "attachment", "ETag": f'"{as_of.hash[:16]}"'}
    kind = type_of(name) or "application/octet-stream"
    return Reply(text=as_of.files[name], headers=headers, content_type=kind)


@group.on("GET", f"{ONE}/commits", *READ)
def list_commits(call: Call) -> Reply:
    """List the changes, newest first."""
    owner, one = find(call)
    return numbered(call, one.revisions[::-1], lambda made: render.commit(call, owner, one, made))


@group.on("GET", f"{ONE}/commits/{{node_id}}", *READ)
def get_commit(call: Call) -> Reply:
    """Read one change."""
    owner, one = find(call)
    return Reply(body=render.commit(call, owner, one, _revision(call, one)))


@group.on("GET", f"{REVISION}/diff", *READ)
def get_diff(call: Call) -> Reply:
    """Tell what a change did, to all files or to one."""
    _, one = find(call)
    return Reply(text=diff(_revision(call, one), call.arg("path")), content_type="text/plain")


@group.on("GET", f"{REVISION}/patch", *READ)
def get_patch(call: Call) -> Reply:
    """Write a change as a patch."""
    _, one = find(call)
    return Reply(text=render.patch(call, _revision(call, one)), content_type="text/plain")


def find(call: Call) -> tuple[Owner, Snippet]:
    """Find the snippet of the address, for who may see it."""
    owner, name = _owner(call, closed=False), call.params["encoded_id"]
    one = call.store.part(owner, Snippets).by_id.get(name)
    if one is None:
        raise not_found(f"Snippet {name} not found")
    if not _may_see(call, owner, one):
        raise forbidden("This snippet is private.") if call.credential else login_needed()
    return owner, one


def _owner(call: Call, *, closed: bool = True) -> Owner:
    """Find whose snippets the address names; *closed* keeps strangers out of the list."""
    person = call.store.find_account(call.params["workspace"])
    if person is not None:
        return person
    return access.workspace(call) if closed else access.any_workspace(call)


def belongs(call: Call, owner: Owner) -> bool:
    """Tell whether the caller is whom the snippet belongs to, or a member of that workspace."""
    if isinstance(owner, Workspace):
        return access.level(call, owner) is not None
    return call.account is owner


def _may_see(call: Call, owner: Owner, one: Snippet) -> bool:
    return not one.is_private or belongs(call, owner)


def _require_own(call: Call, owner: Owner) -> None:
    if not belongs(call, owner):
        raise forbidden("This snippet belongs to somebody else.")


def _revision(call: Call, one: Snippet) -> Revision:
    name = call.params.get("node_id")
    found = one.head if name is None else one.find(name)
    if found is None:
        raise not_found(f"Revision {name} not found")
    return found


def _require_newest(call: Call, one: Snippet) -> None:
    if _revision(call, one) is not one.head:
        raise error(405, "Only the newest revision of a snippet can be changed.")


def _file(call: Call, as_of: Revision) -> str:
    name = call.params["path"]
    if name not in as_of.files:
        raise not_found(f"No such file or directory: {name}")
    return name


def _shown(call: Call, owner: Owner, one: Snippet, as_of: Revision) -> Reply:
    """Answer in the form that the caller accepts: an object, or that and all files."""
    shown = render.snippet(call, owner, one, as_of)
    accepted = call.headers.get("accept", "").partition(";")[0].strip().lower()
    if accepted == "multipart/related":
        return render.in_parts(shown, as_of)
    return Reply(body=Node(shown))


def _written(call: Call) -> Written:
    """Read a body of any of the three kinds; JSON has no files."""
    kind = media_type(call)
    if kind in {"", "application/json"}:
        return json_object(call), {}, []
    parts = multipart.parts(call)
    if kind == "multipart/form-data":
        return _form(parts)
    about = _object(parts[0]) if parts else {}
    files = {part.filename or part.name: part.content for part in parts[1:]}
    named = about.get("files", {})
    if not isinstance(named, dict):
        raise bad_request("Bad request", {"files": ["expected a dictionary"]})
    return about, files, [name for name in named if name not in files]


def _form(parts: list[multipart.Part]) -> Written:
    about: dict[str, Any] = {}
    files, named = {}, []
    for part in parts:
        if part.name == "file":
            files[part.filename or "snippet"] = part.content
        elif part.name == "files":
            named.append(part.text)
        else:
            about[part.name] = part.text
    if "is_private" in about:
        about["is_private"] = about["is_private"].lower() in {"true", "1"}
    return about, files, [name for name in named if name not in files]


def _object(part: multipart.Part) -> dict[str, Any]:
    try:
        read = json.loads(part.content)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise _no_object()
    return read


def _no_object() -> RefusalError:
    return bad_request("The first part is not a JSON object.")
