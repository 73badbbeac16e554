"""Settings of pipelines: on or off, numbers, SSH, caches, OpenID Connect."""

import hashlib
from typing import Any

from .. import access, storage
from ..bodies import flag, json_object, text
from ..exchange import Call, Reply
from ..node import Node
from ..pages import numbered
from ..render.repository import repository
from ..replies import bad_request, error, not_found
from ..routing import Group
from ..state.pipeline_settings import Setup
from ..state.runs import Runs
from ..store import braced
from .repositories import ONE

ADMIN = ("admin:repository:bitbucket", "repository:admin")
READ = ("read:pipeline:bitbucket", "pipeline")
WRITE = ("admin:pipeline:bitbucket", "pipeline:variable")
DELETE = ("write:pipeline:bitbucket", "pipeline:write")
CONFIG = f"{ONE}/pipelines_config"
KEY_PAIR = f"{CONFIG}/ssh/key_pair"
HOSTS = f"{CONFIG}/ssh/known_hosts"
CACHES = f"{ONE}/pipelines-config/caches"
OIDC = "/workspaces/{workspace}/pipelines-config/identity/oidc"
OWN_HOSTS = frozenset({"bitbucket.org", "github.com"})
"""Hosts that pipelines know by themselves."""

group = Group()


@group.on("GET", CONFIG, *ADMIN, login=True)
def get_config(call: Call) -> Reply:
    """Tell whether pipelines run."""
    return _config(call)


@group.on("PUT", CONFIG, *ADMIN, login=True)
def update_config(call: Call) -> Reply:
    """Switch pipelines on or off."""
    runs = call.store.part(access.repository(call, "admin"), Runs)
    runs.enabled = flag(json_object(call), "enabled", current=runs.enabled)
    return _config(call)


@group.on("PUT", f"{CONFIG}/build_number", *WRITE, login=True)
def update_build_number(call: Call) -> Reply:
    """Raise the next build number."""
    runs = call.store.part(access.repository(call, "admin"), Runs)
    number = json_object(call).get("next")
    latest = max((run.number for run in runs.runs.values()), default=0)
    if type(number) is not int or number <= latest:
        raise bad_request(f"The next build number must be above {latest}.")
    runs.next_number = number
    return Reply(body=Node({"type": "pipeline_build_number", "next": number}))


@group.on("GET", KEY_PAIR, *READ, login=True)
def get_key_pair(call: Call) -> Reply:
    """Show the public key."""
    return _key_pair(_setup(call, "write"))


@group.on("PUT", KEY_PAIR, *WRITE, login=True)
def update_key_pair(call: Call) -> Reply:
    """Set both keys."""
    setup, body = _setup(call, "admin"), json_object(call)
    missing = [name for name in ("private_key", "public_key") if not text(body, name, "")]
    if missing:
        raise bad_request("Bad request", {missing[0]: ["This key is needed."]})
    setup.public_key = body["public_key"]
    return _key_pair(setup)


@group.on("DELETE", KEY_PAIR, *WRITE, login=True)
def delete_key_pair(call: Call) -> Reply:
    """Delete both keys."""
    setup = _setup(call, "admin")
    _key_pair(setup)
    setup.public_key = None
    return Reply(204)


@group.on("GET", HOSTS, *READ, login=True)
def list_known_hosts(call: Call) -> Reply:
    """List known hosts."""
    return numbered(call, list(_setup(call, "write").known_hosts.values()), _host)


@group.on("POST", HOSTS, *WRITE, login=True)
def create_known_host(call: Call) -> Reply:
    """Add a known host."""
    setup, uuid = _setup(call, "admin"), call.store.new_uuid()
    made = setup.known_hosts[uuid] = _changed_host(call, setup, {"uuid": uuid})
    return Reply(201, _host(made), {"Location": f"{call.base}{call.path}/%7B{uuid[1:-1]}%7D"})


@group.on("GET", f"{HOSTS}/{{known_host_uuid}}", *READ, login=True)
def get_known_host(call: Call) -> Reply:
    """Read a known host."""
    return Reply(body=_host(_known(call, _setup(call, "write"))))


@group.on("PUT", f"{HOSTS}/{{known_host_uuid}}", *WRITE, login=True)
def update_known_host(call: Call) -> Reply:
    """Change a known host."""
    setup = _setup(call, "admin")
    one = _known(call, setup)
    one |= _changed_host(call, setup, one)
    return Reply(body=_host(one))


@group.on("DELETE", f"{HOSTS}/{{known_host_uuid}}", *WRITE, login=True)
def delete_known_host(call: Call) -> Reply:
    """Delete a known host."""
    setup = _setup(call, "admin")
    del setup.known_hosts[_known(call, setup)["uuid"]]
    return Reply(204)


@group.on("GET", CACHES, *READ)
def list_caches(call: Call) -> Reply:
    """List caches."""
    return numbered(call, list(_setup(call, "read").caches.values()), _cache)


@group.on("DELETE", CACHES, *DELETE, login=True)
def delete_caches(call: Call) -> Reply:
    """Delete every version of a cache."""
    setup, name = _setup(call, "write"), call.arg("name")
    if not name:
        raise bad_request("The parameter 'name' is needed.")
    kept = {uuid: one for uuid, one in setup.caches.items() if one["name"] != name}
    if len(kept) == len(setup.caches):
        raise not_found(f"There is no cache '{name}'.")
    setup.caches = kept
    return Reply(204)


@group.on("DELETE", f"{CACHES}/{{cache_uuid}}", *DELETE, login=True)
def delete_cache(call: Call) -> Reply:
    """Delete one version of a cache."""
    setup = _setup(call, "write")
    del setup.caches[_one_cache(call, setup)["uuid"]]
    return Reply(204)


@group.on("GET", f"{CACHES}/{{cache_uuid}}/content-uri", *READ)
def get_content_uri(call: Call) -> Reply:
    """Tell where the content of a cache is stored."""
    uuid = _one_cache(call, _setup(call, "read"))["uuid"]
    return Reply(body=Node({"uri": storage.address(call.base, "caches", uuid.strip("{}"))}))


@group.on("GET", f"{OIDC}/.well-known/openid-configuration")
def get_oidc_configuration(call: Call) -> Reply:
    """Describe the tokens that steps are given."""
    place = access.any_workspace(call)
    issuer = f"{call.url('workspaces', place.slug)}/pipelines-config/identity/oidc"
    shown = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/keys.json",
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
    }
    return Reply(body=shown)


@group.on("GET", f"{OIDC}/keys.json")
def get_oidc_keys(call: Call) -> Reply:
    """Show the keys that these tokens are signed with."""
    place = access.any_workspace(call)
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": place.uuid, "n": "AQAB", "e": "AQAB"}
    return Reply(body={"keys": [key]})


def _setup(call: Call, need: str) -> Setup:
    return call.store.part(access.repository(call, need), Setup)


def _config(call: Call) -> Reply:
    one = access.repository(call, "admin")
    shown = {
        "type": "repository_pipelines_configuration",
        "enabled": call.store.part(one, Runs).enabled,
        "repository": repository(call, one),
    }
    return Reply(body=Node(shown))


def _key_pair(setup: Setup) -> Reply:
    if setup.public_key is None:
        raise not_found("The repository has no SSH key pair.")
    return Reply(body=Node({"type": "pipeline_ssh_key_pair", "public_key": setup.public_key}))


def _known(call: Call, setup: Setup) -> dict[str, Any]:
    found = setup.known_hosts.get(braced(call.params["known_host_uuid"]))
    if found is None:
        raise not_found("The known host was not found.")
    return found


def _changed_host(call: Call, setup: Setup, one: dict[str, Any]) -> dict[str, Any]:
    body = json_object(call)
    name = text(body, "hostname", one.get("hostname", ""))
    key = body.get("public_key", one)
    if not name or not isinstance(key, dict) or not key.get("key"):
        raise bad_request("Bad request", {"hostname": ["A host needs a name and a key."]})
    if name in OWN_HOSTS:
        raise bad_request("hostname-not-allowed: this host is known by itself")
    known = setup.known_hosts.values()
    if any(each["hostname"] == name and each["uuid"] != one["uuid"] for each in known):
        raise error(409, f"The host '{name}' is known already.")
    kind = str(key.get("key_type") or "ssh-ed25519")
    return {**one, "hostname": name, "key_type": kind, "key": str(key["key"])}


def _host(one: dict[str, Any]) -> Node:
    digest = hashlib.md5(one["key"].encode(), usedforsecurity=False).hexdigest()
    public_key = {
        "type": "pipeline_ssh_public_key",
        "key_type": one["key_type"],
        "key": one["key"],
        "md5_fingerprint": f"md5:{':'.join(digest[n : n + 2] for n in range(0, 32, 2))}",
        "sha256_fingerprint": f"SHA256:{digest}",
    }
    shown = {"type": "pipeline_known_host", "uuid": one["uuid"], "hostname": one["hostname"]}
    return Node({**shown, "public_key": public_key})


def _one_cache(call: Call, setup: Setup) -> dict[str, Any]:
    found = setup.caches.get(braced(call.params["cache_uuid"]))
    if found is None:
        raise not_found("The cache was not found.")
    return found


def _cache(one: dict[str, Any]) -> Node:
    digest = hashlib.sha256(one["uuid"].encode()).hexdigest()
    by = {"pipeline_uuid": one["uuid"], "step_uuid": one["uuid"], "key_hash": digest}
    return Node({"type": "pipeline_cache", **one, **by})
