"""Calls without a wire: what is made for a test comes about as what a client makes."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from attrs import field, frozen

from ..exchange import Call, RefusalError, Told
from ..identity import API_TOKEN
from ..scopes import GRANULAR
from ..service import addresses
from ..store import Account, Credential, Store, Workspace

T = TypeVar("T")
NOT_FOUND = 404


@frozen
class Inside:
    """The way around the wire: no quota, no scopes, no faults, and nothing in `fake.requests`."""

    store: Store = field(repr=False)
    base: Callable[[], str]
    """Gives the address that links start with."""
    tell: Callable[[Told], None] = field(repr=False)

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        place: Workspace,
        by: Account | None = None,
    ) -> Any:
        """Call an operation as somebody, None being an owner of the workspace; gives the body."""
        found = addresses().find(path)
        if found is None or method not in found.routes:
            raise LookupError(f"The fake has no operation {method} {path}")
        route = found.routes[method]

        def work(call: Call) -> Any:
            call.params = found.params(route)
            return route.handler(call).body

        return self.run(method, path, work, body, place=place, by=by)

    def run(
        self,
        method: str,
        path: str,
        work: Callable[[Call], T],
        body: dict[str, Any] | None = None,
        *,
        place: Workspace,
        by: Account | None = None,
    ) -> T:
        """Do something within a call, and tell what came of it; a refusal is an exception."""
        call = Call(self.store, method, path, "", self.base(), {"content-type": "application/json"})
        call.body = json.dumps(body or {}).encode()
        call.credential = credential_of(self.store, place, by)
        try:
            return work(call)
        except RefusalError as refusal:
            raise _explained(refusal) from None
        finally:
            call.forget()
            for told in call.told:
                self.tell(told)


def credential_of(store: Store, place: Workspace, by: Account | None = None) -> Credential:
    """Give somebody a credential for everything: an owner of the workspace unless told who."""
    owners = [store.accounts[uuid] for uuid, level in place.members.items() if level == "owner"]
    who = by or next(iter(owners or store.accounts.values()))
    return Credential("", API_TOKEN, GRANULAR, account=who)


def _explained(refusal: RefusalError) -> Exception:
    """Turn a refusal into an error of Python, with all that it says."""
    body = refusal.reply.body
    said = body["error"] if isinstance(body, dict) and "error" in body else {}
    words = [str(said.get("message") or f"refused with status {refusal.reply.status}")]
    for name, value in said.get("fields", {}).items():
        told = ", ".join(map(str, value)) if isinstance(value, list) else value
        words.append(f"{name}: {told}" if name else str(told))
    kind = LookupError if refusal.reply.status == NOT_FOUND else ValueError
    return kind("; ".join(words))
