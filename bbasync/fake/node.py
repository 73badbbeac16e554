"""JSON objects that show a part of themselves and know the rest."""

from collections.abc import Callable
from typing import Any


class Node(dict[str, Any]):
    """A JSON object as it is shown, which can also tell its full form.

    Bitbucket condenses what is embedded and leaves out of lists what is costly; filters and the
    `fields` parameter still reach all of it. The full form is only worked out when they do.
    """

    __slots__ = ("_full", "_more")

    def __init__(
        self, shown: dict[str, Any], more: Callable[[], dict[str, Any]] | None = None
    ) -> None:
        super().__init__(shown)
        self._more = more
        self._full: dict[str, Any] | None = None

    def full(self) -> dict[str, Any]:
        """Give everything there is to know of the object."""
        if self._more is None:
            return self
        if self._full is None:
            self._full = {**self, **self._more()}
        return self._full


def full_form(value: dict[str, Any]) -> dict[str, Any]:
    """Give the full form of any JSON object, the condensed ones included."""
    return value.full() if isinstance(value, Node) else value


def gather(value: Any, path: list[str]) -> tuple[list[Any], bool]:
    """Collect what a dotted path leads to, through lists, and whether the path exists at all.

    A null on the way counts as existing: another object of the same kind may have more there.
    """
    if isinstance(value, list):
        found = [gather(item, path) for item in value]
        return [v for values, _ in found for v in values], not found or any(k for _, k in found)
    if not path:
        return [value], True
    if value is None:
        return [], True
    if not isinstance(value, dict):
        return [], False
    step = _step(value, path[0])
    return ([], False) if step is _MISSING else gather(step, path[1:])


_MISSING = object()


def _step(value: dict[str, Any], name: str) -> Any:
    """Take one step; a shown scalar is the same in the full form, an object may be condensed."""
    shown = value.get(name, _MISSING)
    if shown is _MISSING or isinstance(shown, dict):
        return full_form(value).get(name, _MISSING)
    return shown
