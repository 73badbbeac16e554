"""The installed app: only it may change or delete itself, signed with its own token."""

from typing import Any

from .. import access
from ..bodies import json_object
from ..exchange import Call, Reply
from ..replies import bad_request, forbidden, not_found
from ..routing import Group
from ..store import Credential, uuid_of

APP_KEY = "example-app"

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
    """Uninstall the app: its token is worth nothing from then on."""
    del call.store.credentials[_require(call, access.CONNECT).token]
    return Reply(204)


@group.on("GET", "/addon/{addon_key}/client-key", "admin:workspace:bitbucket", login=True)
def get_client_key(call: Call) -> Reply:
    """Tell a Forge app the client key of the app that it follows, as text."""
    _require(call, access.FORGE)
    if call.params["addon_key"] != APP_KEY:
        raise not_found("The Connect app or the Forge app does not exist.")
    place = call.token_workspace
    key = f"ari:cloud:bitbucket::app/{uuid_of(f'{place.uuid if place else 0}:client')}"
    return Reply(text=key.encode(), content_type="text/plain")


def _require(call: Call, kind: str) -> Credential:
    if call.credential is None or call.credential.kind != kind:
        raise forbidden("This resource does not support authentication using the provided token")
    return call.credential
