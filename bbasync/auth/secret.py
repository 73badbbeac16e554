"""What every credential has in common: checks, and no way out but its header."""

from __future__ import annotations

from typing import NoReturn

from ..errors import ConfigurationError


class Credential:
    """A base that can't be pickled; subclasses keep their secrets out of their repr."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds a secret and can't be pickled: make it anew where it is "
            "needed, from the environment for example"
        )


def checked(kind: str, value: str) -> str:
    """*value*, if it can stand in a header; the error never shows it.

    Tokens have no upper length, and none is assumed here.
    """
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"the {kind} is empty")
    if value != value.strip():
        raise ConfigurationError(f"the {kind} has white space around it: was it copied whole?")
    if not value.isprintable():
        raise ConfigurationError(f"the {kind} has a control character in it: was it copied whole?")
    return value
