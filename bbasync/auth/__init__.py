"""Who is asking: the credentials, and where they come from.

Where a credential may go does not live here (that is wire), and no credential can be printed,
logged or pickled.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .basic import BasicAuth
from .bearer import BearerAuth

if TYPE_CHECKING:
    from .connect import ConnectAuth, ConnectOAuth2Auth, qsh, unverified_issuer, verify_jwt
    from .consumer import OAuthConsumer, check_state, new_state
    from .files import FileTokenStore
    from .netrc import netrc_auth
    from .oauth import ClientCredentialsAuth, OAuth2Auth
    from .pool import CredentialPool
    from .provided import ProvidedAuth
    from .redis_store import RedisTokenStore
    from .store import MemoryTokenStore, TokenStore
    from .token import OAuthToken

__all__ = [
    "BasicAuth",
    "BearerAuth",
    "ClientCredentialsAuth",
    "ConnectAuth",
    "ConnectOAuth2Auth",
    "CredentialPool",
    "FileTokenStore",
    "MemoryTokenStore",
    "OAuth2Auth",
    "OAuthConsumer",
    "OAuthToken",
    "ProvidedAuth",
    "RedisTokenStore",
    "TokenStore",
    "check_state",
    "netrc_auth",
    "new_state",
    "qsh",
    "unverified_issuer",
    "verify_jwt",
]

# Loaded when first asked for: few programs need more than one kind.
_LATER = {
    "ClientCredentialsAuth": "oauth",
    "ConnectAuth": "connect",
    "ConnectOAuth2Auth": "connect",
    "CredentialPool": "pool",
    "FileTokenStore": "files",
    "MemoryTokenStore": "store",
    "OAuth2Auth": "oauth",
    "OAuthConsumer": "consumer",
    "OAuthToken": "token",
    "ProvidedAuth": "provided",
    "RedisTokenStore": "redis_store",
    "TokenStore": "store",
    "check_state": "consumer",
    "netrc_auth": "netrc",
    "new_state": "consumer",
    "qsh": "connect",
    "unverified_issuer": "connect",
    "verify_jwt": "connect",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value
