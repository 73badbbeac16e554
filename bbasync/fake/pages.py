"""Lists in pages: numbered ones with a size, and ones that only hand out a cursor."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import unquote_plus

from attrs import frozen

from . import bbql
from .compare import sort_key
from .exchange import Call, Reply
from .node import Node, gather
from .ordering import Sorting
from .replies import bad_request, invalid_pagelen
from .triples import Triples
from .walking import Walk

T = TypeVar("T")
Render = Callable[[T], Node]

STRIDE, FIRST = 7919, 373_248
"""Cursors are offsets in disguise: spread out, and long enough to look like `8xhd`."""
MOST_DIGITS = 9
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@frozen
class Limits:
    """What a list does with the common parameters."""

    default: int = 10
    maximum: int = 100
    typed: bool = True
    """Whether an invalid page length is answered with the usual `type`."""
    filters: bool = True
    """Whether `q` and `sort` work; where they do not, they are ignored in silence."""
    natural: bool = False
    """Whether sorting by name puts v9 before v10."""


USUAL = Limits()


def numbered(
    call: Call,
    items: Sequence[T],
    render: Render[T],
    limits: Limits = USUAL,
    glance: Render[T] | None = None,
) -> Reply:
    """Answer with a numbered page of the items.

    At a `glance`, they show less but know as much: that is enough where many are filtered.
    """
    length = pagelen(call, limits)
    page = _page(call)
    chosen, shown = _arranged(call, items, render, limits, glance)
    start = (page - 1) * length
    values = chosen[start : start + length]
    body: dict[str, Any] = {
        "values": values if shown else [render(item) for item in values],
        "pagelen": length,
        "size": len(chosen),
        "page": page,
    }
    if _ends(call, call.store.sizeless):
        del body["size"], body["page"]
    if start + length < len(chosen) and not _ends(call, call.store.nextless):
        body["next"] = address(call, page=str(page + 1))
    if page > 1:
        body["previous"] = address(call, page=str(page - 1))
    return Reply(body=body)


def cursored(call: Call, items: Sequence[T], render: Render[T], limits: Limits = USUAL) -> Reply:
    """Answer with a page that knows neither its number nor the size of the list."""
    length = pagelen(call, limits)
    start = _offset(call)
    chosen, shown = _arranged(call, items, render, limits)
    values = chosen[start : start + length]
    body: dict[str, Any] = {
        "pagelen": length,
        "values": values if shown else [render(item) for item in values],
    }
    if start + length < len(chosen):
        body["next"] = address(call, page=cursor(start + length))
    return Reply(body=body)


def address(call: Call, **changed: str) -> str:
    """Give the address of this list with some parameters changed and the others as they came."""
    pairs = [pair for pair in call.raw_query.split("&") if pair]
    kept = [pair for pair in pairs if unquote_plus(pair.partition("=")[0]) not in changed]
    new = [f"{name}={value}" for name, value in changed.items()]
    path = call.path.replace("{", "%7B").replace("}", "%7D")
    return f"{call.base}{path}?{'&'.join(kept + new)}"


def cursor(offset: int) -> str:
    """Disguise an offset."""
    number, text = FIRST + offset * STRIDE, ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


def _offset(call: Call) -> int:
    text = _single(call, "page", "Invalid page")
    if text in {None, "1"}:
        return 0
    try:
        offset, rest = divmod(int(text or "", 36) - FIRST, STRIDE)
    except ValueError:
        raise bad_request("Invalid page") from None
    if rest or offset < 0:
        raise bad_request("Invalid page")
    return offset


def _page(call: Call) -> int:
    text = _single(call, "page", "Invalid page")
    if text is None:
        return 1
    number = count(text)
    if not number:
        raise bad_request("Invalid page")
    return number


def pagelen(call: Call, limits: Limits) -> int:
    """Read how many items a page shall have."""
    texts = call.all_args("pagelen")
    if not texts:
        return limits.default
    number = count(texts[0])
    if len(texts) > 1 or not 1 <= number <= limits.maximum:
        raise invalid_pagelen(typed=limits.typed)
    return number


def count(text: str) -> int:
    """Read a number from one on; whatever else it may be counts as nothing."""
    plain = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if plain else 0


def _single(call: Call, name: str, message: str) -> str | None:
    values = call.all_args(name)
    if len(values) > 1:
        raise bad_request(message)
    return values[0] if values else None


def _ends(call: Call, endings: set[str]) -> bool:
    return any(call.path.rstrip("/").endswith(ending) for ending in endings)


def _arranged(
    call: Call,
    items: Sequence[T],
    render: Render[T],
    limits: Limits,
    glance: Render[T] | None = None,
) -> tuple[Sequence[Any], bool]:
    """Filter and sort; tells whether the items are rendered already."""
    query, sort = call.arg("q"), call.arg("sort")
    if not limits.filters or not (query or sort):
        return items, False
    try:
        sorting = Sorting(sort, _key(sort, limits)) if sort else None
        if isinstance(items, Walk):
            return items.arranged(glance or render, query, sorting, call.forget), False
        if isinstance(items, Triples):
            return items.arranged(glance or render, query, sorting), False
        return _filtered([render(item) for item in items], query, sorting), True
    except ValueError as exc:
        raise bad_request(str(exc)) from None
    except RecursionError:
        raise bad_request("The expression is nested too deeply") from None


def _filtered(nodes: list[Node], query: str | None, sorting: Sorting | None) -> list[Node]:
    if sorting is not None:
        bbql.require_field(sorting.path, nodes, "sorting")
        nodes = sorted(nodes, key=sorting.key, reverse=sorting.down)
    if query:
        expression = bbql.parse(query)
        bbql.require_fields(expression, nodes)
        nodes = [node for node in nodes if expression.holds(node)]
    return nodes


def _key(sort: str, limits: Limits) -> Callable[[Node], Any]:
    """Give what tells the value that a list is sorted by."""
    name = sort.removeprefix("-")
    if limits.natural and name == "name":
        return _natural
    path, ordered = name.split("."), name.endswith("permission")
    return lambda node: sort_key(gather(node, path)[0], ordered=ordered)


def _natural(node: Node) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", str(node["name"]))
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
