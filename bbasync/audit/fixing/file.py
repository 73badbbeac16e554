"""The file of a plan: JSON Lines that people look through, and that is read back strictly."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any, Final, TextIO

from ...errors import ArgumentError, ConfigurationError
from ...wire.origin import Origins, printable
from .calls import Call, Expects, Fix, Reason

KIND: Final = "fix-plan"
VERSION: Final = 1


def write_fixes(
    fixes: Iterable[Fix], out: TextIO, *, base_url: str, made_at: datetime | None = None
) -> None:
    """Write a plan for the service at *base_url*: a header, then a line a fix.

    Lines may be struck out and bodies changed before it is read back. *made_at* is now unless it
    is given.
    """
    moment = made_at or datetime.now(UTC)
    header = {
        "kind": KIND,
        "version": VERSION,
        "made_at": moment.isoformat(timespec="seconds"),
        "base_url": Origins(base_url).base,
    }
    out.write(_line(header))
    out.writelines(_line(_row(fix)) for fix in fixes)


def _row(fix: Fix) -> dict[str, Any]:
    reasons = [
        {"rule": one.rule, "fingerprint": one.fingerprint, "why": one.why} for one in fix.reasons
    ]
    row: dict[str, Any] = {
        "kind": fix.kind,
        "workspace": fix.workspace,
        "action": fix.action,
        "reasons": reasons,
    }
    if fix.call is None:
        return row | {"manual": fix.manual}
    expects = [{"path": one.path, "fields": dict(one.fields)} for one in fix.call.expects]
    body = None if fix.call.body is None else dict(fix.call.body)
    call = {"method": fix.call.method, "path": fix.call.path, "body": body, "expects": expects}
    return row | {"call": call}


def _line(row: Mapping[str, Any]) -> str:
    """One line; what could mislead whoever reads it, such as a change of direction, is escaped."""
    text = json.dumps(row, ensure_ascii=False)
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text) + "\n"


def read_fixes(path: str | PathLike[str], *, base_url: str) -> list[Fix]:
    """The fixes of a plan for the service at *base_url*, as somebody has left them.

    ConfigurationError that names the file and the line for what is no plan, is one for another
    service, or asks for what no fix may do.
    """
    place, base = Path(path), Origins(base_url).base
    try:
        text = place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{place} can't be read: {why}") from error
    rows = _rows(place, text)
    number, header = next(rows, (1, {}))
    try:
        _check_header(header, base)
    except ArgumentError as error:
        raise _wrong(place, number, error) from error
    return [_fix_at(place, number, row) for number, row in rows]


def _rows(place: Path, text: str) -> Iterator[tuple[int, Any]]:
    """The lines that hold something, by number from 1 on."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line, object_pairs_hook=_object, parse_constant=_no_number)
        except ArgumentError as error:
            raise _wrong(place, number, error) from error
        except (ValueError, RecursionError) as error:
            raise _wrong(place, number, f"it is no JSON: {error}") from error


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ArgumentError("a name stands twice in one object: which is meant?")
    return found


def _no_number(text: str) -> Any:
    raise ArgumentError(f"{text} is no value of JSON")


def _check_header(header: Any, base: str) -> None:
    if not isinstance(header, dict) or header.get("kind") != KIND:
        raise ArgumentError(f'a plan of fixes begins with {{"kind": "{KIND}"}}, and this does not')
    version = header.get("version")
    if type(version) is not int or version != VERSION:
        raise ArgumentError(f"version {version!r} is none that can be read: it takes {VERSION}")
    _members("the header", header, {"kind", "version", "made_at", "base_url"})
    made_at = _text(header, "made_at")
    try:
        datetime.fromisoformat(made_at)
    except ValueError as error:
        raise ArgumentError(f"made_at is no time: {made_at!r}") from error
    theirs = _text(header, "base_url")
    if theirs.rstrip("/") != base:
        raise ArgumentError(
            f"the plan is for {printable(theirs)}, not for {base}: make one for that service"
        )


def _fix_at(place: Path, number: int, row: Any) -> Fix:
    try:
        return _fix(row)
    except ArgumentError as error:
        raise _wrong(place, number, error) from error


def _wrong(place: Path, number: int, why: object) -> ConfigurationError:
    return ConfigurationError(f"{place}, line {number}: {why}")


def _fix(row: Any) -> Fix:
    _members("a fix", row, {"kind", "workspace", "action", "reasons"}, {"call", "manual"})
    if row["kind"] != Fix.kind:
        raise ArgumentError(f'kind is "{Fix.kind}", not {row["kind"]!r}')
    call = row.get("call")
    return Fix(
        _text(row, "workspace"),
        _text(row, "action"),
        tuple(_reason(one) for one in _list(row, "reasons")),
        None if call is None else _call(call),
        "" if row.get("manual") is None else _text(row, "manual"),
    )


def _reason(row: Any) -> Reason:
    _members("a reason", row, {"rule", "fingerprint", "why"})
    return Reason(_text(row, "rule"), _text(row, "fingerprint"), _text(row, "why"))


def _call(row: Any) -> Call:
    _members("call", row, {"method", "path", "body", "expects"})
    expects = tuple(_expects(one) for one in _list(row, "expects"))
    return Call(row["method"], row["path"], row["body"], expects)


def _expects(row: Any) -> Expects:
    _members("expects", row, {"path", "fields"})
    return Expects(row["path"], row["fields"])


def _members(what: str, row: Any, needed: Collection[str], others: Collection[str] = ()) -> None:
    """*row* is an object with all that is *needed*, and nothing that nobody would look at."""
    if not isinstance(row, dict):
        raise ArgumentError(f"{what} is an object, not {row!r}")
    lacking, strange = set(needed) - set(row), set(row) - {*needed, *others}
    if lacking:
        raise ArgumentError(f"{what} lacks {', '.join(sorted(lacking))}")
    if strange:
        raise ArgumentError(f"{what} has no {', '.join(sorted(strange))}")


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise ArgumentError(f"{name} takes text, not {value!r}")
    return value


def _list(row: Mapping[str, Any], name: str) -> list[Any]:
    value = row[name]
    if not isinstance(value, list):
        raise ArgumentError(f"{name} takes a list, not {value!r}")
    return value
