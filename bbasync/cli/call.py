"""One call of `bbasync api`, as its arguments say: checked before anything is sent."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Final, NoReturn
from urllib.parse import parse_qsl

from attrs import field, frozen

from ..errors import ArgumentError
from ..query import field_list, sort_key
from ..wire.body import Body, Pieces, Uploads
from ..wire.message import Request, Safety
from . import paths

JSON: Final = "application/json"
STDIO: Final = "-"
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OURS: Final[Mapping[str, str]] = {
    "authorization": "it comes from the environment",
    "connection": "it is the client's business",
    "content-length": "it is counted",
    "content-type": "use --content-type",
    "host": "it is that of the address",
    "transfer-encoding": "nothing is sent in chunks",
}


@frozen
class Wanted:
    """What was typed."""

    method: str
    path: str
    query: Sequence[str] = ()
    fields: str | None = None
    q: str | None = None
    sort: str | None = None
    headers: Sequence[str] = ()
    content_type: str | None = None
    input: str | None = None
    output: str | None = None
    paginate: bool = False
    include: bool = False
    content: bytes | IO[bytes] | Path | None = field(default=None, repr=False)
    """What `input` had in it; see `read_input`."""


def read_input(wanted: Wanted) -> bytes | IO[bytes] | Path | None:
    """The body that was given: JSON is read and checked, another is left to be read as it is sent.

    Standard input is read here, since only a plain program can be interrupted while it waits
    there.
    """
    if wanted.input is None:
        return None
    if _media_type(wanted.content_type or JSON) == JSON:
        try:
            if wanted.input == STDIO:
                return _checked_json(sys.stdin.buffer.read(), "standard input")
            return _checked_json(Path(wanted.input).read_bytes(), wanted.input)
        except OSError as error:
            raise ArgumentError(f"--input {wanted.input}: {error.strerror}") from error
    if wanted.input != STDIO:
        return Path(wanted.input)
    spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it ends with the process
    copyfileobj(sys.stdin.buffer, spool)
    spool.seek(0)
    return spool


def _checked_json(content: bytes, name: str) -> bytes:
    if not content.strip():
        raise ArgumentError(f"{name} is empty: JSON was expected (--content-type names another)")
    try:
        json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"{name} is not JSON: {error}") from error
    return content


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number there")


def check(wanted: Wanted) -> None:
    """Refuse what fits nowhere; ArgumentError says what."""
    if wanted.method not in paths.METHODS:
        raise ArgumentError(f"{wanted.method} is no method: use one of {', '.join(paths.METHODS)}")
    blank = paths.blank_of(wanted.path)
    if blank is not None:
        raise ArgumentError(f"write a name for {blank} in the path")
    if wanted.paginate and wanted.method not in {"GET", "POST"}:
        raise ArgumentError("--paginate walks a list: use it with GET")
    if wanted.paginate and wanted.include:
        raise ArgumentError("--include shows one answer's headers: leave it or --paginate out")
    if wanted.input is None and wanted.content_type is not None:
        raise ArgumentError("--content-type is that of --input: give a file")
    if wanted.input is not None and wanted.method in _WITHOUT_BODY:
        raise ArgumentError(f"{wanted.method} takes no body: leave --input out")
    kind = wanted.content_type or JSON
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+ *(;[\x20-\x7e]*)?", kind):
        raise ArgumentError(f"--content-type {kind!r} is no media type")
    if _media_type(kind).startswith("multipart/") and "boundary=" not in kind:
        raise ArgumentError(f"--content-type {kind!r} needs its boundary: ...; boundary=xyz")


async def request_of(wanted: Wanted, uploads: Uploads) -> Request:
    """The request that was asked for; ArgumentError where a part of it can't be sent."""
    operation = paths.operation_at(wanted.method, wanted.path)
    safety = Safety.READ if wanted.method in _WITHOUT_BODY else Safety.NEVER
    rooted = wanted.path.startswith(("/", "http://", "https://"))
    query = _query(wanted)
    typed = {name for name, _ in (*_in_path(wanted), *query)}
    if wanted.paginate and operation and operation.signature.paged and "pagelen" not in typed:
        query.append(("pagelen", str(operation.signature.max_pagelen)))
    return Request(
        wanted.method,
        wanted.path if rooted else f"/{wanted.path}",
        tuple(query),
        await _body(wanted, uploads),
        dict(_header(one) for one in wanted.headers),
        operation.safety if operation is not None else safety,
    )


def _query(wanted: Wanted) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for one in wanted.query:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise ArgumentError(f"--query takes name=value, not {one!r}")
        pairs.append((name, value))
    _check_typed(wanted, (*_in_path(wanted), *pairs))
    try:
        if wanted.q is not None:
            pairs.append(("q", wanted.q))
        if wanted.sort is not None:
            pairs.append(("sort", sort_key(wanted.sort)))
        if wanted.fields is not None:
            pairs.append(("fields", field_list(wanted.fields, paged=wanted.paginate)))
        "".join(value for _, value in pairs).encode()
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    return pairs


def _in_path(wanted: Wanted) -> list[tuple[str, str]]:
    return parse_qsl(wanted.path.partition("?")[2], keep_blank_values=True)


def _check_typed(wanted: Wanted, typed: Sequence[tuple[str, str]]) -> None:
    """Refuse parameters that an option gives too, and fields without what a walk needs."""
    options = {"q": wanted.q, "sort": wanted.sort, "fields": wanted.fields}
    for name, value in typed:
        if options.get(name) is not None:
            raise ArgumentError(f"{name} is given twice: leave it out of the path and of --query")
        if name == "fields" and wanted.paginate and not _keeps_walking(value):
            raise ArgumentError("give fields by --fields, which keeps what leads to the next page")


def _keeps_walking(fields: str) -> bool:
    try:
        return field_list(fields, paged=True) == field_list(fields, paged=False)
    except ValueError:
        return False


def _header(one: str) -> tuple[str, str]:
    name, colon, value = one.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not _TOKEN.fullmatch(name) or not value.isprintable():
        raise ArgumentError(f"--header takes 'Name: value', not {one!r}")
    reason = _OURS.get(name.lower())
    if reason is not None:
        raise ArgumentError(f"--header can't set {name}: {reason}")
    return name, value


async def _body(wanted: Wanted, uploads: Uploads) -> Body | None:
    if wanted.content is None:
        return None
    kind = wanted.content_type or JSON
    if isinstance(wanted.content, bytes):
        return Body(wanted.content, kind)
    piece = await uploads.take(wanted.content)
    return Body(Pieces((piece,)), kind)


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
