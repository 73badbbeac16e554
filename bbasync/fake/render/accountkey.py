"""People's SSH and GPG keys as JSON."""

from typing import Any

from ..exchange import Call
from ..node import Node
from ..state.accountkeys import GpgKey, SshKey
from ..store import Account
from .people import link, user


def ssh_key(call: Call, owner: Account, one: SshKey) -> Node:
    """Render an SSH key; the braces in its link stand there as they are."""
    here = f"{call.base}/users/{owner.uuid}/ssh-keys/{one.uuid.strip('{}')}"
    shown = {
        "type": "ssh_key",
        "uuid": one.uuid,
        "key": one.key,
        "comment": one.comment,
        "label": one.label,
        "fingerprint": one.fingerprint,
        "created_on": one.created_on,
        "expires_on": one.expires_on,
        "last_used": one.last_used,
        "owner": user(call, owner),
        "links": {"self": link(here)},
    }
    return Node(shown)


def gpg_key(call: Call, owner: Account, one: GpgKey) -> Node:
    """Render a GPG key; the key itself and its subkeys come only for who asks."""
    here = f"{call.base}/users/{owner.uuid}/gpg-keys/{one.fingerprint.upper()}"
    shown = {
        "type": "gpg_key",
        "key_id": one.fingerprint[-16:],
        "fingerprint": one.fingerprint,
        "parent_fingerprint": one.parent,
        "name": one.name,
        "created_on": one.created_on,
        "added_on": one.added_on,
        "expires_on": None,
        "last_used": None,
        "owner": user(call, owner),
        "links": {"self": link(here)},
    }

    def more() -> dict[str, Any]:
        subkeys = [gpg_key(call, owner, each) for each in one.subkeys]
        return {"key": one.key, "subkeys": subkeys}

    return Node(shown, more)
