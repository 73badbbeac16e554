"""What credentials can be allowed to do, by the newer names and by the older ones."""

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
