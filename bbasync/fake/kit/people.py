"""Finding people by whatever they are called, and making new ones."""

import hashlib
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TypeAlias

from ..access import granted
from ..identity import API_TOKEN
from ..scopes import GRANULAR
from ..store import Account, Credential, Group, Project, Repository, Store, Workspace, uuid_of

Person: TypeAlias = Account | str
"""Somebody, or what they are called: display name, nickname, e-mail address, uuid, account id."""

LEVELS = ("owner", "create-project", "member")


def several(people: Iterable[Person] | Person) -> list[Person]:
    """Take people as they are given; one that stands alone is one of them, and not its letters."""
    return [people] if isinstance(people, str | Account) else list(people)


def known(store: Store, named: Person) -> Account | None:
    """Look somebody up, in any case; None where nobody is called so."""
    if isinstance(named, Account):
        return named
    found = store.find_account(named)
    if found is not None:
        return found
    lowered = named.lower()
    for account in store.accounts.values():
        if lowered in {account.email, account.nickname.lower(), account.display_name.lower()}:
            return account
    return None


def somebody(store: Store, named: Person) -> Account:
    """Look somebody up who has to be there."""
    found = known(store, named)
    if found is None:
        close = get_close_matches(str(named), [a.display_name for a in store.accounts.values()])
        hint = f"; there is {close[0]!r}" if close else ""
        raise LookupError(
            f"Nobody here is called {named!r}{hint}: fake.workspace(...).member({named!r}) makes "
            f"a member, fake.person({named!r}) somebody from outside"
        )
    return found


def person_in(store: Store, named: Person, email: str | None) -> Account:
    """Look somebody up, or make a person of that name, who is in no workspace yet."""
    found = known(store, named)
    if found is None:
        return new_account(store, str(named), email)
    if email is not None and email.lower() != found.email:
        raise ValueError(
            f"{found.display_name} is here already, with the address {found.email} and not "
            f"{email}: leave email= out, or give another name"
        )
    return found


def new_account(store: Store, name: str, email: str | None) -> Account:
    """Make a person, who is in no workspace yet."""
    if not any(map(str.isalnum, name)):
        raise ValueError(f"A person needs a name with letters in it, not {name!r}")
    number = len(store.accounts)
    plain = re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".") or f"person.{number}"
    key = f"{store.seed}:account:{number}"
    uuid = uuid_of(key)
    address = (email or f"{plain}@example.com").lower()
    if any(account.email == address for account in store.accounts.values()):
        raise ValueError(f"Somebody else has the address {address}: give another one as email=")
    account = Account(
        uuid=uuid,
        account_id=f"557058:{uuid.strip('{}')}",
        nickname=plain,
        display_name=name,
        email=address,
        api_token=f"ATATT3xFfGF0{hashlib.sha512(key.encode()).hexdigest()}",
        created_on=store.now(),
    )
    store.accounts[uuid] = account
    store.credentials[account.api_token] = Credential(
        account.api_token, API_TOKEN, GRANULAR, account=account
    )
    return account


def join(store: Store, place: Workspace, account: Account, level: str) -> None:
    """Make somebody a member of a workspace, or change what kind of one."""
    if level not in LEVELS:
        raise ValueError(f"No level {level!r}; there are {', '.join(LEVELS)}")
    owners = [uuid for uuid, held in place.members.items() if held == "owner"]
    if owners == [account.uuid] and level != "owner":
        raise ValueError(
            f"{account.display_name} is the only owner of {place.slug!r}: give it another one "
            "first, with .member(..., level='owner')"
        )
    place.members[account.uuid] = level
    place.joined.setdefault(account.uuid, store.now().removesuffix("+00:00"))


def insider(store: Store, one: Repository, named: Person) -> Account:
    """Look somebody up who has to have a right on a repository."""
    account = somebody(store, named)
    if granted(one, account.uuid) == "none":
        raise ValueError(
            f"{account.display_name} has no right on {one.full_name}: give them one with "
            f".grant({account.display_name!r}, 'write')"
        )
    return account


def grantee(store: Store, place: Workspace, named: Person | Group) -> Account | Group:
    """Look up who is to be given a right: a group of the workspace, or a person."""
    if isinstance(named, Account | Group):
        return named
    for one in place.groups.values():
        if named.lower() in {one.slug, one.name.lower()}:
            return one
    found = known(store, named)
    if found is None:
        raise LookupError(
            f"{place.slug!r} has no group {named!r}, and nobody is called so: "
            f"fake.workspace({place.slug!r}).group({named!r}) makes a group, "
            f".member({named!r}) a member, fake.person({named!r}) somebody from outside"
        )
    return found


def give(place: Workspace, one: Repository | Project, to: Account | Group, permission: str) -> None:
    """Write a right down, where one can be given."""
    choices = ["read", "write", "create-repo", "admin"]
    if isinstance(one, Repository):
        choices.remove("create-repo")
    if permission not in choices:
        raise ValueError(f"No permission {permission!r}; there are {', '.join(choices)}")
    if isinstance(to, Group):
        if place.groups.get(to.slug) is not to:
            raise LookupError(f"The group {to.slug!r} is not one of {place.slug!r}")
        one.groups[to.slug] = permission
        return
    if place.members.get(to.uuid) == "owner":
        raise ValueError(f"{to.display_name} owns {place.slug!r} and has every right already")
    one.users[to.uuid] = permission
