"""The way out of a 401 or 403, one short clause for each kind of credential.

What a credential is shows in how its token begins; no part of it ever stands in a hint.
"""

from __future__ import annotations

import re
from typing import Final

from ..errors import AnswerError

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403

_API_TOKEN: Final = "ATATT"  # noqa: S105 - how each begins, and no token
_ACCESS_TOKEN: Final = "ATCTT"  # noqa: S105 - the same
_APP_PASSWORD: Final = "ATBB"  # noqa: S105 - the same

_ACCESS_KINDS: Final = frozenset(
    {"repo_access_token", "repository_access_token", "project_access_token"}
    | {"workspace_access_token"}
)
"""The values of X-Credential-Type for tokens that belong to no person."""
_GRANULAR: Final = ":bitbucket"
"""How the scopes end that API tokens and Forge have; all others have the classic ones."""
_UNSUPPORTED: Final = re.compile(r"(?i)\bnot support")

_NO_APP_PASSWORDS: Final = "app passwords ended on 2026-07-28: make an API token with scopes"
UNKNOWN_APP: Final = (
    "check the app's key, the client key, the shared secret, which changes with each "
    "installation, and this machine's clock"
)
UNKNOWN_CONSUMER: Final = "check the consumer's key and secret: it may have been deleted or changed"
_OF_A_PERSON: Final = "use an API token of a person, as BasicAuth(email, token)"


def basic_hint(error: AnswerError, email: str, token: str) -> str:
    """The way out for an e-mail address with an API token; "" where none is known."""
    if error.status == _UNAUTHORIZED:
        return _unknown_to_basic(email, token)
    lacking = _lacking(error)
    if not lacking:
        unsupported = error.status == _FORBIDDEN and _UNSUPPORTED.search(error.message)
        return "an API token can't do this: it takes an app's credential" if unsupported else ""
    granular = [scope for scope in lacking if scope.endswith(_GRANULAR)]
    if not granular:
        names = " and ".join(lacking)
        return f"no API token can have {names}: use an OAuth consumer that has it"
    names = " and ".join(granular)
    return f"an API token keeps its scopes: make a new one with {names} too{_not_in(error)}"


def bearer_hint(error: AnswerError, token: str) -> str:
    """The way out for an access token; "" where none is known."""
    if error.status == _UNAUTHORIZED:
        return _unknown_to_bearer(token)
    kind = error.headers.get("x-credential-type", "")
    if token.startswith(_ACCESS_TOKEN) or kind in _ACCESS_KINDS:
        make = "an access token keeps its scopes: make a new one with {} too"
        return _classic(error, "an access token", make)
    return _classic(error, "this token", "get a token with {} too")


def oauth_hint(error: AnswerError, *, again: str = "authorize again") -> str:
    """The way out for a token of OAuth; "" where none is known.

    *again* is what is to be done once the consumer has other permissions.
    """
    if error.status == _UNAUTHORIZED:
        return f"the token has expired or was revoked: {again}"
    make = f"add {{}} to the OAuth consumer's permissions, and {again}"
    return _classic(error, "an OAuth token", make)


def connect_hint(error: AnswerError) -> str:
    """The way out for an app of Atlassian Connect; "" where none is known."""
    if error.status == _UNAUTHORIZED:
        return UNKNOWN_APP
    make = "add {} to the scopes in the app's descriptor, and have them accepted in the workspace"
    return _classic(error, "a Connect app", make)


def _unknown_to_basic(email: str, token: str) -> str:
    if token.startswith(_ACCESS_TOKEN):
        return "this looks like an access token: use BearerAuth(token)"
    if token.startswith(_APP_PASSWORD):
        return _NO_APP_PASSWORDS
    if "@" not in email:
        return "use the e-mail address of the Atlassian account in place of a user name"
    return (
        "is this the e-mail address of the Atlassian account? An API token needs scopes for "
        "Bitbucket, and ends after a year at most: make a new one where it has expired or was "
        "revoked"
    )


def _unknown_to_bearer(token: str) -> str:
    if token.startswith(_API_TOKEN):
        return "this looks like an API token: use BasicAuth(email, token)"
    if token.startswith(_APP_PASSWORD):
        return _NO_APP_PASSWORDS
    return "the token has expired or was revoked: make a new one"


def _classic(error: AnswerError, kind: str, make: str) -> str:
    """The way out of a 403 for those whose scopes are the classic ones."""
    if error.status != _FORBIDDEN:
        return ""
    lacking = _lacking(error)
    if not lacking:
        unsupported = _UNSUPPORTED.search(error.message)
        return f"{kind} can't do this: {_OF_A_PERSON}" if unsupported else ""
    classic = [scope for scope in lacking if not scope.endswith(_GRANULAR)]
    if not classic:
        return f"{kind} can't have {' and '.join(lacking)}: {_OF_A_PERSON}"
    return make.format(" and ".join(classic))


def _lacking(error: AnswerError) -> list[str]:
    if error.status != _FORBIDDEN:
        return []
    return [scope for scope in error.required_scopes if scope not in error.granted_scopes]


def _not_in(error: AnswerError) -> str:
    """What reminds of the stronger scopes that a token has: a granular one includes no other."""
    for scope in _lacking(error):
        right, _, thing = scope.partition(":")
        for stronger in ("write", "admin"):
            held = f"{stronger}:{thing}"
            if right != stronger and held in error.granted_scopes:
                return f"; {held} does not include it"
    return ""
