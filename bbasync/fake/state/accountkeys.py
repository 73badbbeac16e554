"""People's SSH and GPG keys as they are remembered, and how keys are taken apart."""

import base64
import binascii
import hashlib
import re

from attrs import define, field

from ..store import Account, uuid_of

SSH = re.compile(r"(ssh-(?:rsa|ed25519)|ecdsa-sha2-nistp\d{3}) ([A-Za-z0-9+/]+=*)(?: (.*))?")
ARMOUR = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\s(.*)\s-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL
)
KINDS = ("ssh-ed25519", "ssh-rsa")


@define(eq=False)
class SshKey:
    """An SSH key."""

    uuid: str
    key: str
    comment: str
    label: str
    created_on: str
    expires_on: str | None = None
    last_used: str | None = None

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the key, as OpenSSH writes it."""
        digest = hashlib.sha256(base64.b64decode(self.key.split()[1])).digest()
        return base64.b64encode(digest).decode().rstrip("=")


@define(eq=False)
class GpgKey:
    """A GPG key with its subkeys."""

    key: str = field(repr=False)
    name: str
    created_on: str
    added_on: str
    parent: str | None = None
    subkeys: list["GpgKey"] = field(factory=list)

    @property
    def fingerprint(self) -> str:
        """A digest of the key."""
        return hashlib.sha1(self.key.encode(), usedforsecurity=False).hexdigest()


class Keys:
    """The keys of one person, who starts with two of each kind."""

    def __init__(self, owner: Account) -> None:
        self.ssh: dict[str, SshKey] = {}
        self.gpg: list[GpgKey] = []
        for number, kind in enumerate(KINDS):
            uuid = uuid_of(f"{owner.uuid}:ssh:{number}")
            blob = base64.b64encode(f"{kind}{uuid}".encode()).decode()
            used = None if number else "2026-09-20T13:18:05.196003+00:00"
            self.ssh[uuid] = SshKey(
                uuid, f"{kind} {blob}", f"{owner.nickname}@host{number}", "", owner.created_on,
                last_used=used,
            )  # fmt: skip
            name = f"{owner.display_name}'s OpenPGP key"
            made = GpgKey(armoured(f"{owner.uuid}:gpg:{number}"), name, *(owner.created_on,) * 2)
            made.subkeys = [_subkey(made, owner)] if number == 0 else []
            self.gpg.append(made)

    def strip(self) -> None:
        """Take the invented keys out again."""
        self.ssh.clear()
        self.gpg.clear()

    def find(self, fingerprint: str) -> GpgKey | None:
        """Look a key or a subkey up, in either case."""
        every = [one for key in self.gpg for one in (key, *key.subkeys)]
        return next((one for one in every if one.fingerprint == fingerprint.lower()), None)


def _subkey(parent: GpgKey, owner: Account) -> GpgKey:
    text = armoured(f"{parent.fingerprint}:subkey")
    return GpgKey(text, parent.name, owner.created_on, owner.created_on, parent.fingerprint)


def armoured(seed: str) -> str:
    """Make up a key in ASCII armour."""
    text = base64.b64encode(hashlib.sha512(seed.encode()).digest()).decode()
    edge = "PGP PUBLIC KEY BLOCK-----"
    return f"-----BEGIN {edge}\n\n{text[:64]}\n{text[64:]}\n-----END {edge}\n"


def ssh_parts(text: object) -> tuple[str, str] | None:
    """Take an SSH key apart: the key itself, and the comment behind it."""
    found = SSH.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    try:
        base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return None
    return f"{found[1]} {found[2]}", found[3] or ""


def is_armoured(text: object) -> bool:
    """Whether something looks like a GPG key."""
    return isinstance(text, str) and ARMOUR.fullmatch(text.strip()) is not None
