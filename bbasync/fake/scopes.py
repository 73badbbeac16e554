"""What credentials can be allowed to do, by the newer names and by the older ones."""

from collections.abc import Collection

from .access import FORGE
from .identity import API_TOKEN
from .replies import scopes_lacking
from .store import Credential

GRANULAR = frozenset(
    f"{right}:{thing}:bitbucket"
    for right, things in {
        "read": "repository pullrequest project workspace user pipeline runner webhook issue"
        " snippet ssh-key gpg-key",
        "write": "repository pullrequest user pipeline runner webhook issue snippet ssh-key"
        " gpg-key permission",
        "admin": "repository project workspace pipeline runner",
        "delete": "repository webhook issue snippet ssh-key gpg-key permission",
    }.items()
    for thing in things.split()
)
"""All the scopes an API token can be given."""
CLASSIC = frozenset(
    {
        "account",
        "email",
        "webhook",
        "pullrequest",
        "pullrequest:write",
        "project",
        "project:admin",
        "snippet",
        "pipeline",
        "pipeline:write",
        "pipeline:variable",
        "runner",
        "runner:write",
    }
    | {"repository", "repository:write", "repository:admin", "repository:delete"}
)
"""The scopes of a workspace's access token, by their older names."""
PERSONAL = frozenset({"account:write", "team", "team:write", "snippet:write", "issue:write"})
"""What an OAuth consumer can be given beside them, to act for a person."""
NEWER = {API_TOKEN, FORGE}
"""The credentials that have the newer scopes."""


def insist(credential: Credential, granular: Collection[str], classic: Collection[str]) -> None:
    """Refuse a credential that lacks some scopes, which are told by either names."""
    wanted = granular if credential.kind in NEWER else classic
    if not set(wanted) <= _implied(credential):
        raise scopes_lacking(list(wanted), sorted(credential.scopes))


def _implied(credential: Credential) -> set[str]:
    """Spread out the older scopes, of which some include others; newer ones imply nothing."""
    held = set(credential.scopes)
    if credential.kind in NEWER:
        return held
    held |= {scope.removesuffix(":write").removesuffix(":variable") for scope in held}
    if "pullrequest:write" in held:
        held.add("repository:write")
    if held & {"pullrequest", "project", "repository:write"}:
        held.add("repository")
    return held
