"""Reading what a caller sent in the body of a request."""

import json
from typing import Any
from urllib.parse import parse_qsl

from .exchange import Call
from .replies import bad_request, error

FORM = "application/x-www-form-urlencoded"


def media_type(call: Call) -> str:
    """Name the content type of the request, without its parameters."""
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()


def json_object(call: Call) -> dict[str, Any]:
    """Read a JSON object; no body at all is an empty one."""
    if not call.body.strip():
        return {}
    body = json_value(call)
    if not isinstance(body, dict):
        raise bad_request("Bad request", {"": "expected a dictionary"})
    return body


def json_value(call: Call) -> Any:
    """Read any JSON."""
    if media_type(call) != "application/json":
        raise error(415, "This resource takes a body of type application/json.")
    try:
        value = json.loads(call.body)
        # Half of a surrogate pair is no text, and what JSON has no number for is none.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise bad_request("The body is not valid JSON.") from None
    return value


def form(call: Call) -> list[tuple[str, str]]:
    """Read a form."""
    if call.body and media_type(call) != FORM:
        raise error(415, f"This resource takes a body of type {FORM}.")
    return parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True)


def text(body: dict[str, Any], name: str, current: str) -> str:
    """Read a text, or keep the current one where none was sent; null is an empty text."""
    value = body.get(name, current)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise bad_request("Bad request", {name: ["expected a string"]})
    return value


def flag(body: dict[str, Any], name: str, *, current: bool) -> bool:
    """Read a boolean, or keep the current one where none was sent; null is none."""
    value = body.get(name)
    if value is None:
        return current
    if not isinstance(value, bool):
        raise bad_request("Bad request", {name: ["expected a boolean"]})
    return value
