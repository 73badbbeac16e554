"""The token endpoint: one form out, a token or an error in, and no secret in any text."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias
from urllib.parse import quote, urlsplit

from attrs import field, frozen

from ..errors import (
    AmbiguousWriteError,
    AnswerError,
    ConfigurationError,
    DecodingError,
    OAuthError,
    RateLimitedError,
    ReauthorizationRequired,
    ServerError,
)
from ..wire.body import Body
from ..wire.caller import Wire
from ..wire.message import Request, Safety
from .hints import UNKNOWN_CONSUMER
from .secret import Credential
from .token import OAuthToken

Clock: TypeAlias = Callable[[], float]

SITE: Final = "https://bitbucket.org"
_WITHDRAWN: Final = "invalid_grant"
_UNKNOWN: Final = "invalid_client"
_CODES: Final = frozenset(
    {
        _WITHDRAWN,
        "access_denied",
        _UNKNOWN,
        "invalid_request",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_CUT: Final = "..."
"""How a text ends that was too long to be shown."""
_SHORTEST: Final = 4
"""What is shorter stands in any text, and is no secret."""


@frozen(eq=False)
class Given(Credential):
    """A header's value as it is: who asks the token endpoint."""

    value: str = field(repr=False)

    @classmethod
    def pair(cls, key: str, secret: str) -> Given:
        """HTTP Basic; nothing is percent-encoded, as RFC 6749 wants and the service does not."""
        return cls("Basic " + b64encode(f"{key}:{secret}".encode()).decode())

    async def authorization(self) -> str:
        """The value of the Authorization header."""
        return self.value


def site_of(value: str) -> str:
    """The address of the web side, checked and without a slash at its end."""
    try:
        text = value.rstrip("/")
        parts = urlsplit(text)
        fits = bool(parts.hostname) and parts.port != 0 and text.isprintable() and " " not in text
    except (AttributeError, TypeError, ValueError):
        text, parts, fits = "", urlsplit(""), False
    if not fits or parts.scheme not in {"http", "https"}:
        raise ConfigurationError(f"site must be an absolute address such as {SITE}")
    if "@" in parts.netloc or "?" in text or "#" in text:
        raise ConfigurationError("site takes no user name, password, query or fragment")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigurationError(f"site must be https: over http {parts.hostname} gets the secret")
    return text


@frozen(eq=False)
class Endpoint:
    """Where *site* gives tokens to those who say *auth*; *key* names the consumer in errors."""

    site: str
    key: str
    auth: Given = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What no text may hold, beside the form's values."""
    way_out: str = UNKNOWN_CONSUMER
    """What to do where it does not know who asks."""

    async def token(
        self,
        form: Iterable[tuple[str, str]],
        safety: Safety,
        via: Wire,
        *,
        old: OAuthToken | None = None,
        clock: Clock = time.time,
    ) -> OAuthToken:
        """The token that *form* is answered with, in place of *old*.

        ReauthorizationRequired where the code or refresh token is not accepted, OAuthError where
        the token endpoint refuses otherwise, DecodingError where what it answers is none.
        """
        pairs, now = list(form), clock()
        sender = via.sender_to(f"{self.site}/site/oauth2", self.auth)
        request = Request(
            "POST",
            "/access_token",
            body=Body.of_form(pairs),
            headers={"Accept": "application/json"},
            safety=safety,
            operation="oauth2.access_token",
            counted=False,
        )
        try:
            answer = await sender.send(request)
        except AnswerError as error:
            failure = self._failure(error, pairs, lost=False)
        except AmbiguousWriteError as error:
            cause = error.__cause__
            if not isinstance(cause, AnswerError):
                raise
            failure = self._failure(cause, pairs, lost=True)
        else:
            if answer.method != request.method:  # "see other": a page, whosever it is
                raise DecodingError(f"{self.site} redirects who asks for a token: none was given")
            return OAuthToken.of_answer(answer, now, old)
        # Out of the block, so that what the server has echoed is not in the error's context.
        raise failure

    def _failure(
        self, error: AnswerError, form: list[tuple[str, str]], *, lost: bool
    ) -> AnswerError | ReauthorizationRequired:
        sent = dict(form)
        what = next((one for one in ("refresh_token", "code") if one in sent), None)
        code = _code(error, _WITHDRAWN if what else "")
        hidden = [value for name, value in form if name in {"refresh_token", "code"}]
        secrets = [*hidden, *self.secrets, *self.auth.value.split()[1:]]
        said = _without(error.message, secrets)
        if what is not None and code == _WITHDRAWN:
            note = "; the answer to a first try was lost" if lost else ""
            reason = f"the {what.replace('_', ' ')} is used up, expired or revoked ({said}{note})"
            return ReauthorizationRequired(self.key, reason)
        kept = isinstance(error, ServerError | RateLimitedError)
        kind = type(error) if kept or not code else OAuthError
        twin = kind(
            status=error.status,
            method=error.method,
            url=_without(error.url, secrets),
            message=said if code in {"", said} else f"{code}: {said}",
            attempts=error.attempts,
            location=error.location and _without(error.location, secrets),
            reset_at=error.reset_at,
            request_id=error.request_id,
            headers={name: _without(value, secrets) for name, value in error.headers.items()},
        )
        if isinstance(twin, OAuthError):
            twin.code = code
            if code == _UNKNOWN:
                twin.advise(self.way_out)
        return twin


def _code(error: AnswerError, usual: str) -> str:
    """OAuth's word for *error*; where the answer has none, what its status means, or *usual*."""
    told = next((one for one in (error.id, error.message) if one in _CODES), None)
    if told is not None:
        return told
    return {400: usual, 401: _UNKNOWN}.get(error.status, "")


def _without(text: str, secrets: Iterable[str]) -> str:
    """*text* with stars in place of *secrets*, however they are spelled."""
    spelled = {one for secret in secrets for one in (secret, quote(secret, safe=""))}
    for one in sorted(spelled, key=len, reverse=True):
        if len(one) >= _SHORTEST:
            text = text.replace(one, "***")
            text = _without_end(text, one)
    return text


def _without_end(text: str, secret: str) -> str:
    """*text* without the part of *secret* in which a long one was cut short."""
    kept = text.removesuffix(_CUT)
    if kept == text:
        return text
    ends = (n for n in range(len(secret) - 1, _SHORTEST - 1, -1) if kept.endswith(secret[:n]))
    n = next(ends, 0)
    return f"{kept[:-n]}***{_CUT}" if n else text
