"""What Bitbucket tells us: deliveries of webhooks, checked, read, and handled once each.

What is registered where does not live here (that is api).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .addresses import (
    ATLASSIAN_RANGES,
    Senders,
    atlassian_networks,
    fetch_atlassian_networks,
)
from .events import EVENTS, Delivery, Event
from .parse import MAX_BYTES, parse
from .receiver import Receiver, Reply
from .router import Router
from .signature import check_signature, sign, verify
from .store import DeliveryStore, MemoryDeliveryStore
from .work import Stats

if TYPE_CHECKING:
    from .receiver_aiohttp import add_routes, aiohttp_handler
    from .receiver_asgi import WebhookApp
    from .redis_store import RedisDeliveryStore

__all__ = [
    "ATLASSIAN_RANGES",
    "EVENTS",
    "MAX_BYTES",
    "Delivery",
    "DeliveryStore",
    "Event",
    "MemoryDeliveryStore",
    "Receiver",
    "RedisDeliveryStore",
    "Reply",
    "Router",
    "Senders",
    "Stats",
    "WebhookApp",
    "add_routes",
    "aiohttp_handler",
    "atlassian_networks",
    "check_signature",
    "fetch_atlassian_networks",
    "parse",
    "sign",
    "verify",
]

# Loaded when first asked for: each server and store is one of several.
_LATER = {
    "RedisDeliveryStore": "redis_store",
    "WebhookApp": "receiver_asgi",
    "add_routes": "receiver_aiohttp",
    "aiohttp_handler": "receiver_aiohttp",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value
