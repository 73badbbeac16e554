"""The credentials of a fake, for tests to take, to make and to break."""

from collections.abc import Iterable
from urllib.parse import urlencode

from . import consent
from .access import CONNECT, FORGE
from .exchange import Call
from .identity import OAUTH
from .minting import Kind, Target, new_consumer, new_token, workspace_of
from .scopes import CLASSIC, PERSONAL
from .state.handed import handed_to
from .store import Account, ConnectApp, Consumer, Project, Repository, Store, Workspace


class Credentials:
    """What a fake starts with, what is added, and how it ends."""

    store: Store

    @property
    def email(self) -> str:
        """The e-mail address of somebody who owns every workspace."""
        return self._caller.email

    @property
    def api_token(self) -> str:
        """That person's API token."""
        return self._caller.api_token

    @property
    def access_token(self) -> str:
        """The access token of the first workspace."""
        return self._token("workspace_access_token")

    @property
    def oauth_token(self) -> str:
        """An OAuth access token that acts for that person, with the older scopes."""
        return self._token(OAUTH)

    @property
    def connect_authorization(self) -> str:
        """The Authorization header of the Connect app that the first workspace has installed."""
        return f"JWT {self._token(CONNECT)}"

    @property
    def forge_token(self) -> str:
        """The token of the Forge app that follows it, with the newer scopes."""
        return self._token(FORGE)

    @property
    def connect_app(self) -> ConnectApp:
        """That Connect app, with all it takes to sign calls."""
        return next(iter(self.store.connect_apps.values()))

    @property
    def consumer(self) -> Consumer:
        """The first OAuth consumer; it is told codes at any address on the loopback."""
        return next(iter(self.store.consumers.values()))

    def add_consumer(
        self,
        *,
        callback: str = "",
        scopes: Iterable[str] | None = None,
        workspace: Workspace | str | None = None,
        name: str = "Another consumer",
    ) -> Consumer:
        """Make another OAuth consumer, with the older scopes: None is all of them.

        Without a *workspace* it is the first one's. An empty *callback* is any on the loopback.
        """
        chosen = CLASSIC | PERSONAL if scopes is None else frozenset(scopes)
        place = workspace_of(self.store, workspace)
        return new_consumer(self.store, place, name, chosen, callback)

    def add_token(
        self,
        kind: Kind,
        *,
        scopes: Iterable[str] | None = None,
        account: Account | None = None,
        workspace: Workspace | str | None = None,
        repository: Repository | str | None = None,
        project: Project | str | None = None,
        expires_in: float | None = None,
    ) -> str:
        """Make a token, and give its text.

        API tokens are a person's, access tokens a workspace's, project's or repository's, OAuth
        and Forge tokens a person's or, with a *workspace*, an app's. Whatever is not named is the
        first there is; scopes are all there are for the kind; without *expires_in* (seconds of
        the store's clock) a token lasts.
        """
        target = Target(account, workspace, project, repository)
        chosen = None if scopes is None else frozenset(scopes)
        made = new_token(self.store, kind, target, chosen, self.consumer)
        if expires_in is not None:
            made.expires_at = self.store.clock() + expires_in
        return made.token

    def consent(self, address: str, account: Account | None = None, *, deny: bool = False) -> str:
        """Decide on the consent page at `address` for somebody, None being the first of all.

        Gives the address that the browser is sent back to, with the code or the refusal.
        """
        decided = {"decision": "deny" if deny else "grant"}
        if account is not None:
            decided["account"] = account.uuid
        call = Call(self.store, "POST", "", address.partition("?")[2], "", {})
        call.body = urlencode(decided).encode()
        reply = consent.answer(call)
        if "Location" not in reply.headers:
            raise ValueError("The fake shows a page that says what is wrong with this address")
        return reply.headers["Location"]

    def revoke(self, token: str) -> None:
        """Take a token back, a refresh token too: it is unknown from now on."""
        if self.store.credentials.pop(token, None) is not None:
            return
        for consumer in self.store.consumers.values():
            if handed_to(self.store, consumer).refreshes.pop(token, None) is not None:
                return
        raise LookupError("The fake has no such token")

    def expire(self, token: str) -> None:
        """Let a token, a refresh token too, be as if its time had come."""
        known = self.store.credentials.get(token) or next(
            (
                handed.refreshes[token]
                for handed in (handed_to(self.store, c) for c in self.store.consumers.values())
                if token in handed.refreshes
            ),
            None,
        )
        if known is None:
            raise LookupError("The fake has no such token")
        known.expires_at = self.store.clock()

    def revoke_grant(self, account: Account, consumer: Consumer | None = None) -> None:
        """Take back all that a consumer may do for a person; None: what any consumer may."""
        for one in (consumer,) if consumer else tuple(self.store.consumers.values()):
            handed_to(self.store, one).forget(account)
            for token, credential in list(self.store.credentials.items()):
                if credential.issuer is one and credential.account is account:
                    del self.store.credentials[token]

    @property
    def _caller(self) -> Account:
        return next(iter(self.store.accounts.values()))

    def _token(self, kind: str) -> str:
        for credential in self.store.credentials.values():
            if credential.kind == kind:
                return credential.token
        raise LookupError(f"The fake has no credential of the kind {kind}")
