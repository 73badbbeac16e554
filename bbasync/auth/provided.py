"""A credential that a function of the program's own gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isawaitable
from typing import Any, Final, TypeAlias

from attrs import define, field, setters
from yarl import URL

from ..errors import ConfigurationError
from ..wire.caller import Caller, Renewable, Signer, Single, Wire
from .bearer import BearerAuth
from .given import is_single
from .secret import Credential

Given: TypeAlias = Single | str | None
"""What a provider may give; a text is taken for an access token."""
Provider: TypeAlias = Callable[[], Given | Awaitable[Given]]

_TAKES: Final = "a credential such as BasicAuth, an access token as text, or None"


def _name(provider: object) -> str:
    """The name that *provider* has in its code; never what it was made with, as a partial shows."""
    while isinstance(provider, partial):
        provider = provider.func
    named = provider if hasattr(provider, "__qualname__") else type(provider)
    return f"{named.__module__}.{named.__qualname__}"


def _checked(_: object, __: object, value: Any) -> None:
    if isinstance(value, type):
        raise ConfigurationError(f"a provider is a function, not the class {value.__name__}")
    if not callable(value):
        raise ConfigurationError(f"a provider is a function, not a {type(value).__name__}")


@define(eq=False)
class ProvidedAuth(Credential):
    """The credential that *provider* gives: a function or coroutine function without parameters.

    It is asked for each call, and once more where the service refuses what it gave: let it keep
    what takes long to get. One that is no coroutine function must not wait for anything, since
    everything else in the loop would wait with it. It gives a credential of any kind but a pool,
    an access token as text, or None to be anonymous; anything else is a ConfigurationError that
    names the provider. What it raises itself reaches whoever made the call.
    """

    provider: Provider = field(validator=_checked, repr=_name, on_setattr=setters.frozen)

    async def authorization_over(self, wire: Wire) -> str | None:
        """The header's value where no request is at hand: not of a credential that signs it."""
        given = await self.given()
        if isinstance(given, Signer):
            raise self._unfit(f"a {type(given).__name__}, which signs requests and nothing else")
        return await (await Caller(given, wire).now()).header("", URL())

    async def renew(self, refused: str, wire: Wire) -> bool:
        """Whether the provider, asked again, gives another header than the *refused* one.

        A credential that is renewed over the wire is renewed. One that signs each request has no
        header to compare with, and is not tried again.
        """
        given = await self.given()
        if given is None or isinstance(given, Signer):
            return False
        if isinstance(given, Renewable):
            return await given.renew(refused, wire)
        header = await Caller(given, wire).header("", URL())
        return header is not None and header != refused

    async def given(self) -> Single | None:
        """What the provider gives now, as a credential."""
        try:
            given: Any = self.provider()
            if isawaitable(given):
                given = await given
        except Exception as error:
            note = f"raised by the credential provider {_name(self.provider)}"
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
            raise
        return self._credential(given)

    def _credential(self, given: Any) -> Single | None:
        if given is None:
            return None
        if isinstance(given, str):
            return self._token(given)
        if isinstance(given, type):
            raise self._unfit(f"the class {given.__name__}")
        if not is_single(given):
            raise self._unfit(f"a {type(given).__name__}")
        found: Single = given
        return found

    def _token(self, text: str) -> BearerAuth:
        if " " in text.strip():
            raise self._unfit("a text with a space in it: give the token without its scheme")
        try:
            return BearerAuth(text)
        except ConfigurationError as error:
            raise self._unfit(f"a text that is no token: {error}") from None

    def _unfit(self, what: str) -> ConfigurationError:
        return ConfigurationError(f"the provider {_name(self.provider)} gave {what}; use {_TAKES}")
