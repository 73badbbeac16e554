"""Request and Answer: what goes out and what comes back, without any I/O."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from attrs import define, field, frozen
from msgspec import Raw
from msgspec.json import decode

from ..errors import DecodingError
from .body import Body


def loads(data: bytes | Raw) -> Any:
    """Decode JSON; ValueError or RecursionError where it is none."""
    try:
        return decode(data)
    except (ValueError, RecursionError):
        # msgspec is stricter than JSON: half a surrogate pair in one text refuses the whole of it.
        return json.loads(bytes(data))


Query = Sequence[tuple[str, str]]


class Safety(Enum):
    """What may be done when the answer to a request is lost: an operation's own property.

    It does not follow from the HTTP method: a PUT that renames a repository can't be repeated, a
    POST that only reads can.
    """

    READ = "read"
    """Changes nothing: repeat."""
    REPEATABLE = "repeatable"
    """A second time changes nothing more: repeat."""
    VERIFY = "verify"
    """A deletion: repeat, and take "not found" on the repetition for done."""
    NEVER = "never"
    """A second time would do it twice, or do something else: never repeat."""


@define(eq=False)
class Affinity:
    """The credential that the pages of one walk are read with, where several could be.

    Only the one that was given an opaque cursor is known to be let in with it.
    """

    caller: object = None


@frozen
class Request:
    """One call, before it is sent.

    *address* is a percent-encoded path below the base URL (``/repositories/acme``), one from the
    root of the service's host (``/1.0/groups/acme``), or an absolute address that the service
    gave. *query* comes behind what the address has already.
    """

    method: str
    address: str
    query: Query = ()
    body: Body | None = None
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    safety: Safety = Safety.READ
    operation: str = field(default="", eq=False)
    """The declared operation, such as ``repositories.get``, for those who watch."""
    affinity: Affinity | None = field(default=None, eq=False, repr=False)
    """What it has in common with the other pages of a walk."""
    counted: bool = field(default=True, eq=False)
    """Whether it counts against the quota, and waits for it. To renew a credential does neither:
    it would stand in line behind the calls that wait for it."""

    @property
    def target(self) -> str:
        """The address with the query behind it."""
        if not self.query:
            return self.address
        joint = "&" if "?" in self.address else "?"
        return f"{self.address}{joint}{urlencode(self.query, quote_via=quote)}"


@frozen(eq=False)
class Answer:
    """What the service answered: *status*, *headers* (names in any case), *body* as bytes."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    method: str
    url: str
    attempts: int = 1
    unchanged: bool = False
    """Whether the service has said that nothing changed (304), so that *body* is of the cache."""

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Decode the body; DecodingError where it is not JSON."""
        try:
            return loads(self.body)
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("Content-Type", "no media type")
            start = self.text[:80].strip() or "nothing"
            raise DecodingError(
                f"{self.method} {self.url} answered {self.status} with {kind}, which is not JSON: "
                f"{start!r}"
            ) from error


class Reading(Protocol):
    """An answer whose body is read piece by piece."""

    @property
    def status(self) -> int:
        """The status: 200, or 206 where a part was asked for."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; names in any case."""
        ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body; ConnectionFailedError or TimedOutError where it breaks off."""
        ...


class Sender(Protocol):
    """Whatever sends a request: the client's transport, or a recorder in a test."""

    def open(self, request: Request) -> AbstractAsyncContextManager[Reading]:
        """Send *request*, and leave the body of its answer to be read in the block."""
        ...

    async def send(self, request: Request) -> Answer:
        """Send *request*; the answer, or an error of the tree."""
        ...


class Authorizer(Protocol):
    """Whatever knows the credential: it makes the value of the Authorization header."""

    async def authorization(self) -> str | None:
        """The header's value, or None to send none."""
        ...
