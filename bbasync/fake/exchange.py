"""One call and its answer, as the routes see them."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote

from attrs import Factory, define, field, frozen

from .hiding import redacted, shown_query
from .node import Node
from .store import Account, Credential, Hook, Store, Workspace

_PLAIN = re.compile(r"[A-Za-z0-9_.~:@-]*").fullmatch


@frozen
class Exchange:
    """A request that was served, for tests to look at."""

    method: str
    path: str
    query: str = field(repr=shown_query)
    headers: dict[str, str] = field(repr=lambda headers: repr(redacted(headers)))
    body: bytes = field(repr=False)
    status: int
    """The answer's; 0 where none was sent."""
    authorized: bool
    fault: str = ""
    """The name of the fault that hit it."""
    handled: bool = True
    """Whether it was carried out, as far as it could be."""

    @property
    def json(self) -> Any:
        """The body that was sent, read as JSON; ValueError where it is none."""
        return json.loads(self.body)

    @property
    def params(self) -> dict[str, list[str]]:
        """The query, decoded: all values by their names."""
        return parse_qs(self.query, keep_blank_values=True)


@frozen
class Reply:
    """An answer: a JSON `body`, or `text` of another content type."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = Factory(dict)
    text: bytes | None = None
    content_type: str = "application/json; charset=utf-8"

    def payload(self) -> bytes:
        """Encode the answer's body."""
        if self.text is not None:
            return self.text
        return b"" if self.body is None else json.dumps(self.body).encode()


@frozen
class Told:
    """Something that happened, in the words of a delivery, and the webhooks that hear of it."""

    key: str
    body: bytes = field(repr=False)
    hooks: tuple[Hook, ...]


class RefusalError(Exception):
    """An answer that is an error; routes raise it and the service sends it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@define
class Call:
    """A request on its way through the fake."""

    store: Store
    method: str
    path: str
    """The path as it was sent, without the version prefix."""
    raw_query: str
    base: str
    """Where links start: the address the client used, and the version."""
    headers: dict[str, str]
    sent_path: str = ""
    """The path as it was sent, whole."""
    body: bytes = b""
    credential: Credential | None = None
    params: dict[str, str] = Factory(dict)
    told: list[Told] = Factory(list)
    """What happened in it that webhooks tell of."""
    query: list[tuple[str, str]] = field(init=False)
    _seen: dict[Any, Node] = field(init=False, factory=dict)

    @query.default
    def _decode(self) -> list[tuple[str, str]]:
        return parse_qsl(self.raw_query, keep_blank_values=True)

    @property
    def account(self) -> Account | None:
        """The person who calls, if it is a person."""
        return self.credential.account if self.credential else None

    @property
    def token_workspace(self) -> Workspace | None:
        """The workspace for whose app or access token this is, if it is for one."""
        return self.credential.workspace if self.credential else None

    def arg(self, name: str) -> str | None:
        """Read the first query parameter of that name."""
        return next((value for key, value in self.query if key == name), None)

    def all_args(self, name: str) -> list[str]:
        """Read every query parameter of that name."""
        return [value for key, value in self.query if key == name]

    def url(self, *segments: str) -> str:
        """Build an address below the base, each segment encoded."""
        return "/".join((self.base, *map(_encoded, segments)))

    def once(self, key: Any, make: Callable[[], Node]) -> Node:
        """Render an object only once for this call, however often it is embedded."""
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = make()
        return found

    def forget(self) -> None:
        """Let go of what was rendered; objects and their full forms hold each other otherwise."""
        self._seen.clear()

    def people(self, uuids: Iterable[str]) -> list[Account]:
        """Turn identifiers into the people who are known."""
        known = self.store.accounts
        return [known[uuid] for uuid in uuids if uuid in known]


def _encoded(segment: str) -> str:
    return segment if _PLAIN(segment) else quote(segment, safe=":@")
