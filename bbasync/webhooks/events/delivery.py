"""What the headers of a delivery say of it, and who follows the links in its body."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Final, NoReturn

from attrs import frozen

from ...errors import ArgumentError
from ...wire.message import Answer, Reading, Request


@frozen
class Delivery:
    """One delivery, as its headers say; the signature is over the body, and not over these."""

    key: str
    """The event's key, such as ``repo:push``."""
    id: str | None = None
    """``X-Request-UUID``: the same for every attempt."""
    hook_uuid: str | None = None
    """Which webhook it comes of; without braces, as the header has it."""
    attempt: int | None = None
    """1 for the first, 3 for the last."""
    signed: bool = False
    """Whether its signature was checked."""


class Unconnected:
    """The sender of events that no client was given for: it says what to do."""

    async def send(self, request: Request) -> Answer:
        """ArgumentError."""
        self._refuse(request)

    def open(self, request: Request) -> AbstractAsyncContextManager[Reading]:
        """ArgumentError."""
        self._refuse(request)

    def _refuse(self, _: Request) -> NoReturn:
        raise ArgumentError(
            "this came in a webhook's delivery, and no client follows its links: give "
            "client=Bitbucket(...), which is open, to parse() or to the Receiver"
        )


UNCONNECTED: Final = Unconnected()
