"""bbasync: an asyncio client for Bitbucket Cloud. The public names, and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .auth import BasicAuth, BearerAuth
from .client import VERSION, Bitbucket
from .errors import BitbucketError
from .paging import ListQuery, Page, Pager
from .query import F
from .wire.body import Body, Part, Uploads
from .wire.budget import Budget
from .wire.counting import Quota
from .wire.events import Event
from .wire.message import Answer
from .wire.stream import Stream

if TYPE_CHECKING:
    from .api import OPERATIONS
    from .auth import (
        ClientCredentialsAuth,
        ConnectAuth,
        ConnectOAuth2Auth,
        CredentialPool,
        FileTokenStore,
        MemoryTokenStore,
        OAuth2Auth,
        OAuthConsumer,
        OAuthToken,
        RedisTokenStore,
        TokenStore,
    )
    from .model.links import Link, Links
    from .model.poll import Polling
    from .model.resource import Resource
    from .wire.cache import Cache, MemoryCache

__version__ = VERSION

__all__ = [
    "OPERATIONS",
    "Answer",
    "BasicAuth",
    "BearerAuth",
    "Bitbucket",
    "BitbucketError",
    "Body",
    "Budget",
    "Cache",
    "ClientCredentialsAuth",
    "ConnectAuth",
    "ConnectOAuth2Auth",
    "CredentialPool",
    "Event",
    "F",
    "FileTokenStore",
    "Link",
    "Links",
    "ListQuery",
    "MemoryCache",
    "MemoryTokenStore",
    "OAuth2Auth",
    "OAuthConsumer",
    "OAuthToken",
    "Page",
    "Pager",
    "Part",
    "Polling",
    "Quota",
    "RedisTokenStore",
    "Resource",
    "Stream",
    "TokenStore",
    "Uploads",
    "__version__",
]

# Loaded when first asked for: a program that starts should not pay for what it does not use.
_LATER = {
    "OPERATIONS": "api",
    "ClientCredentialsAuth": "auth",
    "ConnectAuth": "auth",
    "ConnectOAuth2Auth": "auth",
    "CredentialPool": "auth",
    "FileTokenStore": "auth",
    "MemoryTokenStore": "auth",
    "OAuth2Auth": "auth",
    "OAuthConsumer": "auth",
    "OAuthToken": "auth",
    "RedisTokenStore": "auth",
    "TokenStore": "auth",
    "Cache": "wire.cache",
    "Link": "model.links",
    "Links": "model.links",
    "MemoryCache": "wire.cache",
    "Polling": "model.poll",
    "Resource": "model.resource",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value
