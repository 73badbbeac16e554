"""Apps of Atlassian Connect: what they sign, and what Bitbucket signs for them.

Needs the extra ``connect``.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from types import ModuleType
from typing import Any, Final, TypeAlias
from urllib.parse import quote, unquote_to_bytes, urlsplit

from attrs import field, frozen
from yarl import URL

from ..errors import AnswerError, ArgumentError, ConfigurationError, InvalidTokenError
from ..wire.caller import Wire
from ..wire.options import check_number
from .consumer import jwt_grant
from .endpoint import SITE, Clock, site_of
from .hints import connect_hint
from .renewal import Renewed
from .secret import Credential, checked
from .token import OAuthToken

_SCHEME: Final = "JWT"
_METHOD: Final = "HS256"
_LATEST: Final = 1e12
_UNCHECKED: Final = {f"verify_{claim}": False for claim in ("exp", "iat", "nbf", "aud", "iss")}
"""What PyJWT leaves to us: it has no clock but the machine's, and wants an audience."""
_NO_JWT: Final = "it is none"
CONTEXT: Final = "context-qsh"
"""The hash in a token that is for any address; Bitbucket Cloud makes none, other products do."""

Secret: TypeAlias = str | Callable[[str], str | None]
"""The shared secret, or what finds it by the issuer (None: it is unknown)."""


def canonical_request(method: str, url: URL | str, *, base_url: URL | str = "") -> str:
    """What the query string hash is made of: method, path and query in one spelling.

    *url* is percent-encoded, as it is sent; host and fragment count for nothing, and the path
    begins behind that of *base_url*.
    """
    try:
        parts, base = urlsplit(str(url)), urlsplit(str(base_url)).path.rstrip("/")
    except ValueError:
        raise ArgumentError("a query string hash is made of an address: this is none") from None
    path = parts.path.removeprefix(base) if f"{parts.path}/".startswith(f"{base}/") else parts.path
    path = f"/{path.removeprefix('/')}".rstrip("/") or "/"
    return f"{method.upper()}&{path.replace('&', '%26')}&{_canonical_query(parts.query)}"


def _canonical_query(query: str) -> str:
    """*query* sorted by names, then values, as they are encoded; without the token itself."""
    found: dict[str, list[str]] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        found.setdefault(_encoded(name), []).append(_encoded(value))
    found.pop("jwt", None)
    return "&".join(f"{name}={','.join(sorted(found[name]))}" for name in sorted(found))


def _encoded(text: str) -> str:
    """*text* in the one encoding that counts; as in forms, + is a space."""
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="")


def qsh(method: str, url: URL | str, *, base_url: URL | str = "") -> str:
    """The query string hash: a SHA-256 in hexadecimal, which binds a token to one request.

    See canonical_request for what it is made of. The body is not part of it.
    """
    request = canonical_request(method, url, base_url=base_url)
    return sha256(request.encode(errors="surrogatepass")).hexdigest()


def _of_seconds(_: object, __: object, value: object) -> None:
    check_number("lifetime", value, 1, whole=True)


@frozen(eq=False)
class ConnectAuth(Credential):
    """Signs each request as the app *app_key*, for the workspace that it is installed in.

    *client_key* and *shared_secret* came with the installation, as clientKey and sharedSecret; a
    later installation brings another secret. What is signed is good for *lifetime* seconds, by
    *clock*. Few operations want it so; for the others see ConnectOAuth2Auth.
    """

    app_key: str = field(validator=lambda _, __, value: _check("app's key", value))
    client_key: str = field(validator=lambda _, __, value: _check("client key", value))
    shared_secret: str = field(
        repr=False, validator=lambda _, __, value: _check("shared secret", value)
    )
    lifetime: int = field(default=180, kw_only=True, validator=_of_seconds)
    clock: Clock = field(default=time.time, kw_only=True, repr=False)

    def __attrs_post_init__(self) -> None:
        _jwt()

    @property
    def identity(self) -> str:
        """The installation's name, which stays while each request is signed anew."""
        return f"connect:{self.app_key}:{self.client_key}"

    async def authorization_for(self, method: str, url: URL) -> str:
        """The header's value for a request to *url*, as it is sent."""
        return self._signed(qsh=qsh(method, url))

    def authorization_to_trade(self) -> str:
        """The header's value for the token endpoint, which looks at no hash."""
        return self._signed()

    def hint(self, error: AnswerError) -> str:
        """The way out of *error*, a 401 or 403, in one clause; "" where none is known."""
        return connect_hint(error)

    def _signed(self, **more: str) -> str:
        now = int(self.clock())
        who = {"iss": self.app_key, "sub": self.client_key}
        claims = {**who, **more, "iat": now, "exp": now + self.lifetime}
        return f"{_SCHEME} {_jwt().encode(claims, self.shared_secret, algorithm=_METHOD)}"


def _connect(_: object, __: object, value: Any) -> None:
    if not isinstance(value, ConnectAuth):
        raise ConfigurationError(f"connect takes a ConnectAuth, not a {type(value).__name__}")


@frozen(eq=False)
class ConnectOAuth2Auth(Renewed):
    """Acts for the account that the app is installed in, with a token that *connect* is traded for.

    It is asked for at *site* with the first call, kept in memory, and asked for anew *ahead*
    seconds before its end, at most a tenth of its life: once for all calls that wait for it, where
    all clients of an installation have the same object.
    """

    connect: ConnectAuth = field(validator=_connect)
    site: str = field(default=SITE, converter=site_of, kw_only=True)

    @property
    def identity(self) -> str:
        """The installation's name, which stays while tokens change."""
        return f"{self.connect.identity} {self.site}"

    def hint(self, error: AnswerError) -> str:
        """The way out of *error*, a 401 or 403, in one clause; "" where none is known."""
        return connect_hint(error)

    @property
    def _now(self) -> Clock:
        return self.connect.clock

    async def _asked(self, wire: Wire) -> OAuthToken:
        signed = self.connect.authorization_to_trade()
        return await jwt_grant(self.site, signed, wire, clock=self.connect.clock)


def unverified_issuer(token: str) -> str:
    """Whom *token* says it is from (the client key): to find the secret that proves it.

    InvalidTokenError where it says nothing.
    """
    jwt, claims = _jwt(), None
    with suppress(jwt.PyJWTError, ValueError, RecursionError):
        claims = jwt.decode(_bare(token), options={"verify_signature": False})
    return _text(_object(claims), "iss")


def verify_jwt(
    token: str,
    shared_secret: Secret,
    *,
    method: str,
    url: URL | str,
    base_url: URL | str = "",
    audience: str | None = None,
    leeway: float = 60.0,
    context: bool = False,
    clock: Clock = time.time,
) -> dict[str, Any]:
    """The claims of *token*, once it is sure that Bitbucket made it for this request.

    *token* is the value of the Authorization header, or of the parameter ``jwt``; *method* and
    *url* are those of the request as it came in, and *base_url* is the app's own, whose path does
    not count. *shared_secret* came with the installation; a function is given the issuer, and
    gives its secret, or None. *audience* has to be among those of the token; None looks at none.
    *leeway* is how many seconds the clocks may differ. *context* takes a token for any address
    too. InvalidTokenError, which says what is wrong and shows nothing of the token, where it is not
    signed with HS256 and that secret, has expired, is of the future, or is for another request.
    """
    check_number("leeway", leeway, 0)
    secret = shared_secret
    if callable(secret):
        found = secret(unverified_issuer(token))
        if found is None:
            raise _refused("its issuer is not known here")
        secret = found
    claims = _proven(token, _check("shared secret", secret))
    _text(claims, "iss")
    _check_times(claims, clock(), leeway)
    heard = claims.get("aud")
    if audience is not None and audience not in (heard if isinstance(heard, list) else [heard]):
        raise _refused("it is for another audience")
    bound = _text(claims, "qsh")
    if bound == CONTEXT and context:
        return claims
    own = qsh(method, url, base_url=base_url)
    if not hmac.compare_digest(bound.encode(errors="surrogatepass"), own.encode()):
        for_any = "any address, which is not taken here" if bound == CONTEXT else "another request"
        raise _refused(f"it is for {for_any}")
    return claims


def _proven(token: str, secret: str) -> dict[str, Any]:
    jwt = _jwt()
    try:
        return _object(jwt.decode(_bare(token), secret, algorithms=[_METHOD], options=_UNCHECKED))
    except jwt.InvalidAlgorithmError:
        reason = f"it is not signed with {_METHOD}"
    except jwt.InvalidSignatureError:
        reason = "its signature does not fit the shared secret"
    except jwt.InvalidKeyError:
        raise ConfigurationError("the shared secret is a key of another kind") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        reason = _NO_JWT
    raise _refused(reason)  # outside, so that PyJWT's errors, which quote, do not hang on it


def _check_times(claims: Mapping[str, Any], now: float, leeway: float) -> None:
    if _moment(claims, "exp") + leeway <= now:
        raise _refused("it has expired")
    begins = [_moment(claims, name) for name in ("iat", "nbf") if name == "iat" or name in claims]
    if max(begins) - leeway > now:
        raise _refused("it is of the future: compare the clocks")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    """The seconds in the claim *name*; what no clock shows (NaN too) is refused."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
        raise _refused(f"it has no time {name}")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise _refused(f"it has no {name}")
    return value


def _object(claims: Any) -> dict[str, Any]:
    if not isinstance(claims, dict):
        raise _refused(_NO_JWT)
    return claims


def _bare(token: str) -> str:
    if not isinstance(token, str):
        raise _refused(f"a {type(token).__name__} is none")
    return token.removeprefix(f"{_SCHEME} ").strip()


def _refused(reason: str) -> InvalidTokenError:
    return InvalidTokenError(f"the JWT is refused: {reason}")


def _check(kind: str, value: Any) -> str:
    return checked(kind, value)


def _jwt() -> ModuleType:
    """PyJWT, which few programs need."""
    try:
        import jwt  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise ConfigurationError(
            "Connect needs the package PyJWT: install bbasync[connect]"
        ) from error
    return jwt
