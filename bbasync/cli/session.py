"""Whom a command talks to, and as whom: what the environment and the login say, or the fake."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from attrs import field, frozen
from yarl import URL

from ..auth import BasicAuth
from ..auth.environment import BASE_URL, auth_from
from ..client import DEFAULT_BASE_URL, Bitbucket
from ..errors import BitbucketError, ConfigurationError
from ..wire.origin import Origins

if TYPE_CHECKING:
    from ..wire.caller import Credentials

ADVICE: Final = "set BITBUCKET_EMAIL and BITBUCKET_API_TOKEN, run `bbasync login`, or try --demo"


@frozen(eq=False)
class Caller:
    """A credential, and what it is for; None where there is none."""

    auth: Credentials | None = field(repr=False)
    base_url: str
    source: str = ""
    """Where the credential comes from, as a person says it."""


@asynccontextmanager
async def connect(
    *, demo: bool, max_wait: float, anonymous: bool = False
) -> AsyncGenerator[Bitbucket, None]:
    """An open client; ConfigurationError where there is no credential for it.

    Where the command is of use to callers without one, *anonymous* lets them in.
    """
    async with reach(demo=demo, max_wait=max_wait) as (bb, caller):
        if caller.auth is None and not anonymous:
            raise ConfigurationError(f"no credential: {ADVICE}")
        yield bb


@asynccontextmanager
async def reach(*, demo: bool, max_wait: float) -> AsyncGenerator[tuple[Bitbucket, Caller], None]:
    """An open client, with a credential or without, and where that comes from."""
    if demo:
        from ..fake import FakeBitbucket  # noqa: PLC0415 - a server is loaded where it is used

        async with FakeBitbucket.demo() as fake:
            auth = BasicAuth(fake.email, fake.api_token)
            caller = Caller(auth, fake.url, "the embedded server")
            async with Bitbucket(auth, base_url=fake.url, max_wait=max_wait) as bb:
                yield bb, caller
        return
    caller = find_caller()
    async with Bitbucket(caller.auth, base_url=caller.base_url, max_wait=max_wait) as bb:
        yield bb, caller


def base_url() -> str:
    """The base URL that is called, in one spelling: logins are kept by it."""
    return str(URL(Origins(os.environ.get(BASE_URL) or DEFAULT_BASE_URL).base))


def find_caller() -> Caller:
    """Who calls: the environment says it, else the login for its base URL, else .netrc."""
    auth, base = auth_from(os.environ), base_url()
    if auth is not None:
        return Caller(auth, base, "the environment")
    from .vault import Vault  # noqa: PLC0415 - not loaded where the environment has a credential

    vault = Vault()
    if vault.place(base) is not None:
        from .logins import auth_of  # noqa: PLC0415 - as above

        return Caller(auth_of(vault, base), base, f"the login in {vault.shown(base)}")
    return _of_netrc(base)


def _of_netrc(base: str) -> Caller:
    from ..auth import netrc_auth  # noqa: PLC0415 - as above

    host = URL(base).host or ""
    try:
        auth = netrc_auth(host)
    except BitbucketError as error:
        error.add_note("a credential in the environment or a `bbasync login` comes before it")
        raise
    return Caller(auth, base, f"machine {host} in .netrc" if auth is not None else "")
