"""Who the caller is, as the service tells it, and what his credential can do.

The answers to ``GET /user`` describe the credential in their headers, whether it may read that or
not. The rest is worked out from what each operation declares, without a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from attrs import frozen

from ..errors import ForbiddenError, UnauthorizedError
from ..model.reply import read
from ..resources import Account
from ..wire.message import Request, Safety, Sender
from .lookup import Named, operation_of
from .operation import Operation

ANONYMOUS: Final = "anonymous"
_UNKNOWN_CALLER: Final = "unauthenticated_identity"
_KIND: Final = "x-credential-type"
_OF_GRANULAR: Final = ":bitbucket"
_ACCESS: Final = "access_token"
"""The end of a kind's name."""
_OF_ONE: Final = ("repo", "project", "workspace")
"""What an access token is of: its kind begins with it."""

_IMPLIED: Final[Mapping[str, tuple[str, ...]]] = {
    "pullrequest:write": ("pullrequest", "repository:write", "repository"),
    "pullrequest": ("repository",),
    "project": ("repository",),
    "project:write": (),  # dead, and ignored by the service
}
_MAYBE: Final[Mapping[str, str]] = {"pipeline": "pipeline:variable"}
"""Scopes, each with one that is not said to imply it, nor not to."""

_TAKERS: Final = {
    "person": "a person's credential",
    "api_token": "a user's API token",
    "connect_jwt": "the JWT of a Connect app",
    "forge": "the credential of a Forge app",
}


@frozen
class Identity:
    """The caller as the service knows him; nothing in here is a secret."""

    kind: str
    """What X-Credential-Type says: ``api_token``, ``workspace_access_token``, ``oauth2`` and so
    on, and others to come; ``anonymous`` without a credential, empty where it is not told."""
    scopes: frozenset[str] | None = None
    """The scopes that the credential was given, as they are spelled; None where none are told."""
    token_id: str | None = None
    """The service's number of the token: another one after each rotation."""
    consumer: str | None = None
    """The key of the OAuth consumer."""
    account: Account | None = None
    """The user, or the app's own; None where the credential may not read it, as access tokens."""
    expires_at: datetime | None = None
    """When the credential ends, as far as the client knows that."""

    def __str__(self) -> str:
        who = self.account.display_name or self.account.uuid if self.account else None
        named = f"{_shown(who)}, by {self.kind or 'a credential'}" if who else self.kind
        scopes = "scopes not told" if self.scopes is None else _listed(sorted(self.scopes))
        until = f", until {self.expires_at:%Y-%m-%d %H:%M %Z}".rstrip() if self.expires_at else ""
        return named if self.kind == ANONYMOUS else f"{named or 'unknown'} ({scopes}{until})"


@frozen
class Can:
    """Whether a credential can call an operation, as far as its kind and its scopes decide that.

    True only where *allowed* is: what can't be told beforehand (None) is no yes. What the owner
    may do with the repository or workspace in question is another matter, which nothing here
    knows, and so is whether an operation was removed.
    """

    allowed: bool | None
    """None where it can't be told beforehand: then only a call shows it."""
    missing: tuple[str, ...]
    """The scopes that the credential lacks."""
    reason: str
    """Why, in one clause."""

    def __bool__(self) -> bool:
        return self.allowed is True

    def __str__(self) -> str:
        said = {True: "yes", False: "no", None: "unknown"}[self.allowed]
        return f"{said}: {self.reason}"


async def whoami(
    sender: Sender, *, anonymous: bool = False, expires_at: datetime | None = None
) -> Identity:
    """Ask the service who the caller is: one request, shared with no other call.

    UnauthorizedError where the credential is good for nothing; *anonymous* says that there is
    none, and that 401 is the expected answer. *expires_at* is what the client itself knows.
    """
    request = Request("GET", "/user", headers={"Cache-Control": "no-cache"}, operation="users.me")
    try:
        answer = await sender.send(request)
    except UnauthorizedError:
        if anonymous:
            return Identity(ANONYMOUS, frozenset())
        raise
    except ForbiddenError as error:
        if _KIND not in error.headers:
            raise  # not the service's own word on the credential, but somebody's on the way
        return _identity(error.headers, None, error.granted_scopes, expires_at)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return _identity(headers, read(answer, Account, sender), (), expires_at)


def _identity(
    headers: Mapping[str, str],
    account: Account | None,
    granted: tuple[str, ...],
    expires_at: datetime | None,
) -> Identity:
    kind, told = headers.get(_KIND, ""), headers.get("x-oauth-scopes")
    scopes = granted if told is None else told.replace(",", " ").split()
    return Identity(
        kind=ANONYMOUS if kind == _UNKNOWN_CALLER else kind,
        scopes=frozenset(scopes) if scopes or told is not None else None,
        token_id=headers.get("x-token-id") or None,
        consumer=headers.get("x-consumer-client-id") or None,
        account=account,
        expires_at=expires_at,
    )


def can(identity: Identity, what: Named) -> Can:
    """Work out whether *identity* can call an operation, see ``operation_of``; without a request.

    A webhook needs the scopes of its events too, which depend on the call and are left out here.
    """
    operation = operation_of(what)
    if identity.kind == ANONYMOUS:
        return _anonymous(operation)
    family = _family(identity)
    barred = _barred(family, operation)
    if barred:
        return _no(barred)
    found = _by_scopes(identity, operation)
    doubt = _doubt(identity, family, operation) if found.allowed else ""
    return _unknown(doubt) if doubt else found


def _anonymous(operation: Operation) -> Can:
    if operation.only:
        return _no(f"it takes {_TAKERS[operation.only]}")
    if operation.safety is not Safety.READ:
        return _no("without a credential nothing can be changed")
    if operation.scopes or operation.granular_scopes:
        return _unknown("without a credential only what is public can be read")
    return _yes("it needs no credential")


def _family(identity: Identity) -> str:
    """What sort of credential it is, as Operation.only has them; empty for one to come."""
    kind = identity.kind.lower()
    if kind.startswith(_OF_ONE) and kind.endswith(_ACCESS):
        return _ACCESS
    if kind.startswith("forge") or (kind.startswith("oauth") and _is_granular(identity)):
        return "forge"
    if kind.startswith("oauth"):
        return "oauth"
    if kind.startswith("connect") or "jwt" in kind:
        return "connect_jwt"
    return kind if kind == "api_token" else ""


def _barred(family: str, operation: Operation) -> str:
    """Why no credential of that family is taken, whatever its scopes."""
    if operation.only == "person":
        return "it takes no access token" if family == _ACCESS else ""
    if operation.only and family and family != operation.only:
        return f"it takes nothing but {_TAKERS[operation.only]}"
    return ""


def _doubt(identity: Identity, family: str, operation: Operation) -> str:
    """Why scopes that suffice may not be enough."""
    if operation.only == family:
        return ""
    is_person = family == "api_token" or (identity.account and identity.account.type == "user")
    if operation.only == "person" and not is_person:
        return "it takes a person's credential, and whether this is one is not told"
    if operation.only and operation.only != "person":
        return f"it takes nothing but {_TAKERS[operation.only]}, and what this is is not known"
    return "Forge apps are let into a part of the operations only" if family == "forge" else ""


def _by_scopes(identity: Identity, operation: Operation) -> Can:
    if identity.scopes is None:
        return _unknown("the scopes of the credential are not told")
    granular = _is_granular(identity)
    needed = operation.granular_scopes if granular else operation.scopes
    if not needed:
        return _undeclared(operation, granular=granular)
    held = identity.scopes if granular else _spread(identity.scopes)
    missing = tuple(one for one in needed if one not in held)
    if not missing:
        return _yes(f"the credential has {_listed(needed)}")
    perhaps = [_MAYBE[one] for one in missing if _MAYBE.get(one) in held]
    if len(perhaps) == len(missing):
        return _unknown(f"{_listed(perhaps)} may do for it, or not", missing)
    return _no(f"the credential lacks {_listed(missing)}", missing)


def _undeclared(operation: Operation, *, granular: bool) -> Can:
    """What can be said where no scope of the credential's spelling is documented."""
    if granular and "account:write" in operation.scopes:
        return _no("no granular scope stands for account:write", ("account:write",))
    writes = operation.safety is not Safety.READ
    if operation.path.startswith("/1.0/") or (granular and (operation.scopes or writes)):
        return _unknown("no scope of this kind of credential is documented for it")
    return _yes("it needs no scope")


def _is_granular(identity: Identity) -> bool:
    """Whether its scopes are the granular ones: how they are spelled decides, else its kind."""
    if identity.scopes:
        return any(one.endswith(_OF_GRANULAR) for one in identity.scopes)
    return identity.kind == "api_token" or identity.kind.startswith("forge")


def _spread(scopes: frozenset[str]) -> set[str]:
    """The classic scopes with all that they imply; granular ones imply nothing."""
    held = set(scopes)
    for one in scopes:
        base = (one.removesuffix(":write"),) if one.endswith(":write") else ()
        held.update(_IMPLIED.get(one, base))
    return held


def _listed(scopes: Iterable[str]) -> str:
    return ", ".join(scopes) or "no scope"


def _shown(name: str) -> str:
    """A name that people choose, without what a terminal would obey."""
    return "".join(one if one.isprintable() else " " for one in name)


def _yes(reason: str) -> Can:
    return Can(allowed=True, missing=(), reason=reason)


def _no(reason: str, missing: tuple[str, ...] = ()) -> Can:
    return Can(allowed=False, missing=missing, reason=reason)


def _unknown(reason: str, missing: tuple[str, ...] = ()) -> Can:
    return Can(allowed=None, missing=missing, reason=reason)
