"""Addresses as they are typed: which operation one means, what comes next, what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import Final

import typer

from ..api import OPERATIONS, Operation

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")
_ROOT = re.compile(r"^(https?://[^/?#]+)?(/!?api)?((?=/1\.0/)|/2\.0(?=/))")
_NAME = re.compile(r"{(\w+)}")
_ALIKE: Final = 0.55
"""How much a mistyped word has in common with what was meant."""


def place_of(path: str) -> str:
    """*path* as the templates spell it: without host, version 2.0 and query, with a slash first."""
    rooted = path if path.startswith(("/", "http://", "https://")) else f"/{path}"
    return _ROOT.sub("", rooted.partition("?")[0]).rstrip("/")


def blank_of(path: str) -> str | None:
    """A variable that was left in *path*, such as ``{workspace}``; a uuid in braces is none."""
    segments = place_of(path).split("/")
    return next((one for one in segments if re.fullmatch(r"{[A-Za-z_]\w*}", one)), None)


def operation_at(method: str, path: str) -> Operation | None:
    """The declared operation that this call is."""
    return next((one for one in _at(path) if one.method == method), None)


def hint(method: str, path: str) -> str:
    """What was probably meant by an address that the service does not know; nothing if unclear."""
    known = list(_at(path))
    if known:
        methods = ", ".join(sorted({one.method for one in known}))
        return "" if method in methods.split(", ") else f"this address takes {methods}"
    segments = _steps(place_of(path))
    likeness = [(_likeness(_steps(one.path), segments), one.path) for one in OPERATIONS]
    best, template = max(likeness, default=(0.0, ""))
    return f"did you mean {template}?" if best > 0 else ""


def complete_method(incomplete: str) -> list[str]:
    """The methods that begin so; for the shell."""
    return [one for one in METHODS if one.startswith(incomplete.upper())]


def complete_path(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Addresses one segment longer than what was typed, with what is there; for the shell."""
    return completions(context.params.get("method") or "", incomplete)


def completions(method: str, incomplete: str) -> list[tuple[str, str]]:
    """What *incomplete* can go on with: words, variables in braces, and a slash for more.

    What the service has removed is not offered.
    """
    found = _longer(_callable(method), incomplete)
    while len(found) == 1 and found[0][0].endswith("/"):  # or the shell would end the word there
        found = _longer(_callable(method), found[0][0])
    return found


def _callable(method: str) -> list[Operation]:
    left = [one for one in OPERATIONS if not one.notice.startswith("removed")]
    return [one for one in left if one.method == method.upper()] or left


def _longer(those: Sequence[Operation], incomplete: str) -> list[tuple[str, str]]:
    before, _, begun = incomplete.removeprefix("/").rpartition("/")
    start = incomplete.removesuffix(begun)
    passed = _steps(before) if before else []
    fitting = [
        (one, steps)
        for one, steps in ((one, _steps(one.path)) for one in those)
        if len(steps) > len(passed) and _fits(steps, passed)
    ]
    # Where a word was typed, those that have a variable in its place are not meant.
    closest = max((_words(steps, passed) for _, steps in fitting), default=0)
    fitting = [(one, steps) for one, steps in fitting if _words(steps, passed) == closest]
    exact = any(steps[len(passed)] == begun for _, steps in fitting)
    found: dict[str, str] = {}
    for one, steps in fitting:
        step = steps[len(passed)]
        if not step.startswith(begun):
            if exact or not _NAME.search(step) or begun.startswith("{"):
                continue
            step = begun  # a name of the user's own
        if len(steps) == len(passed) + 1:
            found[start + step] = _summary(one)
        else:
            found.setdefault(f"{start}{step}/", "")
    return sorted(found.items())


def _summary(operation: Operation) -> str:
    doc = operation.signature.function.__doc__ or ""
    return doc.strip().partition("\n")[0]


def _at(path: str) -> Iterable[Operation]:
    """The operations at an address; those with more words in it come first."""
    segments = _steps(place_of(path))
    found = [one for one in OPERATIONS if _is_at(_steps(one.path), segments)]
    most = max((_words(_steps(one.path), segments) for one in found), default=0)
    return [one for one in found if _words(_steps(one.path), segments) == most]


def _steps(path: str) -> list[str]:
    return path.removeprefix("/").split("/")


def _is_at(steps: Sequence[str], segments: Sequence[str]) -> bool:
    rest = steps[-1] == "{path}" and len(segments) >= len(steps)
    return (rest or len(steps) == len(segments)) and _fits(steps, segments)


def _fits(steps: Sequence[str], segments: Sequence[str]) -> bool:
    """Whether each segment is the word that the template has there, or fills its variable."""
    return all(_pattern(step).fullmatch(one) for step, one in zip(steps, segments, strict=False))


@cache
def _pattern(step: str) -> re.Pattern[str]:
    parts = _NAME.split(step)
    return re.compile("".join(".+" if n % 2 else re.escape(one) for n, one in enumerate(parts)))


def _words(steps: Sequence[str], segments: Sequence[str]) -> int:
    return sum(step == one for step, one in zip(steps, segments, strict=False))


def _likeness(steps: Sequence[str], segments: Sequence[str]) -> float:
    """How alike an address and a template of the same length are; 0 where a word is another."""
    if len(steps) != len(segments):
        return 0.0
    total = 0.0
    for step, one in zip(steps, segments, strict=True):
        if _pattern(step).fullmatch(one):
            total += 1.0
            continue
        ratio = SequenceMatcher(None, step, one).ratio()
        if _NAME.search(step) or ratio < _ALIKE:
            return 0.0
        total += ratio
    return total / len(steps)
