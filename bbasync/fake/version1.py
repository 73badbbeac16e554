"""What API 1.0 does its own way: formats, plain texts, and the times of Amsterdam."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from . import access
from .exchange import Call, RefusalError, Reply
from .store import Workspace

TEXT = "text/plain; charset=utf-8"


def refusal(status: int, text: str) -> RefusalError:
    """Refuse in plain text."""
    return RefusalError(Reply(status, text=text.encode(), content_type=TEXT))


def in_text(reply: Reply) -> Reply:
    """Turn an error of the usual layout into its message alone."""
    if not isinstance(reply.body, dict):
        return reply
    message: str = reply.body["error"]["message"]
    return Reply(reply.status, headers=reply.headers, text=message.encode(), content_type=TEXT)


def answer(call: Call, found: Any) -> Reply:
    """Answer in the format that was asked for."""
    wanted = call.arg("format") or "json"
    if wanted == "yaml":
        text = "\n".join(_yaml(found)) + "\n"
        return Reply(text=text.encode(), content_type="application/x-yaml; charset=utf-8")
    if wanted == "xml":
        text = f'<?xml version="1.0" encoding="utf-8"?>\n<response>{_xml(found)}</response>'
        return Reply(text=text.encode(), content_type="text/xml; charset=utf-8")
    if wanted != "json":
        raise refusal(400, f"Unknown format {wanted}")
    return Reply(body=found)


def _yaml(value: Any, indent: str = "") -> list[str]:
    """Write a value a line a scalar; texts in quotes, which YAML has from JSON."""
    if isinstance(value, Mapping) and value:
        pairs = [(f"{key}:", inner) for key, inner in value.items()]
    elif isinstance(value, Sequence) and value and not isinstance(value, str):
        pairs = [("-", inner) for inner in value]
    else:
        return [f"{indent}{json.dumps(value)}"]
    lines: list[str] = []
    for key, inner in pairs:
        if isinstance(inner, Mapping | list) and inner:
            lines += [f"{indent}{key}", *_yaml(inner, f"{indent}  ")]
        else:
            lines.append(f"{indent}{key} {json.dumps(inner)}")
    return lines


def _xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{key}>{_xml(inner)}</{key}>" for key, inner in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(f"<resource>{_xml(inner)}</resource>" for inner in value)
    return "" if value is None else escape(str(value))


def utc(moment: str) -> str:
    """Write a time as keys with `utc` in them have it."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S+00:00")


def amsterdam(moment: str) -> str:
    """Write a time as all other keys have it: as a clock in Amsterdam shows it."""
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo("Europe/Amsterdam"))
    return local.strftime("%Y-%m-%d %H:%M:%S")


def owned(call: Call) -> Workspace:
    """Find the workspace of the address by its slug, for its administrators."""
    name = call.params["workspace"]
    place = call.store.workspaces.get(name.lower())
    if place is None and call.store.find_workspace(name) is not None:
        # By its uuid: to the routes of 1.0 that is no name of anything.
        raise refusal(405, "") if call.method == "POST" else refusal(403, "Forbidden")
    if place is None:
        raise refusal(404, "Not Found")
    if access.level(call, place) != "owner":
        raise refusal(403, "Forbidden")
    return place
