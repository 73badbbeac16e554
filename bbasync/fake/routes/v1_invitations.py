"""Invitations to repositories and to groups, by API 1.0."""

from typing import Any

from attrs import define

from .. import access
from ..bodies import form, json_object
from ..exchange import Call, Reply
from ..render import version1 as render
from ..routing import Group as Routes
from ..store import Account, Workspace, repository_in
from ..version1 import amsterdam, answer, owned, refusal, utc

TO_REPOSITORY = "/1.0/invitations/{workspace}/{repo_slug}"
ALL = "/1.0/users/{account}/invitations"
ONE = f"{ALL}/{{email}}"
FOR_GROUP = f"{ONE}/{{group_owner}}/{{group_slug}}"
RIGHTS = ("read", "write", "admin")
SENT = ("2026-07-19T16:22:51+00:00", "2026-10-25T00:30:04+00:00")

group = Routes()


@define(eq=False)
class Invited:
    """An address that was invited to groups, by whom and when."""

    email: str
    groups: list[str]
    by: str
    sent_on: str


class Pending:
    """The invitations to the groups of a workspace that nobody has accepted, by address."""

    def __init__(self, owner: Workspace | Account) -> None:
        self.by_email: dict[str, Invited] = {}
        if isinstance(owner, Workspace) and owner.members:
            host = next(iter(owner.members))
            groups = [f"{owner.slug}/{slug}" for slug in owner.groups][-2:]
            for number, name in enumerate(("joe", "sally")):
                email = f"{name}@example.com"
                self.by_email[email] = Invited(email, groups[number:], host, SENT[number])

    def strip(self) -> None:
        """Take the invented invitations out again."""
        self.by_email.clear()


@group.on("POST", TO_REPOSITORY, people=True)
def invite_to_repository(call: Call) -> Reply:
    """Invite somebody to a repository; the body is a form."""
    place = owned(call)
    repository = repository_in(place, call.params["repo_slug"])
    if repository is None:
        raise refusal(404, "Not Found")
    fields = dict(form(call))
    if fields.get("permission") not in RIGHTS or "@" not in fields.get("email", ""):
        raise refusal(400, "An invitation takes an email and one of read, write and admin.")
    shown = {
        "sent_on": amsterdam(call.store.now()),
        "permission": fields["permission"],
        "invited_by": render.person(access.person(call)),
        "repository": render.repository_in_full(repository),
        "email": fields["email"],
    }
    return answer(call, shown)


@group.on("GET", ALL, people=True)
def list_invitations(call: Call) -> Reply:
    """List what is pending."""
    _, pending = _pending(call)
    return answer(call, [_shown(call, one) for one in pending.by_email.values()])


@group.on("GET", ONE, people=True)
def get_invitation(call: Call) -> Reply:
    """Read what an address is invited to."""
    _, pending = _pending(call)
    return answer(call, _shown(call, _one(pending, call.params["email"])))


@group.on("GET", FOR_GROUP, people=True)
def get_invitation_to_group(call: Call) -> Reply:
    """Read what an address is invited to, if that group is among it."""
    _, pending = _pending(call)
    one = _one(pending, call.params["email"])
    if f"{call.params['group_owner']}/{call.params['group_slug']}" not in one.groups:
        raise refusal(404, "Not Found")
    return answer(call, _shown(call, one))


@group.on("PUT", ALL, people=True)
def invite_to_group(call: Call) -> Reply:
    """Invite an address to a group, perhaps to one more."""
    owner, pending = _pending(call)
    body = json_object(call)
    email, slug = body.get("email"), body.get("group_slug")
    if not isinstance(email, str) or "@" not in email:
        raise refusal(400, "An invitation needs an email.")
    if not isinstance(owner, Workspace) or slug not in list(owner.groups):
        raise refusal(404, "Not Found")
    fresh = Invited(email, [], access.person(call).uuid, call.store.now())
    one = pending.by_email.setdefault(email, fresh)
    one.groups = list(dict.fromkeys([*one.groups, f"{owner.slug}/{slug}"]))
    return answer(call, _shown(call, one))


@group.on("DELETE", ALL, people=True)
def delete_invitation(call: Call) -> Reply:
    """Take invitations back: this deletion has a body, which says whose."""
    _, pending = _pending(call)
    body = json_object(call)
    one, slug = _one(pending, str(body.get("email"))), body.get("group_slug")
    if slug is None:
        one.groups = []
    elif not any(name.endswith(f"/{slug}") for name in one.groups):
        raise refusal(404, "Not Found")
    one.groups = [name for name in one.groups if not name.endswith(f"/{slug}")]
    if not one.groups:
        del pending.by_email[one.email]
    return Reply(204)


def _pending(call: Call) -> tuple[Workspace | Account, Pending]:
    """Find whose invitations are meant: a workspace's, for its administrators, or one's own."""
    name = call.params["account"]
    owner = call.store.find_workspace(name) or call.store.find_account(name)
    if owner is None:
        raise refusal(404, "Not Found")
    mine = access.level(call, owner) == "owner" if isinstance(owner, Workspace) else None
    if not (owner is call.account if mine is None else mine):
        raise refusal(403, "Forbidden")
    return owner, call.store.part(owner, Pending)


def _one(pending: Pending, email: str) -> Invited:
    found = pending.by_email.get(email)
    if found is None:
        raise refusal(404, "Not Found")
    return found


def _shown(call: Call, one: Invited) -> dict[str, Any]:
    people = call.people([one.by])
    return {
        "groups": list(one.groups),
        "invited_by": render.person(people[0]) if people else None,
        "utc_sent_on": utc(one.sent_on),
        "email": one.email,
    }
