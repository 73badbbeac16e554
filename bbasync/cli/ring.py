"""The system's keyring, through the package keyring, as far as there is one that can be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ..errors import TokenStoreError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_SERVICE: Final = "bbasync"
_RECOMMENDED: Final = 1.0
"""The priority from which keyring itself calls a backend fit for use: below it are files in plain
text, and those that keep nothing."""


def found(*, least: float = _RECOMMENDED) -> str | None:
    """The name of the keyring; None where there is none of a priority of *least* or more."""
    try:
        backend = _backend()
        name, priority = backend.name, backend.priority
    except Exception:  # noqa: BLE001 - not installed, named but not there, or ill: there is none
        return None
    return name if priority >= least else None


def put(base_url: str, content: str) -> None:
    """Keep *content* for *base_url*; TokenStoreError where the keyring will not."""
    with _asking("keep the login"):
        _backend().set_password(_SERVICE, base_url, content)


def get(base_url: str) -> str | None:
    """What is kept for *base_url*; None where that is nothing."""
    with _asking("give the login"):
        return _backend().get_password(_SERVICE, base_url)


def drop(base_url: str) -> None:
    """Forget what is kept for *base_url*, if anything is."""
    with _asking("forget the login"):
        backend = _backend()
        if backend.get_password(_SERVICE, base_url) is not None:
            backend.delete_password(_SERVICE, base_url)


def _backend() -> KeyringBackend:
    import keyring  # noqa: PLC0415 - slow to load, and most commands need none

    return keyring.get_keyring()


@contextmanager
def _asking(what: str) -> Iterator[None]:
    """Have any error be one of the tree; the text of a backend's own may hold what it was given."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a backend is anybody's code
        raise TokenStoreError(
            f"the system's keyring could not {what} ({type(error).__name__}): is it unlocked?"
        ) from None
