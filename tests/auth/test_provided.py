"""A credential that a function gives."""

from __future__ import annotations

import asyncio
import functools
import pickle
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from yarl import URL

from bbasync import BasicAuth, BearerAuth, Bitbucket
from bbasync.auth.connect import ConnectAuth, ConnectOAuth2Auth
from bbasync.auth.provided import ProvidedAuth
from bbasync.errors import ConfigurationError, ForbiddenError, UnauthorizedError
from bbasync.fake import FakeBitbucket
from bbasync.wire.caller import Caller

NOBODY: Any = None
"""A wire for credentials that need none."""
ADDRESS = URL("http://x/2.0/user")


class OfMyOwn:
    """A credential of the program's own."""

    async def authorization(self) -> str:
        """The header's value."""
        return "Bearer of-my-own"


class Wrong:
    """What is no credential, and is not to be shown."""

    def __repr__(self) -> str:
        return "s3cret"


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    """A service."""
    async with FakeBitbucket() as fake:
        yield fake


def coroutine(given: Any) -> Callable[[], Any]:
    """A coroutine function that gives *given*."""

    async def provider() -> Any:
        await asyncio.sleep(0)
        return given

    return provider


class Vault:
    """A provider that is an object."""

    async def __call__(self) -> str:
        """Give a token."""
        return "of-a-vault"


async def header(provider: Any) -> str | None:
    """The header's value for a request."""
    caller = await Caller(ProvidedAuth(provider), NOBODY).now()
    return await caller.header("GET", ADDRESS)


async def test_what_a_provider_gives_may_sign_requests(fake: FakeBitbucket) -> None:
    """Each request is signed, with its own method and address."""
    app = fake.connect_app
    async with Bitbucket(
        lambda: ConnectAuth(app.key, app.client_key, app.shared_secret), base_url=fake.url
    ) as bb:
        await bb.addon.update({"key": app.key})
        await bb.repositories.get("acme", "site")
    assert [one.status for one in fake.requests] == [204, 200]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ("ATCTT3x=", "Bearer ATCTT3x="),
        (BearerAuth("a-token"), "Bearer a-token"),
        (BasicAuth("a@b", "t"), "Basic YUBiOnQ="),
        (OfMyOwn(), "Bearer of-my-own"),
        (ProvidedAuth(lambda: "of-another"), "Bearer of-another"),
    ],
)
async def test_a_provider_gives_a_credential_a_text_or_nothing(
    given: Any, expected: str | None
) -> None:
    """Whether it is a function or a coroutine function, and by whichever way it is asked."""
    for provider in (lambda: given, coroutine(given), functools.partial(coroutine(given))):
        assert await header(provider) == expected
        assert await ProvidedAuth(provider).authorization_over(NOBODY) == expected


async def test_an_object_can_be_a_provider() -> None:
    """Anything that can be called without arguments is one."""
    assert await header(Vault()) == "Bearer of-a-vault"


async def test_a_credential_that_signs_is_told_the_request() -> None:
    """It is not taken where nobody knows what it would sign."""
    signer = ConnectAuth("app", "client", "the-shared-secret-of-an-installation")
    value = await header(lambda: signer)
    assert value is not None
    assert value.startswith("JWT ")
    with pytest.raises(ConfigurationError, match="gave a ConnectAuth, which signs requests and"):
        await ProvidedAuth(lambda: signer).authorization_over(NOBODY)
    assert not await ProvidedAuth(lambda: signer).renew(value, NOBODY)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (Wrong(), "gave a Wrong; use a credential such as BasicAuth"),
        (b"s3cret", "gave a bytes"),
        (("a@b", "s3cret"), "gave a tuple"),
        (BasicAuth, "gave the class BasicAuth"),
        (lambda: "s3cret", "gave a function"),
        ("Bearer s3cret", "a space in it: give the token without its scheme"),
        ("", "a text that is no token: the access token is empty"),
        ("s3cret\n", "a text that is no token: the access token has white space"),
    ],
)
async def test_whatever_else_is_given_is_named_by_its_type(given: Any, complaint: str) -> None:
    """The error names the provider and what it gave, never its value."""
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        await header(coroutine(given))
    assert f"the provider {__name__}.coroutine.<locals>.provider gave" in str(caught.value)
    assert "s3cret" not in repr(caught.value) + repr(caught.value.__context__)


@pytest.mark.parametrize(
    ("provider", "complaint"),
    [
        ("s3cret", "a provider is a function, not a str"),
        (BasicAuth, "a provider is a function, not the class BasicAuth"),
    ],
)
def test_what_cannot_be_called_is_refused_at_once(provider: Any, complaint: str) -> None:
    """Before any request."""
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        ProvidedAuth(provider)
    assert "s3cret" not in str(caught.value)


def test_a_provider_is_shown_by_its_name() -> None:
    """What a partial holds may be secret; nothing is pickled."""
    auth = ProvidedAuth(functools.partial(coroutine, "s3cret"))
    assert repr(auth) == f"ProvidedAuth(provider={__name__}.coroutine)"
    assert repr(ProvidedAuth(Vault())).endswith(f"(provider={__name__}.Vault)")
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(auth)
    with pytest.raises(AttributeError):
        auth.provider = OfMyOwn  # type: ignore[misc]


async def test_what_a_provider_raises_is_not_disguised() -> None:
    """It reaches the caller as it is, with a note that says whose it was, once."""
    error = LookupError("the vault is sealed")

    async def provider() -> str:
        raise error

    for _ in range(2):
        with pytest.raises(LookupError) as caught:
            await header(provider)
        assert caught.value is error
    assert len(error.__notes__) == 1
    assert error.__notes__[0].startswith("raised by the credential provider ")
    assert error.__notes__[0].endswith(".provider")


async def test_cancelling_a_call_cancels_its_provider() -> None:
    """Nothing is noted on a cancellation, and nothing is left running."""
    waiting, ended = asyncio.Event(), asyncio.Event()

    async def provider() -> str:
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    task = asyncio.create_task(header(provider))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert ended.is_set()
    assert not hasattr(caught.value, "__notes__")


async def test_a_client_asks_for_each_call(fake: FakeBitbucket) -> None:
    """A provider is all that a client needs, and who it is for may change between calls."""
    people = iter(fake.accounts[:2])

    async def provider() -> BasicAuth:
        person = next(people)
        return BasicAuth(person.email, person.api_token)

    async with Bitbucket(provider, base_url=fake.url) as bb:
        found = [(await bb.users.me()).uuid for _ in range(2)]
    assert found == [person.uuid for person in fake.accounts[:2]]


async def test_a_provider_is_asked_again_where_its_credential_is_refused(
    fake: FakeBitbucket,
) -> None:
    """A new one is tried once; the same one is not, and the error tells its way out."""
    asked: list[str] = []

    def provider() -> str:
        asked.append(fake.access_token if asked else "used-up")
        return asked[-1]

    async with Bitbucket(provider, base_url=fake.url) as bb:
        await bb.request("GET", "/repositories/acme")
    assert [one.status for one in fake.requests] == [401, 200]
    fake.requests.clear()
    async with Bitbucket(lambda: "used-up", base_url=fake.url) as bb:
        with pytest.raises(UnauthorizedError, match="has expired or was revoked: make a new one"):
            await bb.request("GET", "/repositories/acme")
    assert [one.status for one in fake.requests] == [401]


async def test_a_refused_one_is_compared_and_never_sent_anonymously() -> None:
    """Renewing tells whether there is another header; None is none."""
    gives: list[Any] = ["old", "new", None]
    answers = [await ProvidedAuth(lambda: gives.pop(0)).renew("Bearer old", NOBODY) for _ in "123"]
    assert answers == [False, True, False]


async def test_a_provider_may_give_what_is_renewed_over_the_wire(fake: FakeBitbucket) -> None:
    """Then that is what is renewed when it is refused."""
    app = fake.connect_app
    connect = ConnectAuth(app.key, app.client_key, app.shared_secret)
    auth = ConnectOAuth2Auth(connect, site=fake.site)
    async with Bitbucket(lambda: auth, base_url=fake.url) as bb:
        await bb.request("GET", "/repositories/acme")
        value = await auth.authorization_over(bb)
        del fake.store.credentials[value.partition(" ")[2]]
        await bb.request("GET", "/repositories/acme")
    assert [one.status for one in fake.requests] == [200, 200, 401, 200, 200]


async def test_the_way_out_is_that_of_the_credential_that_was_given(fake: FakeBitbucket) -> None:
    """There is none where that knows none."""
    auth = ProvidedAuth(lambda: BearerAuth(fake.access_token))
    async with Bitbucket(auth, base_url=fake.url) as bb:
        with pytest.raises(ForbiddenError, match="use an API token of a person") as caught:
            await bb.users.me()
    assert caught.value.hint
    async with Bitbucket(coroutine(OfMyOwn()), base_url=fake.url) as bb:
        with pytest.raises(UnauthorizedError) as refused:
            await bb.users.me()
    assert refused.value.hint == ""
