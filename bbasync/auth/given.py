"""What a client is given as its credential, checked before anything is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from ..wire.caller import Credentials

_ASKED_BY: Final = ("authorization", "authorization_for", "authorization_over")
_CHOSEN_BY: Final = ("choose", "most_left", "release", "drop", "take_back")


def is_single(auth: Any) -> bool:
    """Whether *auth* is one credential: it has one of the ways to be asked, see wire.caller."""
    return not isinstance(auth, type) and _has(auth, *_ASKED_BY)


def credential_of(auth: Any) -> Credentials | None:
    """*auth* as a credential; ConfigurationError where it is none, and gives none."""
    if auth is None:
        return None
    if is_single(auth) or _is_choice(auth):
        return cast("Credentials", auth)
    if callable(auth) and not isinstance(auth, type):
        from .provided import ProvidedAuth  # noqa: PLC0415 - few clients have one

        return ProvidedAuth(auth)
    kind = f"the class {auth.__name__}" if isinstance(auth, type) else f"a {type(auth).__name__}"
    raise ConfigurationError(
        f"auth takes a credential such as BasicAuth, a function that gives one, or None, not {kind}"
    )


def _is_choice(auth: Any) -> bool:
    return not isinstance(auth, type) and all(_has(auth, name) for name in _CHOSEN_BY)


def _has(auth: Any, *names: str) -> bool:
    return any(callable(getattr(auth, name, None)) for name in names)
