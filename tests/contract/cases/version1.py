"""What is left of API 1.0: groups, their privileges, invitations."""

from __future__ import annotations

from bbasync import Bitbucket
from bbasync.fake import FakeBitbucket
from bbasync.resources import Invitation, V1Group

from . import Cases


async def _names(_: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    """A group that has somebody in it, a privilege, and an invitation."""
    place = service.store.workspaces["acme"]
    return {
        "account": "acme",
        "workspace": "acme",
        "repo_slug": "site",
        "group_owner": "acme",
        "group_slug": "reviewers",
        "member": next(iter(place.groups["reviewers"].members)),
        "email": "joe@example.com",
    }


CASES = Cases(
    groups={"group_privileges": _names, "groups": _names, "invitations": _names},
    bodies={
        "groups.update": V1Group(permission="read", auto_add=True),
        "group_privileges.update": "admin",
        "invitations.invite": Invitation(email="new@example.com", group_slug="developers"),
        "invitations.delete": {"email": "joe@example.com"},
    },
    given={
        "groups.create": {"name": "Release managers"},
        "groups.find": {"group": "acme/administrators"},
        "invitations.create": {"email": "new@example.com", "permission": "write"},
    },
    auth=dict.fromkeys(
        (
            "groups.add_member",
            "groups.create",
            "groups.delete",
            "groups.remove_member",
            "groups.update",
        ),
        "oauth_token",
    ),
    deleted=(
        ("group_privileges.delete", "group_privileges.get"),
        ("groups.delete", "groups.get"),
    ),
    linkless=frozenset(
        {
            "GroupPrivilege",
            "Invitation",
            "V1Account",
            "V1Group",
            "V1Repository",
            "V1RepositoryStub",
        }
    ),
)
