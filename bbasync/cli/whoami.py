"""`bbasync whoami`: as whom the commands call, and what with."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from ..api.access import ANONYMOUS, Identity
from ..wire.budget import Budget
from .exits import Code, plain, say
from .notices import noticed
from .session import Caller, reach


async def run_whoami(*, demo: bool, max_wait: float, as_json: bool) -> Code:
    """Ask the service, and write its answer to stdout."""
    with noticed(Console(stderr=True)):
        async with reach(demo=demo, max_wait=max_wait) as (bb, caller):
            identity = await bb.whoami()
            quota = dict(bb.quota)
    if as_json:
        sys.stdout.write(f"{json.dumps(_data(identity, caller, quota), indent=2)}\n")
    if identity.kind == ANONYMOUS:
        say(_nobody(caller))
        return Code.REFUSED
    if not as_json:
        write(
            [
                *described(identity),
                ("from", caller.source),
                ("service", caller.base_url),
                *_left(quota),
            ]
        )
    return Code.DONE


def described(identity: Identity) -> list[tuple[str, str]]:
    """What is known of *identity*, each with its name."""
    scopes = identity.scopes
    known = [
        ("account", _account(identity)),
        ("kind", identity.kind),
        ("scopes", "not told" if scopes is None else ", ".join(sorted(scopes)) or "none"),
        ("token", identity.token_id),
        ("consumer", identity.consumer),
        ("expires", _at(identity.expires_at)),
    ]
    return [(name, text) for name, text in known if text]


def write(rows: Iterable[tuple[str, str]]) -> None:
    """Write *rows* to stdout, a line each, with nothing in them that a terminal would obey."""
    sys.stdout.write("".join(f"{name:<10}{plain(text)}\n" for name, text in rows))


def _account(identity: Identity) -> str:
    account = identity.account
    if account is None:
        return "none that this credential may read"
    nickname, uuid = account.raw.get("nickname"), account.uuid
    named = f"{account.display_name} ({nickname})" if nickname else f"{account.display_name}"
    return f"{named}, {uuid}" if uuid else named


def _nobody(caller: Caller) -> str:
    if caller.auth is not None:
        return f"anonymous: {caller.base_url} took no notice of the credential from {caller.source}"
    return (
        f"anonymous: for {caller.base_url} there is no credential in the environment, no login and "
        "no machine in .netrc; run `bbasync login`"
    )


def _left(quota: Mapping[str, Budget]) -> Iterator[tuple[str, str]]:
    for name, budget in sorted(quota.items()):
        if budget.limit is not None and budget.remaining is not None:
            told = "" if budget.source == "told" else ", as published"
            yield "quota", f"{name}: {budget.remaining:,} of {budget.limit:,} calls left{told}"


def _at(when: datetime | None) -> str:
    return "" if when is None else f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _data(identity: Identity, caller: Caller, quota: Mapping[str, Budget]) -> dict[str, Any]:
    account = identity.account
    names = ("display_name", "nickname", "uuid", "account_id", "type")
    return {
        "base_url": caller.base_url,
        "source": caller.source or None,
        "kind": identity.kind,
        "account": None if account is None else {one: account.raw.get(one) for one in names},
        "scopes": None if identity.scopes is None else sorted(identity.scopes),
        "token_id": identity.token_id,
        "consumer": identity.consumer,
        "expires_at": _iso(identity.expires_at),
        "quota": {
            name: {
                "limit": one.limit,
                "remaining": one.remaining,
                "window": one.window,
                "reset_at": _iso(one.reset_at),
                "source": one.source,
            }
            for name, one in sorted(quota.items())
        },
    }


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.astimezone(UTC).isoformat()
