"""Event keys as they are typed: which there are, what was meant, and which events they pick."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ArgumentError
from ..webhooks import EVENTS, Delivery, Event, Router
from ..webhooks.events import event_of
from ..webhooks.router import PATTERN, near
from .exits import say


class Choice:
    """The events that *patterns* name, or all where there is none."""

    def __init__(self, patterns: Sequence[str]) -> None:
        for one in patterns:
            check(one)
        self._router = Router()
        self._router.on(*(patterns or ("*",)), allow_unknown=True)(_nothing)

    def takes(self, key: str) -> bool:
        """Whether events of this *key* are among them."""
        return bool(self._router.handlers(event_of({}, Delivery(key))))


def check(pattern: str, *, one: bool = False) -> None:
    """ArgumentError where *pattern* is none, or misspelt; *one* takes a single key alone."""
    if not PATTERN.fullmatch(pattern) or (one and "*" in pattern):
        what = "repo:push" if one else "repo:push, or several as pullrequest:*"
        raise ArgumentError(f"--event {pattern}: write a key as {what}")
    meant = near(pattern)
    if meant is not None:
        raise ArgumentError(f"--event {pattern}: there is no such key; did you mean {meant}?")
    if "*" not in pattern and pattern not in EVENTS:  # the service gets new ones now and then
        say(f"--event {pattern}: no such key is known here; it is taken as it is")


def complete_key(incomplete: str) -> list[tuple[str, str]]:
    """The keys that begin so, each with what it tells, and their families; for the shell."""
    families = {f"{key.partition(':')[0]}:*": "All of them." for key in EVENTS}
    told = {key: (kind.__doc__ or "").partition("\n")[0] for key, kind in EVENTS.items()}
    return sorted(one for one in (told | families).items() if one[0].startswith(incomplete))


async def _nothing(_: Event) -> None:
    """Do nothing: it is asked for only whether it would be called."""
