"""The installed app: only it may change or delete itself, signed with its own token."""

from typing import Any

from .. import access
from ..bodies import json_object
from ..exchange import Call, Reply
from ..replies import bad_request, forbidden, not_found
from ..routing import Group
from ..store import Credential

group = Group()


@group.on("PUT", "/addon", login=True)
def update_addon(call: Call) -> Reply:
    """Install the descriptor anew; the app may not ask for more than it had, nor for nothing."""
    _require(call, access.CONNECT)
    body = json_object(call)
    descriptor = body.get("descriptor", {"scopes": ["account"]})
    scopes: Any = descriptor.get("scopes") if isinstance(descriptor, dict) else None
    held = list(call.credential.scopes) if call.credential else []
    if not isinstance(scopes, list) or not scopes or any(one not in held for one in scopes):
        raise bad_request("Scopes have increased or decreased to none.")
    return Reply(204)


@group.on("DELETE", "/addon", login=True)
def delete_addon(call: Call) -> Reply:
    """Uninstall the app: what it signs, and its tokens, are worth nothing from then on."""
    signed = _require(call, access.CONNECT)
    for token, credential in list(call.store.credentials.items()):
        if credential is signed or (signed.issuer and credential.issuer is signed.issuer):
            del call.store.credentials[token]
    return Reply(204)


@group.on("GET", "/addon/{addon_key}/client-key", "admin:workspace:bitbucket", login=True)
def get_client_key(call: Call) -> Reply:
    """Tell a Forge app the client key of the app that it follows, as text."""
    _require(call, access.FORGE)
    app = call.store.connect_apps.get(call.params["addon_key"])
    if app is None:
        raise not_found("The Connect app or the Forge app does not exist.")
    return Reply(text=app.client_key.encode(), content_type="text/plain")


def _require(call: Call, kind: str) -> Credential:
    if call.credential is None or call.credential.kind != kind:
        raise forbidden("This resource does not support authentication using the provided token")
    return call.credential
