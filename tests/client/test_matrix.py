"""Each kind of credential, good and bad: the error's class, and the way out in its message."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal, TypeAlias

import pytest
from attrs import define, frozen

from bbasync import (
    BasicAuth,
    BearerAuth,
    Bitbucket,
    ClientCredentialsAuth,
    ConnectAuth,
    ConnectOAuth2Auth,
    MemoryTokenStore,
    OAuth2Auth,
    OAuthConsumer,
    OAuthToken,
)
from bbasync.errors import (
    AnswerError,
    BitbucketError,
    ForbiddenError,
    OAuthError,
    ReauthorizationRequired,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket

State: TypeAlias = Literal["valid", "expired", "revoked", "scope", "kind"]
Call: TypeAlias = Callable[[Bitbucket], Awaitable[object]]

ACCESS = ("workspace_access_token", "project_access_token", "repo_access_token")
SCOPES = {"valid": None, "expired": None, "revoked": None, "scope": ["webhook"], "kind": None}


@define
class Desk:
    """A fake on a clock, and the credentials that it hands out."""

    fake: FakeBitbucket
    time: Any

    def token(self, kind: Any, state: State) -> str:
        """A token that is in that state when it is used."""
        scopes = SCOPES[state]
        if kind == "api_token" and scopes:
            scopes = ["read:webhook:bitbucket"]
        token = self.fake.add_token(kind, scopes=scopes, expires_in=3600)
        self.end(token, state)
        return token

    def end(self, token: str, state: State) -> None:
        """Let a token end the way that *state* says."""
        if state == "expired":
            self.time.now += 3600
        elif state == "revoked":
            self.fake.revoke(token)

    def consumer(self, state: State) -> OAuthConsumer:
        """A consumer, which lacks permissions where *state* says so."""
        made = self.fake.add_consumer(scopes=SCOPES[state])
        return OAuthConsumer(made.key, made.secret, site=self.fake.site)

    async def user(self, state: State) -> Any:
        """A user whose token is as *state* says, refresh token and all."""
        consumer, store = self.consumer(state), MemoryTokenStore()
        access = self.fake.add_token("oauth2", scopes=SCOPES[state], expires_in=3600)
        token = OAuthToken(access, "dead-refresh-token", self.time.now + 3600)
        await store.save("ada", token)
        self.end(access, state)
        return OAuth2Auth(consumer, store, "ada", clock=self.time)

    def itself(self, state: State) -> Any:
        """A consumer for itself, whose secret is wrong where it is to be refused for good."""
        consumer = self.consumer(state)
        if state in {"expired", "revoked"}:
            consumer = OAuthConsumer(consumer.key, "not-the-secret", site=self.fake.site)
        return ClientCredentialsAuth(consumer, clock=self.time)

    def app(self, state: State) -> ConnectAuth:
        """A Connect app, whose clock is wrong or whose secret has changed."""
        app = self.fake.connect_app
        secret = "another-installation-has-another-secret" if state == "revoked" else None
        if state == "scope":
            self.fake.store.credentials[app.token].scopes = frozenset({"webhook"})
        late = self.time.now - 7200
        clock = (lambda: late) if state == "expired" else self.time
        return ConnectAuth(app.key, app.client_key, secret or app.shared_secret, clock=clock)

    async def auth(self, kind: str, state: State) -> Any:
        """The credential of a client."""
        made: dict[str, Callable[[], Any]] = {
            "anonymous": lambda: None,
            "api_token": lambda: BasicAuth(self.fake.email, self.token(kind, state)),
            "oauth2_consumer": lambda: self.itself(state),
            "connect_jwt": lambda: self.app(state),
            "connect_oauth2": lambda: ConnectOAuth2Auth(self.app(state), site=self.fake.site),
        }
        if kind == "oauth2_user":
            return await self.user(state)
        return made.get(kind, lambda: BearerAuth(self.token(kind, state)))()


@pytest.fixture
async def desk(time: Any) -> AsyncIterator[Desk]:
    """A service on the test's clock."""
    async with FakeBitbucket() as fake:
        fake.store.clock = time
        yield Desk(fake, time)


async def read(bb: Bitbucket) -> object:
    """What any credential may do that has its scope."""
    return await bb.repositories.get("acme", "site")


async def me(bb: Bitbucket) -> object:
    """What only a person may do."""
    return await bb.users.me()


async def grant(bb: Bitbucket) -> object:
    """What only a person's API token may do."""
    return await bb.repositories.update_group_permission(
        "acme", "site", "developers", {"permission": "read"}
    )


async def app_only(bb: Bitbucket) -> object:
    """What only a Connect app may do."""
    return await bb.addon.update({"key": "x"})


@frozen
class Expected:
    """What comes of it: nothing, or an error of that class whose message says that."""

    error: type[BitbucketError] | None = None
    says: str = ""
    call: Call = read


API_TOKEN_GONE = Expected(UnauthorizedError, r"ends after a year at most: make a new one")
ACCESS_TOKEN_GONE = Expected(UnauthorizedError, r"expired or was revoked: make a new one")
KEEPS_SCOPES = Expected(ForbiddenError, r"an access token keeps its scopes: make a new one with")
USE_A_PERSONS = "use an API token of a person, as BasicAuth"
LOG_IN = Expected(ReauthorizationRequired, r"Send the user through the authorization again")
CLOCK = r"check the app's key, .* shared secret, .* clock"

MATRIX: dict[tuple[str, State], Expected] = {
    ("anonymous", "valid"): Expected(UnauthorizedError, "no credential was sent: give", me),
    ("api_token", "valid"): Expected(),
    ("api_token", "expired"): API_TOKEN_GONE,
    ("api_token", "revoked"): API_TOKEN_GONE,
    ("api_token", "scope"): Expected(
        ForbiddenError, r"keeps its scopes: make a new one with read:repository:bitbucket too"
    ),
    ("api_token", "kind"): Expected(ForbiddenError, "API token can't do this", app_only),
    **{(kind, "valid"): Expected() for kind in ACCESS},
    **{(kind, "expired"): ACCESS_TOKEN_GONE for kind in ACCESS},
    **{(kind, "revoked"): ACCESS_TOKEN_GONE for kind in ACCESS},
    **{(kind, "scope"): KEEPS_SCOPES for kind in ACCESS},
    **{(kind, "kind"): Expected(ForbiddenError, USE_A_PERSONS, me) for kind in ACCESS},
    ("oauth2", "valid"): Expected(),
    ("oauth2", "expired"): ACCESS_TOKEN_GONE,
    ("oauth2", "revoked"): ACCESS_TOKEN_GONE,
    ("oauth2", "scope"): Expected(ForbiddenError, r"get a token with repository too"),
    ("oauth2", "kind"): Expected(ForbiddenError, USE_A_PERSONS, grant),
    ("oauth2_user", "valid"): Expected(),
    ("oauth2_user", "expired"): LOG_IN,
    ("oauth2_user", "revoked"): LOG_IN,
    ("oauth2_user", "scope"): Expected(
        ForbiddenError, r"add repository to the OAuth consumer's permissions, and let the user log"
    ),
    ("oauth2_user", "kind"): Expected(ForbiddenError, USE_A_PERSONS, grant),
    ("oauth2_consumer", "valid"): Expected(),
    ("oauth2_consumer", "expired"): Expected(OAuthError, "invalid_client"),
    ("oauth2_consumer", "revoked"): Expected(OAuthError, "invalid_client"),
    ("oauth2_consumer", "scope"): Expected(
        ForbiddenError, r"add repository to the OAuth consumer's permissions"
    ),
    ("oauth2_consumer", "kind"): Expected(ForbiddenError, USE_A_PERSONS, me),
    ("connect_jwt", "valid"): Expected(),
    ("connect_jwt", "expired"): Expected(UnauthorizedError, CLOCK),
    ("connect_jwt", "revoked"): Expected(UnauthorizedError, CLOCK),
    ("connect_jwt", "scope"): Expected(
        ForbiddenError, r"add repository to the scopes in the app's descriptor"
    ),
    ("connect_jwt", "kind"): Expected(ForbiddenError, USE_A_PERSONS, me),
    ("connect_oauth2", "valid"): Expected(),
    ("connect_oauth2", "expired"): Expected(OAuthError, CLOCK),
    ("connect_oauth2", "revoked"): Expected(OAuthError, CLOCK),
    ("connect_oauth2", "scope"): Expected(
        ForbiddenError, r"add repository to the scopes in the app's descriptor"
    ),
    ("connect_oauth2", "kind"): Expected(ForbiddenError, USE_A_PERSONS, me),
    ("forge_oauth2", "valid"): Expected(),
    ("forge_oauth2", "expired"): ACCESS_TOKEN_GONE,
    ("forge_oauth2", "revoked"): ACCESS_TOKEN_GONE,
    ("forge_oauth2", "kind"): Expected(ForbiddenError, USE_A_PERSONS, grant),
}


@pytest.mark.parametrize(("kind", "state"), MATRIX)
async def test_each_credential_gets_its_error_and_the_way_out(
    desk: Desk, client: Any, kind: str, state: State
) -> None:
    """What is good works; what is not is told plainly, in one line, and without the credential."""
    expected = MATRIX[kind, state]
    auth = await desk.auth(kind, state)
    bb = await client(desk.fake.url, auth=auth)
    if expected.error is None:
        await expected.call(bb)
        return
    with pytest.raises(expected.error) as caught:
        await expected.call(bb)
    said = str(caught.value)
    assert re.search(expected.says, said), said
    assert "\n" not in said
    if isinstance(caught.value, AnswerError):
        assert type(caught.value) is expected.error
    for secret in (*desk.fake.store.credentials, "dead-refresh-token", "not-the-secret"):
        assert secret not in said


def test_nothing_is_left_out_of_the_matrix() -> None:
    """Every kind stands there in every state but those that it can't be in."""
    kinds = {kind for kind, _ in MATRIX}
    missing = {(kind, state) for kind in kinds for state in SCOPES if (kind, state) not in MATRIX}
    anonymous = {("anonymous", state) for state in SCOPES if state != "valid"}
    assert missing == anonymous | {("forge_oauth2", "scope")}
