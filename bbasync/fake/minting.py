"""Making consumers, apps and tokens."""

import hashlib
import secrets
from typing import Literal, TypeAlias

from attrs import frozen

from .access import CONNECT, FORGE
from .identity import API_TOKEN, OAUTH
from .scopes import CLASSIC, GRANULAR, PERSONAL
from .store import (
    Account,
    App,
    ConnectApp,
    Consumer,
    Credential,
    Project,
    Repository,
    Store,
    Workspace,
    repository_in,
    uuid_of,
)

Kind: TypeAlias = Literal[
    "api_token",
    "workspace_access_token",
    "project_access_token",
    "repo_access_token",
    "oauth2",
    "forge_oauth2",
]
APP_KEY = "example-app"
ACCESS = "ATCTT3xFfGN0"


@frozen
class Sort:
    """How tokens of a kind begin, what they may do at the most, and what they can be for."""

    prefix: str
    scopes: frozenset[str]
    targets: frozenset[str]


SORTS: dict[str, Sort] = {
    API_TOKEN: Sort("ATATT3xFfGF0", GRANULAR, frozenset({"account"})),
    "workspace_access_token": Sort(ACCESS, CLASSIC, frozenset({"workspace"})),
    "project_access_token": Sort(ACCESS, CLASSIC, frozenset({"workspace", "project"})),
    "repo_access_token": Sort(ACCESS, CLASSIC, frozenset({"workspace", "repository"})),
    OAUTH: Sort("", CLASSIC | PERSONAL, frozenset({"account", "workspace"})),
    FORGE: Sort("", GRANULAR, frozenset({"account", "workspace"})),
}


def new_consumer(
    store: Store, place: Workspace, name: str, scopes: frozenset[str], callback: str = ""
) -> Consumer:
    """Make an OAuth consumer; which key and secret it gets depends on the seed alone."""
    number = len(store.consumers)
    made = Consumer(
        uuid=uuid_of(f"{store.seed}:consumer:{number}"),
        key=_derived(store, f"key:{number}")[:18],
        secret=_derived(store, f"secret:{number}")[:32],
        name=name,
        callback=callback,
        scopes=scopes,
        workspace=place,
    )
    store.consumers[made.key] = made
    return made


def new_connect_app(store: Store, place: Workspace) -> ConnectApp:
    """Install the Connect app in a workspace."""
    token = f"connect-jwt-{place.uuid.strip('{}')}"
    store.credentials[token] = Credential(token, CONNECT, CLASSIC, workspace=place)
    made = ConnectApp(
        key=APP_KEY,
        client_key=f"ari:cloud:bitbucket::app/{uuid_of(f'{place.uuid}:client')}",
        shared_secret=_derived(store, "shared"),
        token=token,
    )
    store.credentials[token].issuer = store.connect_apps[made.key] = made
    return made


def new_workspace(store: Store, slug: str, name: str, owner: Account) -> Workspace:
    """Make a workspace with nobody in it but its owner, and an access token for it."""
    uuid, now = uuid_of(f"{store.seed}:workspace:{slug}"), store.now()
    app = App(uuid_of(f"{uuid}:app"), f"{name} automation", now)
    made = Workspace(uuid, slug, name, is_private=True, created_on=now, app=app, bare=True)
    made.members[owner.uuid] = "owner"
    made.joined[owner.uuid] = now.removesuffix("+00:00")
    store.workspaces[slug], store.apps[app.uuid] = made, app
    token = f"{ACCESS}{_derived(store, f'workspace:{slug}')}"
    kind = "workspace_access_token"
    store.credentials[token] = Credential(token, kind, CLASSIC, workspace=made)
    return made


def install_apps(store: Store, place: Workspace) -> None:
    """Give a workspace a Connect app, the Forge app that follows it, and an OAuth consumer.

    The OAuth token that there is from the beginning was asked for by that.
    """
    new_connect_app(store, place)
    token = f"forge-oauth2-{place.uuid.strip('{}')}"
    store.credentials[token] = Credential(token, FORGE, GRANULAR, workspace=place)
    consumer = new_consumer(store, place, "Example consumer", CLASSIC | PERSONAL)
    for credential in store.credentials.values():
        if credential.kind == OAUTH and credential.issuer is None:
            credential.issuer = consumer


def _derived(store: Store, name: str) -> str:
    return hashlib.sha256(f"{store.seed}:{name}".encode()).hexdigest()


@frozen
class Target:
    """What a token is wanted for; names are looked up, and None is the first there is."""

    account: Account | None
    workspace: Workspace | str | None
    project: Project | str | None
    repository: Repository | str | None

    def fits(self, kind: str) -> None:
        """Refuse a kind that there is not, and one that is not for all that was named."""
        if kind not in SORTS:
            raise ValueError(f"No kind of token {kind!r}; there are {', '.join(SORTS)}")
        named = {
            "account": self.account,
            "workspace": self.workspace,
            "project": self.project,
            "repository": self.repository,
        }
        for name, it in named.items():
            if it is not None and name not in SORTS[kind].targets:
                raise ValueError(f"A token of the kind {kind!r} is not for a {name}")
        if self.account is not None and self.workspace is not None:
            raise ValueError("A token is for an account or for a workspace, not for both")

    def bind(self, store: Store, made: Credential) -> None:
        """Bind a token to what it is for."""
        to_person = "account" in SORTS[made.kind].targets
        if to_person and self.workspace is None:
            made.account = self.account or next(iter(store.accounts.values()))
            return
        made.workspace = place = self._place(store)
        if made.kind == "project_access_token":
            made.project = _project(place, self.project)
        elif made.kind == "repo_access_token":
            made.repository = _repository(place, self.repository)

    def _place(self, store: Store) -> Workspace:
        if self.workspace is not None:
            return workspace_of(store, self.workspace)
        if isinstance(self.repository, Repository):
            return self.repository.workspace
        for place in store.workspaces.values():
            if self.project in place.projects.values():
                return place
        return workspace_of(store, None)


def new_token(
    store: Store, kind: str, target: Target, scopes: frozenset[str] | None, issuer: Consumer
) -> Credential:
    """Make a token that lasts; scopes of None are all that there are for the kind."""
    target.fits(kind)
    sort = SORTS[kind]
    text = f"{sort.prefix}{secrets.token_urlsafe(48)}"
    made = Credential(text, kind, sort.scopes if scopes is None else scopes)
    made.issuer = issuer if kind == OAUTH else None
    target.bind(store, made)
    store.credentials[text] = made
    return made


def workspace_of(store: Store, named: Workspace | str | None) -> Workspace:
    """Find a workspace by its name; None is the first."""
    if isinstance(named, Workspace):
        return named
    first = next(iter(store.workspaces.values()), None)
    found = first if named is None else store.find_workspace(named)
    if found is None:
        raise LookupError(f"No workspace {named!r} here")
    return found


def _project(place: Workspace, named: Project | str | None) -> Project:
    if isinstance(named, Project):
        return named
    first = next(iter(place.projects.values()), None)
    found = first if named is None else place.projects.get(named.upper())
    if found is None:
        raise LookupError(f"No project {named!r} in {place.slug!r}")
    return found


def _repository(place: Workspace, named: Repository | str | None) -> Repository:
    if isinstance(named, Repository):
        return named
    first = next(iter(place.repositories.values()), None)
    found = first if named is None else repository_in(place, named)
    if found is None:
        raise LookupError(f"No repository {named!r} in {place.slug!r}")
    return found
