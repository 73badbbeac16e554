"""`bbasync login` and `bbasync logout`: a credential for all commands to come.

Secrets are typed unseen, or come by standard input or the environment: what stands in a command
line can be seen by others.
"""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from enum import Enum
from getpass import getpass
from typing import Any, Final

from attrs import frozen

from ..api.access import ANONYMOUS, Identity
from ..auth import BasicAuth, BearerAuth, MemoryTokenStore, OAuth2Auth, OAuthConsumer, new_state
from ..auth.environment import ACCESS_TOKEN, API_TOKEN, EMAIL
from ..client import Bitbucket
from ..errors import ArgumentError, BitbucketError, TokenStoreError
from . import logins
from .exits import Code, say
from .loopback import PATH, Callback
from .options import Place
from .session import base_url
from .vault import Vault
from .whoami import described, write

KEY: Final = "BITBUCKET_OAUTH_KEY"
SECRET: Final = "BITBUCKET_OAUTH_SECRET"  # noqa: S105 - the name of a variable


class Way(Enum):
    """What one logs in with, by the option for it."""

    API_TOKEN = "--api-token"  # noqa: S105 - an option
    ACCESS_TOKEN = "--access-token"  # noqa: S105 - an option
    OAUTH = "--oauth"


_BELONGS: Final[Mapping[str, Way]] = {
    "email": Way.API_TOKEN,
    "key": Way.OAUTH,
    "port": Way.OAUTH,
    "browser": Way.OAUTH,
    "timeout": Way.OAUTH,
}
"""The options that are of one way alone."""
_QUESTION: Final = f"""\
What do you want to log in with?
  1  an API token: your Atlassian account's e-mail address and a token with scopes
  2  an access token of a repository, a project or a workspace
  3  OAuth: your browser, and a consumer of your workspace
({", ".join(one.value for one in Way)} say so beforehand.)
"""


@frozen
class Wanted:
    """What the command's options say; the rest is asked for."""

    way: Way | None
    email: str | None
    key: str | None
    port: int
    browser: bool
    timeout: float
    keep: Place | None
    given: frozenset[str] = frozenset()
    """The names of the options that were typed."""


def start_login(wanted: Wanted) -> Coroutine[Any, Any, Code]:
    """Ask the person for what is missing; what is left is to be run."""
    way = wanted.way or _way()
    for name, one in _BELONGS.items():
        if name in wanted.given and one is not way:
            raise ArgumentError(f"{way.value} has no --{name}: leave it out")
    base, place = base_url(), Vault().choose(wanted.keep)
    if way is Way.OAUTH:
        return _by_consent(_consumer(wanted, base), wanted, base, place)
    auth: BasicAuth | BearerAuth
    if way is Way.API_TOKEN:
        email = wanted.email or _answer("e-mail address of the Atlassian account")
        auth = BasicAuth(email, _answer("API token", hidden=True))
    else:
        auth = BearerAuth(_answer("access token", hidden=True))
    return _by_token(auth, wanted, base, place)


async def run_logout() -> Code:
    """Forget the login for the base URL, if there is one."""
    vault, base = Vault(), base_url()
    if vault.place(base) is None:
        say(f"there is no login for {base}: nothing to forget")
        return Code.DONE
    async with vault.lock(base):
        kept: Mapping[str, Any] = {}
        with suppress(TokenStoreError):  # what can't be read can be forgotten
            kept = vault.load(base) or {}
        vault.forget(base)
    say(f"forgot {logins.described(kept)} for {base}")
    say(f"at Bitbucket it stays valid until it is revoked there: see {logins.revoked_at(kept)}")
    return Code.DONE


async def _by_token(auth: BasicAuth | BearerAuth, wanted: Wanted, base: str, place: Place) -> Code:
    async with Bitbucket(auth, base_url=base, max_wait=0) as bb:
        identity = await _verified(bb)
    return await _keep(base, logins.of_token(auth), identity, place, wanted.keep)


async def _by_consent(consumer: OAuthConsumer, wanted: Wanted, base: str, place: Place) -> Code:
    state = new_state()
    async with Bitbucket(base_url=base, max_wait=0) as bb:
        async with Callback(wanted.port, state) as callback:
            _send_to(consumer.authorize_url(state), browser=wanted.browser)
            query = await callback.wait(within=wanted.timeout)
        if query.get("error") == "access_denied":
            say("access was not granted: nothing was kept")
            return Code.REFUSED
        token = await consumer.callback(query, state=state, via=bb)
        auth = OAuth2Auth(consumer, MemoryTokenStore({base: token}), base)
        identity = await _verified(bb.as_(auth))
    return await _keep(base, logins.of_consent(consumer, token), identity, place, wanted.keep)


async def _verified(bb: Bitbucket) -> Identity:
    try:
        return await bb.whoami()
    except BitbucketError as error:
        error.add_note("nothing was kept")
        raise


async def _keep(
    base: str, login: Mapping[str, Any], identity: Identity, place: Place, keep: Place | None
) -> Code:
    if identity.kind == ANONYMOUS:
        say(f"{base} took no notice of the credential: nothing was kept")
        return Code.REFUSED
    vault = Vault()
    async with vault.lock(base):
        try:
            vault.save(base, login, place)
        except TokenStoreError as error:
            if keep is not None or place is Place.FILE:
                raise
            say(f"{error} It goes into a file instead")
            vault.save(base, login, Place.FILE)
    write(
        [
            *described(identity),
            ("kept in", f"{vault.shown(base)}, for you alone"),
            ("service", base),
        ]
    )
    first = next((one for one in (*EMAIL, *API_TOKEN, *ACCESS_TOKEN) if os.environ.get(one)), None)
    if first is not None:
        say(f"{first} is set: the environment comes before this login until you unset it")
    return Code.DONE


def _send_to(address: str, *, browser: bool) -> None:
    say("log in and grant access with your browser, at:")
    sys.stderr.write(f"{address}\n")
    sys.stderr.flush()
    if browser:
        # A browser for terminals stays as long as it is open; nobody waits for it.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _consumer(wanted: Wanted, base: str) -> OAuthConsumer:
    redirect = f"http://localhost:{wanted.port}{PATH}"
    say(f"the consumer's callback URL in Bitbucket must be {redirect}")
    key = wanted.key or os.environ.get(KEY) or _answer("key of the OAuth consumer")
    secret = os.environ.get(SECRET) or _answer("secret of the OAuth consumer", hidden=True)
    return OAuthConsumer(key, secret, redirect_uri=redirect, site=logins.site_of(base))


def _way() -> Way:
    if not sys.stdin.isatty():
        ways = ", ".join(one.value for one in Way)
        raise ArgumentError(f"say what to log in with: one of {ways}")
    sys.stderr.write(_QUESTION)
    ways_by_number = dict(zip("123", Way, strict=True))
    while True:
        found = ways_by_number.get(_answer("1, 2 or 3"))
        if found is not None:
            return found


def _answer(what: str, *, hidden: bool = False) -> str:
    """What the person types, or the next line of standard input, where that is no terminal."""
    typed = sys.stdin.isatty()
    while True:
        try:
            line = _line(what, typed=typed, hidden=hidden)
        except KeyboardInterrupt:
            sys.stderr.write("\n")
            raise
        except UnicodeDecodeError:
            raise ArgumentError(f"the {what} is not text") from None
        except EOFError:
            line = ""
        if line.strip():
            return line.strip()
        if not line or not typed:
            raise ArgumentError(f"no {what} was entered: nothing was kept")


def _line(what: str, *, typed: bool, hidden: bool) -> str:
    if typed and hidden:
        return f"{getpass(f'{what} (not shown): ')}\n"
    if typed:
        sys.stderr.write(f"{what}: ")
        sys.stderr.flush()
    return sys.stdin.readline()
