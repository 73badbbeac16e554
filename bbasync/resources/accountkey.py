"""The public keys of people's accounts: SSH and GPG."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from ..model.link import link
from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .account import Account

__all__ = ["GPGKey", "SSHKey"]


@resource("ssh_key")
class SSHKey(Resource):
    """An SSH key of a person; set ``key``, and ``label`` if wanted, to add one."""

    type: str | None = None
    uuid: str | None = None
    key: str | None = None
    """As in ``authorized_keys``: kind, key, and perhaps a comment."""
    comment: str | None = None
    """What stood behind the key when it was added."""
    label: str | None = None
    fingerprint: str | None = None
    """SHA-256."""
    created_on: datetime | None = None
    expires_on: datetime | None = None
    """None where it does not expire."""
    last_used: datetime | None = None
    """None until it is used."""
    owner: Account | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this key again."""


@resource("gpg_key")
class GPGKey(Resource):
    """A GPG key of a person; set ``key`` to add one.

    ``key`` and ``subkeys`` come only where they are asked for: ``fields="+key,+subkeys"``.
    """

    type: str | None = None
    key: str | None = None
    """In ASCII armour."""
    key_id: str | None = None
    """The end of the fingerprint."""
    fingerprint: str | None = None
    """What addresses it, in either case."""
    parent_fingerprint: str | None = None
    """None unless it is a subkey."""
    name: str | None = None
    created_on: datetime | None = None
    """When the key itself was made; *added_on* is when the account got it."""
    added_on: datetime | None = None
    expires_on: datetime | None = None
    last_used: datetime | None = None
    subkeys: Sequence[GPGKey] | None = None
    owner: Account | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this key again."""
