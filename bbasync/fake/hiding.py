"""What is not shown of a request: whatever may be secret in it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

HIDDEN: Final = "***"
SECRETS: Final = ("secret", "token", "password", "jwt", "assertion", "signature", "private_key")
"""What is in a member of a body or of a query with such a word in its name is not shown."""
SECRET_NAMES: Final = frozenset({"code", "value"})
"""Nor what is in a member of just that name: OAuth's codes, and the variables of pipelines."""


def is_secret(name: str) -> bool:
    """Whether what has this name, or this path of names, may be secret."""
    last = name.rpartition(".")[2].lower()
    return last in SECRET_NAMES or any(word in last for word in SECRETS)


def redacted(value: Any) -> Any:
    """Give a value with what is secret in it hidden."""
    if isinstance(value, dict):
        return {
            name: HIDDEN if is_secret(str(name)) else redacted(each) for name, each in value.items()
        }
    return [redacted(each) for each in value] if isinstance(value, list) else value


def shown_query(query: str) -> str:
    """Write a query with the values hidden that may be secret."""
    pairs = parse_qsl(query, keep_blank_values=True)
    shown = [(name, HIDDEN if is_secret(name) else value) for name, value in pairs]
    return urlencode(shown, safe="*/:,\"'")
