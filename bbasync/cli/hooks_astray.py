"""What `bbasync hooks listen` says of deliveries to other paths than its own."""

from __future__ import annotations

from typing import Final

from .exits import say

_MOST: Final = 10
"""Paths that are named: they are anybody's words."""
_LONGEST: Final = 200
"""Characters of a path."""


class Strays:
    """Deliveries that come to another path than *path*, for a typing error in an address."""

    def __init__(self, path: str) -> None:
        self.count = 0
        self._path = path
        self._named: set[str] = set()

    def came(self, path: str) -> None:
        """Count one, and name its path, the first time."""
        self.count += 1
        shown = path if len(path) <= _LONGEST else f"{path[:_LONGEST]}..."
        if shown in self._named or len(self._named) > _MOST:
            return
        self._named.add(shown)
        if len(self._named) > _MOST:
            say("deliveries come to more other paths, which are not named")
            return
        say(
            f"a delivery came to {shown}, and was answered 404: it is {self._path} that the "
            "webhook's address has to end with"
        )
