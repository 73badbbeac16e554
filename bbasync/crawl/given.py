"""What a crawl is given: looked at when it is, so that nothing is begun that can't be meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from inspect import iscoroutinefunction
from os import PathLike
from pathlib import Path
from typing import Any, Final

from ..errors import ArgumentError, ConfigurationError
from .record import Batch, Checkpoint, Sink, Walk

_SINK: Final = ("name", "open", "write", "sync", "close")
_CHECKPOINT: Final = ("open", "walks", "commit", "close")


class Unkept:
    """The checkpoint of a crawl that has none: it begins anew each time."""

    def __init__(self) -> None:
        self._roots: Sequence[Walk] = ()

    async def open(self, plan: str, roots: Sequence[Walk]) -> Mapping[str, Any]:  # noqa: ARG002 - any plan will do
        """Begin."""
        self._roots = roots
        return {}

    def walks(self, limit: int, *, behind: str = "") -> Sequence[Walk]:
        """The *roots*."""
        found = sorted((one for one in self._roots if one.key > behind), key=lambda one: one.key)
        return found[:limit]

    async def commit(self, batches: Sequence[Batch], positions: Mapping[str, Any]) -> None:
        """Keep nothing."""

    async def close(self, *, done: bool) -> None:
        """End."""


def checkpoint_of(given: str | PathLike[str] | Checkpoint | None) -> Checkpoint:
    """The checkpoint that is *given*, or at the path that is."""
    if given is None:
        return Unkept()
    if isinstance(given, str | PathLike):
        from .ledger import Ledger  # noqa: PLC0415 - most crawls that are watched keep none

        return Ledger(given)
    _check_parts(given, "checkpoint", _CHECKPOINT)
    return given


def check_sinks(sinks: Sequence[Sink], checkpoint: Checkpoint) -> None:
    """There is one, or some with names of their own, and none where the *checkpoint* is kept."""
    kept_at = _place(checkpoint)
    for one in sinks:
        _check_parts(one, "sink", _SINK)
        if kept_at is not None and kept_at == _place(one):
            raise ConfigurationError(f"{one!r} and the checkpoint can't be the same file")
        if not isinstance(one.name, str):
            raise ConfigurationError(f"{one!r} is no sink: its name is no text")
    names = Counter(one.name for one in sinks)
    twice = next((name for name, times in names.items() if times > 1), None)
    if twice is not None or not sinks:
        what = "there is no sink" if twice is None else f"two sinks are called {twice!r}"
        raise ArgumentError(f"{what}: a crawl goes into one or more, each with its own name")


def check_same(
    checkpoint: Checkpoint,
    positions: Mapping[str, Any],
    sinks: Sequence[Sink],
    roots: Sequence[Walk],
) -> None:
    """ConfigurationError where what was found before would be missing in any of *sinks*."""
    if positions.keys() == {one.name for one in sinks} and positions:
        return
    begun = sorted(roots, key=lambda one: one.key)
    if positions or (sinks and list(checkpoint.walks(len(begun) + 1)) != begun):
        before, now = (_listed(names) for names in (positions, [one.name for one in sinks]))
        raise ConfigurationError(
            f"{checkpoint!r} is of a crawl that goes {before}, not {now}: go on as before, or name "
            "another checkpoint"
        )


def check_number(name: str, value: object) -> None:
    """*value* is a whole number from 1 on."""
    if type(value) is not int or value < 1:
        raise ArgumentError(f"{name} takes a whole number from 1 on, not {value!r}")


def check_since(since: object) -> None:
    """*since* is a moment, or None."""
    if since is not None and (not isinstance(since, datetime) or since.tzinfo is None):
        raise ArgumentError(f"since takes an aware datetime, with its zone, not {since!r}")


def check_listener(listener: object) -> None:
    """*listener* can be called with progress, or is None."""
    if listener is not None and not callable(listener):
        raise ArgumentError(f"on_progress takes a callable, not {listener!r}")
    if iscoroutinefunction(listener):
        raise ArgumentError("on_progress takes a plain function: nobody awaits what it returns")


def _check_parts(one: object, what: str, needed: Sequence[str]) -> None:
    """ConfigurationError where *one* can't be *what* the caller takes it for."""
    lacking = ", ".join(name for name in needed if not hasattr(one, name))
    if lacking:
        raise ConfigurationError(f"{one!r} is no {what}: it has no {lacking}")


def _place(one: object) -> Path | None:
    """Where *one* keeps what it is given, if that is in a file of its own."""
    path = getattr(one, "path", None)
    return path.absolute() if isinstance(path, Path) else None


def _listed(names: Sequence[str] | Mapping[str, Any]) -> str:
    found = ", ".join(sorted(names))
    return f"into {found}" if found else "to a consumer"
