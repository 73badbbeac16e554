"""What a fake was asked, for tests to look at and to insist on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from typing import Any, Final

from .exchange import Exchange
from .hiding import HIDDEN, is_secret, redacted, shown_query
from .service import below, checked, fits

MOST_SHOWN: Final = 10
LONGEST: Final = 160

Query = Mapping[str, str | int | bool | Sequence[str]]


class Witness:
    """Everything a fake was asked."""

    requests: list[Exchange]

    def called(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        query: Query | None = None,
    ) -> list[Exchange]:
        """Give the requests of that method for that path, oldest first.

        Method and path may be patterns, ``*`` and ``/repositories/*/pullrequests``; a version
        before the path makes no difference. Where *json* is an object, the body has its members,
        with these values; where it is anything else, the body is that. *query* has parameters that
        were sent, each with its value, or with all of its values.
        """
        wanted = checked(path)
        return [
            one
            for one in self.requests
            if _is_at(one, method, wanted) and not _objections(one, json, query)
        ]

    def assert_called(
        self,
        method: str,
        path: str,
        *,
        times: int | None = None,
        json: Any = None,
        query: Query | None = None,
    ) -> list[Exchange]:
        """Insist on requests as in `called`: on some, or on so many; gives them.

        The error lists what was called, what is nearest to it first.
        """
        found = self.called(method, path, json=json, query=query)
        if (times is None and found) or len(found) == times:
            return found
        wanted = "was not called" if times is None else f"was called {_times(len(found))}"
        more = "" if times is None else f", not {_times(times)}"
        raise AssertionError(
            f"{method} {path} {wanted}{more}{_of(json, query)}. "
            f"{self._story(method, path, json, query)}"
        )

    def assert_not_called(
        self, method: str, path: str, *, json: Any = None, query: Query | None = None
    ) -> None:
        """Insist on that there was no such request."""
        found = self.called(method, path, json=json, query=query)
        if found:
            lines = "".join(f"\n  {told(one)}" for one in found[:MOST_SHOWN])
            raise AssertionError(
                f"{method} {path} was called {_times(len(found))}{_of(json, query)}:{lines}"
            )

    def _story(self, method: str, path: str, json: Any, query: Query | None) -> str:
        if not self.requests:
            return "Nothing was called."
        numbered = list(enumerate(self.requests))
        numbered.sort(key=lambda pair: (-_likeness(pair[1], method, path), pair[0]))
        lines = []
        for _, one in numbered[:MOST_SHOWN]:
            objections = _objections(one, json, query) if _is_at(one, method, path) else []
            lines.append("".join((f"\n  {told(one)}", *(f"\n    {each}" for each in objections))))
        more = len(numbered) - len(lines)
        rest = f"\n  and {more} more" if more > 0 else ""
        return f"What was called, the nearest first:{''.join(lines)}{rest}"


def told(one: Exchange) -> str:
    """Put a request into a line, without anything secret."""
    query = f"?{shown_query(one.query)}" if one.query else ""
    status = str(one.status) if one.status else "no answer"
    fault = f" (fault {one.fault})" if one.fault else ""
    line = f"{one.method} {one.path}{query}"
    line = line if len(line) <= LONGEST else f"{line[:LONGEST]}..."
    return f"{line} -> {status}{fault}"


def _is_at(one: Exchange, method: str, path: str) -> bool:
    if not fnmatchcase(one.method, method.upper()):
        return False
    wanted = below(path)
    return fits(one.path, wanted) or fits(below(one.path), wanted)


def _objections(one: Exchange, json: Any, query: Query | None) -> list[str]:
    """Say in what a request is not as wanted."""
    found = [] if json is None else _of_body(one, json)
    params = one.params
    for name, value in (query or {}).items():
        wanted = _values(value)
        sent = params.get(name, [])
        if sent != wanted:
            shown = "nothing" if name not in params else _hide(name, ", ".join(sent))
            found.append(f"query: {name} was {shown}, not {_hide(name, ', '.join(wanted))}")
    return found


def _values(value: Any) -> list[str]:
    if isinstance(value, bool):
        return [str(value).lower()]
    return [value] if isinstance(value, str) else [*map(str, value if _is_list(value) else [value])]


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence)


def _of_body(one: Exchange, wanted: Any) -> list[str]:
    try:
        sent = one.json
    except ValueError:
        return ["json: the body was none"]
    return [f"json: {each}" for each in _differences(sent, wanted, "")]


def _differences(sent: Any, wanted: Any, at: str) -> list[str]:
    if isinstance(wanted, dict) and isinstance(sent, dict):
        found = []
        for name, value in wanted.items():
            where = f"{at}.{name}" if at else str(name)
            if name not in sent:
                found.append(f"{where} was not sent")
            else:
                found += _differences(sent[name], value, where)
        return found
    if sent == wanted and isinstance(sent, bool) == isinstance(wanted, bool):
        return []
    shown = [_hide(at, repr(redacted(each))) for each in (sent, wanted)]
    return [f"{at or 'the body'} was {shown[0]}, not {shown[1]}"]


def _hide(name: str, value: str) -> str:
    if is_secret(name):
        return HIDDEN
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}..."


def _of(json: Any, query: Query | None) -> str:
    given = [name for name, value in (("json", json), ("query", query)) if value is not None]
    return f" with this {' and '.join(given)}" if given else ""


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _likeness(one: Exchange, method: str, path: str) -> float:
    """Tell how near a request is to a method and a path."""
    wanted, known = below(path), below(one.path)
    same = _is_at(one, method, path) + fnmatchcase(one.method, method.upper())
    return same + SequenceMatcher(None, wanted, known, autojunk=False).ratio()
