"""People's SSH and GPG keys, and the key that the service signs with."""

from datetime import datetime
from typing import Any

from .. import access
from ..bodies import json_object, text
from ..exchange import Call, Reply
from ..pages import numbered
from ..render.accountkey import gpg_key, ssh_key
from ..replies import bad_request, forbidden, not_found
from ..routing import Group
from ..state.accountkeys import GpgKey, Keys, SshKey, armoured, is_armoured, ssh_parts
from ..store import Account, braced

SSH = "/users/{selected_user}/ssh-keys"
GPG = "/users/{selected_user}/gpg-keys"


def _scopes(kind: str) -> dict[str, tuple[str, str]]:
    read, write = f"read:{kind}-key:bitbucket", f"write:{kind}-key:bitbucket"
    return {
        "GET": (read, "account"),
        "POST": (f"{read} {write}", "account:write"),
        "PUT": (f"{read} {write}", "account:write"),
        "DELETE": (f"delete:{kind}-key:bitbucket", "account:write"),
    }


OF_SSH, OF_GPG = _scopes("ssh"), _scopes("gpg")

group = Group()


@group.on("GET", SSH, *OF_SSH["GET"], people=True)
def list_ssh_keys(call: Call) -> Reply:
    """List the caller's SSH keys."""
    owner, keys = _keys(call)
    return numbered(call, list(keys.ssh.values()), lambda one: ssh_key(call, owner, one))


@group.on("POST", SSH, *OF_SSH["POST"], people=True)
def add_ssh_key(call: Call) -> Reply:
    """Add an SSH key; a comment is what stands behind it."""
    owner, keys = _keys(call)
    body = json_object(call)
    found = ssh_parts(body.get("key"))
    if found is None:
        raise bad_request("Bad request", {"key": ["Enter a valid SSH key."]})
    if any(one.key == found[0] for one in keys.ssh.values()):
        raise bad_request("Bad request", {"key": ["Someone has already added that SSH key."]})
    made = SshKey(
        uuid=call.store.new_uuid(),
        key=found[0],
        comment=found[1],
        label=text(body, "label", ""),
        created_on=call.store.now(),
        expires_on=_moment(call.arg("expires_on")),
    )
    keys.ssh[made.uuid] = made
    shown = ssh_key(call, owner, made)
    return Reply(201, shown, {"Location": shown["links"]["self"]["href"]})


@group.on("GET", f"{SSH}/{{key_id}}", *OF_SSH["GET"], people=True)
def get_ssh_key(call: Call) -> Reply:
    """Read one SSH key."""
    owner, keys = _keys(call)
    return Reply(body=ssh_key(call, owner, _ssh(call, keys)))


@group.on("PUT", f"{SSH}/{{key_id}}", *OF_SSH["PUT"], people=True)
def update_ssh_key(call: Call) -> Reply:
    """Change what a key is called; the key itself stays as it is."""
    owner, keys = _keys(call)
    one, body = _ssh(call, keys), json_object(call)
    if body.get("key", one.key) != one.key:
        raise bad_request("Bad request", {"key": ["A key can't be changed."]})
    one.label = text(body, "label", one.label)
    one.comment = text(body, "comment", one.comment)
    return Reply(body=ssh_key(call, owner, one))


@group.on("DELETE", f"{SSH}/{{key_id}}", *OF_SSH["DELETE"], people=True)
def delete_ssh_key(call: Call) -> Reply:
    """Take an SSH key away."""
    _, keys = _keys(call)
    del keys.ssh[_ssh(call, keys).uuid]
    return Reply(204)


@group.on("GET", GPG, *OF_GPG["GET"], people=True)
def list_gpg_keys(call: Call) -> Reply:
    """List the caller's GPG keys."""
    owner, keys = _keys(call)
    return numbered(call, keys.gpg, lambda one: gpg_key(call, owner, one))


@group.on("POST", GPG, *OF_GPG["POST"], people=True)
def add_gpg_key(call: Call) -> Reply:
    """Add a GPG key."""
    owner, keys = _keys(call)
    body: dict[str, Any] = json_object(call)
    if not is_armoured(body.get("key")):
        raise bad_request("Bad request", {"key": ["Enter a valid GPG key."]})
    now = call.store.now()
    made = GpgKey(body["key"], text(body, "name", f"{owner.display_name}'s OpenPGP key"), now, now)
    if keys.find(made.fingerprint) is not None:
        raise bad_request("Bad request", {"key": ["This GPG key was added before."]})
    keys.gpg.append(made)
    shown = gpg_key(call, owner, made)
    return Reply(201, shown, {"Location": shown["links"]["self"]["href"]})


@group.on("GET", f"{GPG}/{{fingerprint}}", *OF_GPG["GET"], people=True)
def get_gpg_key(call: Call) -> Reply:
    """Read one GPG key."""
    owner, keys = _keys(call)
    return Reply(body=gpg_key(call, owner, _gpg(call, keys)))


@group.on("DELETE", f"{GPG}/{{fingerprint}}", *OF_GPG["DELETE"], people=True)
def delete_gpg_key(call: Call) -> Reply:
    """Take a GPG key away with its subkeys, which do not go alone."""
    _, keys = _keys(call)
    one = _gpg(call, keys)
    if one.parent is not None:
        raise forbidden("This is a subkey: delete the key that it belongs to.")
    keys.gpg.remove(one)
    return Reply(204)


@group.on(
    "GET",
    "/workspaces/{workspace}/settings/gpg/public-key",
    "read:workspace:bitbucket",
    "account",
    login=True,
)
def get_public_key(call: Call) -> Reply:
    """Tell members which key the service signs with."""
    access.joined_workspace(call)
    return Reply(text=armoured("the service's own").encode(), content_type="text/plain")


def _keys(call: Call) -> tuple[Account, Keys]:
    """Find whose keys are meant; they have to be the caller's."""
    name = call.params["selected_user"]
    found = call.store.find_account(name)
    if found is None:
        raise not_found(f"{name} is not a valid user")
    if found is not call.account:
        raise forbidden("These are the keys of somebody else.")
    return found, call.store.part(found, Keys)


def _ssh(call: Call, keys: Keys) -> SshKey:
    name = call.params["key_id"]
    found = keys.ssh.get(braced(name))
    if found is None:
        raise not_found(name)
    return found


def _gpg(call: Call, keys: Keys) -> GpgKey:
    name = call.params["fingerprint"]
    found = keys.find(name)
    if found is None:
        raise not_found(name)
    return found


def _moment(when: str | None) -> str | None:
    """Read a date or a time; a date is its first moment."""
    if when is None:
        return None
    try:
        read = datetime.fromisoformat(when)
    except ValueError:
        raise bad_request("Invalid expires_on") from None
    return read.isoformat() if read.tzinfo else f"{read.isoformat()}+00:00"
