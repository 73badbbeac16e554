"""Deploy keys of repositories and of projects."""

from collections.abc import Callable

from attrs import frozen

from .. import access
from ..bodies import json_object, text
from ..exchange import Call, Reply
from ..node import Node
from ..pages import count, numbered
from ..render.deploying import project_key, repository_key
from ..replies import bad_request, not_found
from ..routing import Group
from ..state.deploykeys import DeployKey, DeployKeys
from .projects import ONE as PROJECT
from .projects import find_project
from .repositories import ONE as REPOSITORY

KINDS = ("ssh-rsa", "ssh-ed25519", "ssh-dss", "ecdsa-sha2-")

group = Group()


@frozen
class _Keys:
    """The keys of the address's repository or project."""

    known: dict[int, DeployKey]
    state: DeployKeys
    render: Callable[[DeployKey], Node]


def _of(call: Call) -> _Keys:
    """Find what the keys are of, for its administrators."""
    if "repo_slug" in call.params:
        one = access.repository(call, "admin")
        state = call.store.part(one, DeployKeys)
        return _Keys(state.known, state, lambda key: repository_key(call, one, key))
    place, owner = find_project(call, "admin")
    state = call.store.part(owner, DeployKeys)
    return _Keys(state.known, state, lambda key: project_key(call, place, owner, key))


def list_keys(call: Call) -> Reply:
    """List deploy keys."""
    keys = _of(call)
    return numbered(call, list(keys.known.values()), keys.render)


def add_key(call: Call) -> Reply:
    """Add a deploy key, one that is not there yet."""
    keys, body = _of(call), json_object(call)
    key, comment = _parsed(text(body, "key", ""))
    if any(each.key == key for each in keys.known.values()):
        raise bad_request("Bad request", {"key": ["This key was added here already."]})
    label = text(body, "label", "")
    one = DeployKey(keys.state.new_id(), key, comment, label, call.store.now())
    keys.known[one.id] = one
    return Reply(200, keys.render(one))


def get_key(call: Call) -> Reply:
    """Read a deploy key."""
    keys = _of(call)
    return Reply(body=keys.render(_one(call, keys)))


def update_key(call: Call) -> Reply:
    """Change a label or a comment; the key has to come along as it is."""
    keys, body = _of(call), json_object(call)
    one = _one(call, keys)
    key, comment = _parsed(text(body, "key", ""))
    if key != one.key:
        raise bad_request("Bad request", {"key": ["The contents of a key can't be changed."]})
    one.comment = text(body, "comment", comment or one.comment)
    one.label = text(body, "label", one.label)
    return Reply(body=keys.render(one))


def delete_key(call: Call) -> Reply:
    """Delete a deploy key."""
    keys = _of(call)
    del keys.known[_one(call, keys).id]
    return Reply(204)


def _one(call: Call, keys: _Keys) -> DeployKey:
    name = call.params["key_id"]
    found = keys.known.get(count(name))
    if found is None:
        raise not_found(f"There is no deploy key '{name}' here.")
    return found


def _parsed(whole: str) -> tuple[str, str]:
    """Take a key apart: the key, and the comment behind it."""
    kind, _, rest = whole.strip().partition(" ")
    body, _, comment = rest.strip().partition(" ")
    if not kind.startswith(KINDS) or not body:
        raise bad_request("Bad request", {"key": ["Enter a valid SSH key."]})
    return f"{kind} {body}", comment.strip()


for _place, _thing in ((REPOSITORY, "repository"), (PROJECT, "project")):
    _all, _each = f"{_place}/deploy-keys", f"{_place}/deploy-keys/{{key_id}}"
    _read, _classic = f"admin:{_thing}:bitbucket", f"{_thing} {_thing}:admin"
    _write, _delete = f"{_read} write:ssh-key:bitbucket", f"{_read} delete:ssh-key:bitbucket"
    group.on("GET", _all, _read, _classic, login=True)(list_keys)
    group.on("POST", _all, _write, _classic, people=True)(add_key)
    group.on("GET", _each, _read, _classic, login=True)(get_key)
    group.on("DELETE", _each, _delete, _classic, people=True)(delete_key)
    if _place == REPOSITORY:
        group.on("PUT", _each, _write, _classic, people=True)(update_key)
