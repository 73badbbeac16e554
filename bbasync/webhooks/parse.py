"""From headers and body to an event, without any I/O: whatever comes, an event or WebhookError."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from ..errors import ArgumentError, WebhookError
from ..wire.message import Sender, loads
from .events import Delivery, Event, event_of
from .signature import HEADER, check_signature, known_secrets

Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
"""Header lines; names in any case."""

MAX_BYTES: Final = 512 * 1024
"""The largest body that is taken: the service sends 256 KB at the most."""

KEY: Final = "X-Event-Key"
ID: Final = "X-Request-UUID"
HOOK: Final = "X-Hook-UUID"
ATTEMPT: Final = "X-Attempt-Number"

_WANTED: Final = {name.lower(): name for name in (HEADER, KEY, ID, HOOK, ATTEMPT)}
WORD: Final = re.compile(r"[!-~]{1,128}")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")


def parse(
    headers: Headers,
    body: bytes,
    *,
    secrets: str | Iterable[str] = (),
    unsigned: bool = False,
    client: Sender | None = None,
    max_bytes: int = MAX_BYTES,
) -> Event:
    """The event of a delivery: *body* is the bytes as received.

    Its signature must be of one of *secrets*; of a webhook without a secret, *unsigned* takes what
    anybody may have sent. Links in the event are followed through *client*. Whatever is wrong with
    the delivery is a WebhookError, a SignatureError where it may be forged; a field that is not
    of its declared kind is an error where it is read. The headers are not signed: who has seen a
    delivery could send its body again under another key and id.
    """
    known = checked_secrets(secrets, unsigned=unsigned)
    if not isinstance(body, bytes):
        raise ArgumentError("body takes bytes as they came: what is decoded fits no signature")
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    lines = _lines(headers)
    if known:
        check_signature(body, lines.get(HEADER), known)
    delivery = _delivery(lines, signed=bool(known))
    return event_of(_object(body), delivery, client)


def checked_secrets(secrets: str | Iterable[str], *, unsigned: bool) -> tuple[str, ...]:
    """*secrets* as a tuple; ArgumentError where it is not clear whether signatures are checked."""
    known = known_secrets(secrets)
    if unsigned and known:
        raise ArgumentError(
            "give secrets= or unsigned=True, not both: who has no secret would leave the "
            "signature out"
        )
    if not unsigned and not known:
        raise ArgumentError(
            "give the webhook's secret as secrets=, or unsigned=True to take what anybody may send"
        )
    return known


def too_large(max_bytes: int) -> WebhookError:
    """The error for a body above *max_bytes*."""
    return WebhookError(f"the body has more than {max_bytes} bytes", "too_large")


def pairs(headers: Headers) -> list[tuple[str, str]]:
    """The lines of *headers*, which may have a name twice."""
    return list(headers.items() if isinstance(headers, Mapping) else headers)


def _lines(headers: Headers) -> dict[str, str]:
    """The lines that are looked at, each at most once."""
    found: dict[str, str] = {}
    for name, value in pairs(headers):
        wanted = _WANTED.get(name.lower())
        if wanted is None:
            continue
        if wanted in found:  # which of them was meant?
            raise WebhookError(f"{wanted} came more than once", "header")
        found[wanted] = value
    return found


def _delivery(lines: Mapping[str, str], *, signed: bool) -> Delivery:
    key = _word(lines, KEY)
    if key is None:
        raise WebhookError(f"{KEY} is missing: this is no delivery of a webhook", "header")
    attempt = lines.get(ATTEMPT)
    if attempt is not None and not _NUMBER.fullmatch(attempt):
        raise WebhookError(f"{ATTEMPT} is not a number", "header")
    number = None if attempt is None else int(attempt)
    return Delivery(key, _word(lines, ID), _word(lines, HOOK), number, signed)


def _word(lines: Mapping[str, str], name: str) -> str | None:
    value = lines.get(name)
    if value is not None and not WORD.fullmatch(value):
        raise WebhookError(f"{name} is not a word of printable ASCII", "header")
    return value


def _object(body: bytes) -> Any:
    try:
        found = loads(body)
    except (ValueError, RecursionError) as error:
        kind = type(error).__name__
    else:
        if isinstance(found, dict):
            return found
        raise WebhookError("the body is JSON, but no object", "not_an_object")
    # The cause would show some of the body.
    raise WebhookError(f"the body is not JSON ({kind})", "not_json")
