"""OAuth 2.0 as a credential: what it tells of itself, logins, and the consumer's own token."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from bbasync.auth.consumer import OAuthConsumer
from bbasync.auth.oauth import ClientCredentialsAuth, OAuth2Auth
from bbasync.auth.store import MemoryTokenStore
from bbasync.auth.token import OAuthToken
from bbasync.errors import (
    ArgumentError,
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    ReauthorizationRequired,
    UnauthorizedError,
)
from bbasync.wire.caller import Renewable

CONSUMER = OAuthConsumer("key-1", "s3cret")
KEY = "ann"
URL_OF = {"method": "GET", "url": "https://api.bitbucket.org/2.0/user"}

Make = Callable[..., Any]


@pytest.fixture
def user(token: OAuthToken, time: Any) -> Make:
    """Makes the credential of a user who has logged in."""
    return lambda **more: OAuth2Auth(
        CONSUMER, MemoryTokenStore({KEY: token}), KEY, **{"clock": time, **more}
    )


@pytest.fixture
def app(time: Any) -> Make:
    """Makes the credential of the consumer itself."""
    return lambda **more: ClientCredentialsAuth(CONSUMER, **{"clock": time, **more})


@pytest.fixture(params=["user", "app"])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes credentials of either kind."""
    found: Make = request.getfixturevalue(request.param)
    return found


async def test_neither_secret_nor_token_is_ever_shown(make: Make, endpoint: Any) -> None:
    """Whether it has been used or not."""
    auth = make()
    before = repr(auth)
    await auth.authorization_over(endpoint)
    for text in (before, repr(auth), str(auth)):
        assert "key-1" in text
        assert "s3cret" not in text
        assert "access-" not in text
        assert "refresh-" not in text


def test_a_credential_does_not_leave_its_process(make: Make) -> None:
    """Pickling is refused."""
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(make())


def test_the_transport_knows_what_it_is(make: Make) -> None:
    """A credential that is renewed over the wire."""
    assert isinstance(make(), Renewable)


@pytest.mark.parametrize("ahead", [-1, float("nan"), float("inf"), "60", None, True])
def test_how_long_ahead_must_be_a_time(make: Make, ahead: Any) -> None:
    """Before any call."""
    with pytest.raises(ConfigurationError, match="ahead takes seconds"):
        make(ahead=ahead)


@pytest.mark.parametrize("key", ["", None, 7])
def test_a_user_has_a_key(key: Any) -> None:
    """Before any call."""
    with pytest.raises(ArgumentError, match="key"):
        OAuth2Auth(CONSUMER, MemoryTokenStore(), key)


@pytest.mark.parametrize("store", [None, MemoryTokenStore, {}, "~/tokens"])
def test_a_user_has_a_store(store: Any) -> None:
    """Before any call."""
    with pytest.raises(ConfigurationError, match="store takes a TokenStore"):
        OAuth2Auth(CONSUMER, store, KEY)


@pytest.mark.parametrize("consumer", [None, "key-1", OAuthConsumer])
def test_who_asks_is_a_consumer(consumer: Any) -> None:
    """Before any call."""
    for make in (lambda one: OAuth2Auth(one, MemoryTokenStore(), KEY), ClientCredentialsAuth):
        with pytest.raises(ConfigurationError, match="consumer takes an OAuthConsumer"):
            make(consumer)


@pytest.mark.parametrize("name", ["consumer", "store", "key"])
def test_a_user_s_credential_stays_that_of_the_user(user: Make, name: str) -> None:
    """With another key it would still hold the token of the first."""
    auth = user()
    with pytest.raises(AttributeError):
        setattr(auth, name, "another")


def test_a_consumer_s_credential_stays_that_of_the_consumer(app: Make) -> None:
    """With another consumer it would still hold the token of the first."""
    with pytest.raises(AttributeError):
        app().consumer = OAuthConsumer("key-2", "s3cret")


@pytest.mark.parametrize("token", [None, {"access_token": "s3cret"}, "s3cret"])
async def test_a_login_is_a_token(user: Make, token: Any) -> None:
    """What it is given instead is not shown, and not kept."""
    auth = user()
    before = await auth.store.load(KEY)
    with pytest.raises(ArgumentError, match="save takes an OAuthToken, not a") as caught:
        await auth.save(token)
    assert "s3cret" not in str(caught.value)
    assert await auth.store.load(KEY) == before


async def test_what_renews_does_not_leave_its_process_either(make: Make, endpoint: Any) -> None:
    """It knows a header that was refused, when the token itself is gone."""
    auth = make()
    await auth.renew(await auth.authorization_over(endpoint), endpoint)
    inner = auth._grant if hasattr(auth, "_grant") else auth._renewal
    inner.token = inner._flight = None
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(inner)


async def test_a_user_s_name_stays_while_the_header_changes(
    token: OAuthToken, endpoint: Any, time: Any
) -> None:
    """It is the consent's, so that processes agree and users with equal keys differ."""
    stores = [MemoryTokenStore({KEY: token}) for _ in range(2)]
    stores.append(MemoryTokenStore({KEY: evolve(token, grant="another")}))
    auths = [OAuth2Auth(CONSUMER, store, KEY, clock=time) for store in stores]
    assert len({auth.identity for auth in auths}) == 3
    for auth in auths:
        await auth.authorization_over(endpoint)
    one, two, other = (auth.identity for auth in auths)
    assert one == two != other
    header = await auths[0].authorization_over(endpoint)
    assert await auths[0].renew(header, endpoint)
    assert await auths[0].authorization_over(endpoint) != header
    assert auths[0].identity == one
    assert "access-" not in one
    assert "refresh-" not in one


def test_a_consumer_s_name_is_of_its_key_and_site() -> None:
    """Known before any call."""
    site = OAuthConsumer("key-1", "s3cret", site="http://127.0.0.1:1")
    names = {ClientCredentialsAuth(one).identity for one in (CONSUMER, site)}
    assert len(names) == 2
    assert all("key-1" in name and "s3cret" not in name for name in names)


async def test_a_new_login_is_used_at_once(user: Make, endpoint: Any, token: OAuthToken) -> None:
    """And kept; a logout forgets it, here and in the store."""
    auth = user()
    await auth.authorization_over(endpoint)
    await auth.save(evolve(token, access_token="new", grant="another"))
    assert await auth.authorization_over(endpoint) == "Bearer new"
    assert (await auth.store.load(KEY)).access_token == "new"
    await auth.delete()
    assert await auth.store.load(KEY) is None
    with pytest.raises(ReauthorizationRequired):
        await auth.authorization_over(endpoint)
    await auth.save(token)
    assert await auth.authorization_over(endpoint) == "Bearer access-0"


async def test_a_login_during_a_renewal_is_what_stays(
    user: Make, endpoint: Any, token: OAuthToken, time: Any
) -> None:
    """The renewal of the old token does not come after it."""
    auth = user()
    endpoint.gate = asyncio.Event()
    time.now += 3600
    call = asyncio.create_task(auth.authorization_over(endpoint))
    await endpoint.begun.wait()
    new = evolve(token, access_token="new", expires_at=None)
    login = asyncio.create_task(auth.save(new))
    await asyncio.sleep(0)
    endpoint.gate.set()
    await asyncio.gather(call, login)
    assert await auth.store.load(KEY) == new
    assert await auth.authorization_over(endpoint) == "Bearer new"


@pytest.mark.parametrize(
    ("error", "clause"),
    [
        (UnauthorizedError(status=401, **URL_OF), "expired or was revoked"),
        (
            ForbiddenError(
                status=403, detail={"required": ["account"], "granted": ["email"]}, **URL_OF
            ),
            "add account to the OAuth consumer's permissions",
        ),
    ],
)
def test_it_knows_the_way_out(make: Make, error: Any, clause: str) -> None:
    """In one clause."""
    assert clause in make().hint(error)


def test_it_says_nothing_where_it_knows_no_way_out(make: Make) -> None:
    """A permission of the user's own, say."""
    assert make().hint(ForbiddenError(status=403, **URL_OF)) == ""


async def test_the_consumer_s_token_is_asked_for_anew(app: Make, endpoint: Any, time: Any) -> None:
    """A minute before its end, once for all, without a refresh token."""
    auth = app()
    calls = [auth.authorization_over(endpoint) for _ in range(500)]
    assert set(await asyncio.gather(*calls)) == {"Bearer access-1"}
    time.now += 7200 - 61
    assert await auth.authorization_over(endpoint) == "Bearer access-1"
    time.now += 2
    calls = [auth.authorization_over(endpoint) for _ in range(500)]
    assert set(await asyncio.gather(*calls)) == {"Bearer access-2"}
    assert endpoint.forms == [{"grant_type": "client_credentials"}] * 2
    assert len(endpoint.guarded) == 2


async def test_the_consumer_s_token_is_asked_for_anew_where_it_is_refused(
    app: Make, endpoint: Any
) -> None:
    """Once for all who were refused, also for those who come late."""
    auth = app()
    header = await auth.authorization_over(endpoint)
    assert all(await asyncio.gather(*(auth.renew(header, endpoint) for _ in range(500))))
    assert await auth.renew(header, endpoint)
    assert await auth.authorization_over(endpoint) == "Bearer access-2"
    assert len(endpoint.forms) == 2


async def test_the_consumer_goes_on_with_its_token_while_it_lasts(
    app: Make, endpoint: Any, time: Any
) -> None:
    """A service that is down stops nobody before the end."""
    auth = app()
    await auth.authorization_over(endpoint)
    endpoint.says = [ConnectionFailedError("no way")] * 2
    time.now += 7200 - 30
    assert await auth.authorization_over(endpoint) == "Bearer access-1"
    time.now += 30
    with pytest.raises(ConnectionFailedError):
        await auth.authorization_over(endpoint)
    assert await auth.authorization_over(endpoint) == "Bearer access-4"


async def test_a_closed_client_is_told_to_its_own_callers(app: Make, endpoint: Any) -> None:
    """As the error that it is."""
    endpoint.closed = True
    with pytest.raises(ClientClosedError):
        await app().authorization_over(endpoint)
