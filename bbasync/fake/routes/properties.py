"""What apps keep on commits, pull requests, repositories and people: any JSON, by name."""

import json
from collections.abc import Callable
from typing import Any

from attrs import Factory, define

from .. import access
from ..bodies import json_value
from ..exchange import Call, Reply
from ..pages import count
from ..parts import Owner
from ..replies import not_found, people_only
from ..routing import Group
from .commits import find_in_path
from .pullrequests import ALL as PULLREQUESTS
from .repositories import ONE

READ = "admin:workspace:bitbucket"
TAIL = "properties/{app_key}/{property_name}"
WITHOUT_SCOPES = "api_token"
"""What can't be given a scope for writing here."""

group = Group()
Key = tuple[str, str, str]


@define(eq=False)
class Kept:
    """What apps keep on one repository and what is in it, or on one person."""

    owner: Owner
    values: dict[Key, Any] = Factory(dict)


Find = Callable[[Call, str], tuple[Kept, str]]
"""Finds where the properties of the address's subject are, and what names the subject there."""


def _of_repository(call: Call, need: str) -> tuple[Kept, str]:
    return call.store.part(access.repository(call, need), Kept), ""


def _of_commit(call: Call, need: str) -> tuple[Kept, str]:
    one = access.repository(call, need)
    return call.store.part(one, Kept), find_in_path(one, call.params["commit"]).hash


def _of_pullrequest(call: Call, need: str) -> tuple[Kept, str]:
    one = access.repository(call, need)
    text = call.params["pullrequest_id"]
    if not 1 <= count(text) <= one.pullrequests:
        raise not_found(text)
    return call.store.part(one, Kept), text


def _of_person(call: Call, _: str) -> tuple[Kept, str]:
    name = call.params["selected_user"]
    account = call.store.find_account(name)
    if account is None:
        raise not_found(f"{name} is not a valid user")
    return call.store.part(account, Kept), ""


def _key(call: Call, subject: str) -> Key:
    return subject, call.params["app_key"], call.params["property_name"]


def _get(find_subject: Find) -> Callable[[Call], Reply]:
    def get(call: Call) -> Reply:
        kept, subject = find_subject(call, "read")
        key = _key(call, subject)
        if key not in kept.values:
            raise not_found(f"There is no property '{key[2]}' here.")
        value = kept.values[key]
        return Reply(body=value) if value is not None else Reply(text=json.dumps(None).encode())

    return get


def _put(find_subject: Find) -> Callable[[Call], Reply]:
    def put(call: Call) -> Reply:
        _require_scope(call)
        kept, subject = find_subject(call, "write")
        kept.values[_key(call, subject)] = json_value(call)
        return Reply(204)

    return put


def _delete(find_subject: Find) -> Callable[[Call], Reply]:
    def delete(call: Call) -> Reply:
        _require_scope(call)
        kept, subject = find_subject(call, "write")
        key = _key(call, subject)
        if key not in kept.values:
            raise not_found(f"There is no property '{key[2]}' here.")
        del kept.values[key]
        return Reply(204)

    return delete


def _require_scope(call: Call) -> None:
    if call.credential is not None and call.credential.kind == WITHOUT_SCOPES:
        raise people_only()


for _place, _find in (
    (ONE, _of_repository),
    (f"{ONE}/commit/{{commit}}", _of_commit),
    (f"{PULLREQUESTS}/{{pullrequest_id}}", _of_pullrequest),
    ("/users/{selected_user}", _of_person),
):
    group.on("GET", f"{_place}/{TAIL}", READ, login=True)(_get(_find))
    group.on("PUT", f"{_place}/{TAIL}", login=True)(_put(_find))
    group.on("DELETE", f"{_place}/{TAIL}", login=True)(_delete(_find))
