"""Addresses of webhooks as they may be told: without what in them may be a secret."""

from __future__ import annotations

from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """Scheme and host of a webhook's address: what is behind them often holds a token."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "its receiver"
    host = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{host}" if parts.scheme and host else "its receiver"
