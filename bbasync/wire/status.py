"""From an answer's status and body to the error that it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from .. import errors
from .message import Answer
from .origin import printable

BY_STATUS: Final[Mapping[int, type[errors.AnswerError]]] = {
    202: errors.NotReadyError,
    400: errors.BadRequestError,
    401: errors.UnauthorizedError,
    402: errors.PaymentRequiredError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    405: errors.MethodNotAllowedError,
    406: errors.NotAcceptableError,
    409: errors.ConflictError,
    410: errors.GoneError,
    411: errors.LengthRequiredError,
    412: errors.PreconditionFailedError,
    413: errors.ContentTooLargeError,
    414: errors.AddressTooLongError,
    415: errors.UnsupportedMediaTypeError,
    416: errors.RangeNotSatisfiableError,
    429: errors.RateLimitedError,
    555: errors.ServerTookTooLongError,
}

_LONGEST_TEXT = 300
_REQUEST_IDS: Final = ("X-Request-Id", "X-B3-TraceId", "Atl-TraceId", "x-amz-request-id")
# Nothing in it looks at the same text again and again, however long that is and whatever is left
# open in it.
_MARKUP = re.compile(r"(?is)<(script|style)\b.*?(?:</\1\b[^<>]*>?|\Z)|<[^<>]*>")
_UNTOLD: Final = frozenset({"set-cookie", "set-cookie2"})
_ID = re.compile(r"[\w.:/+=@-]{1,200}", re.ASCII)


def error_class(status: int) -> type[errors.AnswerError]:
    """Choose the class: one a status, then one a family."""
    if status in BY_STATUS:
        return BY_STATUS[status]
    if 300 <= status < 400:  # noqa: PLR2004 - the family of redirects
        return errors.RedirectError
    return errors.ServerError if status >= 500 else errors.AnswerError  # noqa: PLR2004 - 5xx


def error_of(answer: Answer, *, reset_at: datetime | None = None) -> errors.AnswerError:
    """Build the error that *answer* is; no body raises."""
    return error_class(answer.status)(
        status=answer.status,
        method=answer.method,
        url=answer.url,
        attempts=answer.attempts,
        location=printable(answer.headers.get("Location", "")) or None,
        reset_at=reset_at,
        request_id=_request_id(answer.headers),
        headers=_told(answer.headers),
        **_members(answer),
    )


def _request_id(headers: Mapping[str, str]) -> str | None:
    found = (headers.get(name, "").strip() for name in _REQUEST_IDS)
    return next((one for one in found if _ID.fullmatch(one)), None)


def _told(headers: Mapping[str, str]) -> dict[str, str]:
    named = ((name.lower(), value) for name, value in headers.items())
    return {name: printable(value) for name, value in named if name not in _UNTOLD}


def _members(answer: Answer) -> dict[str, Any]:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {"message": _plain(answer)}
    if isinstance(body, str):
        return {"message": _cut(body)}
    if not isinstance(body, dict):
        return {"message": _plain(answer)}
    inner = body.get("error")
    if not isinstance(inner, dict):
        # The token endpoint's layout: {"error": "...", "error_description": "..."}.
        described = body.get("error_description")
        return {
            "message": _text(described or inner or body.get("message")),
            "id": (_text(inner) or None) if described else None,
        }
    return {
        "message": _text(inner.get("message")),
        "detail": inner.get("detail")
        if isinstance(inner.get("detail"), str | dict | list)
        else None,
        "fields": _object(inner.get("fields")),
        "data": _object(inner.get("data")) or _object(body.get("data")),
        "id": _text(inner.get("id")) or None,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _plain(answer: Answer) -> str:
    """The readable part of a body that is text, HTML or XML."""
    return _cut(" ".join(_MARKUP.sub(" ", answer.text).split()))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."
