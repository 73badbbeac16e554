"""What repositories and projects grant by themselves, to groups and to people."""

from collections.abc import Callable

from attrs import frozen

from .. import access
from ..bodies import json_object
from ..exchange import Call, Reply
from ..node import Node
from ..pages import Limits, numbered
from ..render.permission import project_grant, repository_grant
from ..replies import bad_request, error, not_found
from ..routing import Group as Routes
from ..store import Account, Group, Project, Repository, Workspace
from .projects import find_project

REPOSITORY = "/repositories/{workspace}/{repo_slug}/permissions-config"
PROJECT = "/workspaces/{workspace}/projects/{project_key}/permissions-config"
UNFILTERED = Limits(filters=False)

group = Routes()

Target = Account | Group


@frozen
class _Grants:
    """The grants of one repository or project, to one kind of target."""

    place: Workspace
    owner: Repository | Project
    to_people: bool

    @property
    def given(self) -> dict[str, str]:
        """Map targets to permissions; changes here change the owner."""
        return self.owner.users if self.to_people else self.owner.groups

    def key(self, target: Target) -> str:
        """Name a target the way `given` does."""
        return target.uuid if isinstance(target, Account) else target.slug

    def find(self, call: Call, name: str) -> Target:
        """Find a target by the name in an address."""
        found = call.store.find_account(name) if self.to_people else self.place.groups.get(name)
        if found is None:
            raise not_found(name)
        return found

    def targets(self, call: Call) -> list[Target]:
        """List who was granted something."""
        if self.to_people:
            return list(call.people(self.given))
        return [self.place.groups[slug] for slug in self.given if slug in self.place.groups]

    def render(self, call: Call, target: Target) -> Node:
        """Render one grant; whoever was granted nothing has `none`."""
        right = self.given.get(self.key(target), "none")
        if isinstance(self.owner, Repository):
            return repository_grant(call, self.owner, target, right)
        return project_grant(call, self.place, self.owner, target, right)

    def choices(self) -> tuple[str, ...]:
        """Name the permissions that can be granted."""
        if isinstance(self.owner, Repository):
            return ("read", "write", "admin")
        return ("read", "write", "create-repo", "admin")


Answer = Callable[[Call, _Grants], Reply]


def list_grants(call: Call, grants: _Grants) -> Reply:
    """List grants; filters and sorting are not supported here."""

    def render(target: Target) -> Node:
        return grants.render(call, target)

    return numbered(call, grants.targets(call), render, UNFILTERED)


def get_grant(call: Call, grants: _Grants) -> Reply:
    """Read one grant."""
    return Reply(body=grants.render(call, grants.find(call, call.params["target"])))


def put_grant(call: Call, grants: _Grants) -> Reply:
    """Grant a permission: to members only, and not to owners, who have them all."""
    target = grants.find(call, call.params["target"])
    right = json_object(call).get("permission")
    if right not in grants.choices():
        wrong = {"permission": [f"Must be one of: {', '.join(grants.choices())}."]}
        raise bad_request("Bad request", wrong)
    if isinstance(target, Account):
        _require_plain_member(grants.place, target)
    if grants.place.slug in call.store.seats_full and grants.key(target) not in grants.given:
        raise error(402, "The plan of this workspace has no seat left.")
    grants.given[grants.key(target)] = right
    return Reply(body=grants.render(call, target))


def delete_grant(call: Call, grants: _Grants) -> Reply:
    """Take a grant back; what comes from elsewhere stays."""
    target = grants.find(call, call.params["target"])
    grants.given.pop(grants.key(target), None)
    return Reply(204)


def _require_plain_member(place: Workspace, account: Account) -> None:
    level = place.members.get(account.uuid)
    if level is None:
        raise bad_request("Only members of the workspace can be granted a permission.")
    if level == "owner":
        raise bad_request("An owner of the workspace has every permission already.")


def _on_repository(answer: Answer, *, to_people: bool) -> Callable[[Call], Reply]:
    def handler(call: Call) -> Reply:
        one = access.repository(call, "admin")
        return answer(call, _Grants(one.workspace, one, to_people))

    return handler


def _on_project(answer: Answer, *, to_people: bool) -> Callable[[Call], Reply]:
    def handler(call: Call) -> Reply:
        place, one = find_project(call, "admin")
        return answer(call, _Grants(place, one, to_people))

    return handler


for _word, _to_people in (("groups", False), ("users", True)):
    for _base, _thing, _wrap in (
        (REPOSITORY, "repository", _on_repository),
        (PROJECT, "project", _on_project),
    ):
        _read = f"read:{_thing}:bitbucket"
        _admin = f"admin:{_thing}:bitbucket"
        _old = f"{_thing}:admin"
        for _method, _tail, _scopes, _answer in (
            ("GET", "", _read, list_grants),
            ("GET", "/{target}", _read, get_grant),
            ("PUT", "/{target}", f"{_admin} write:permission:bitbucket", put_grant),
            ("DELETE", "/{target}", f"{_admin} delete:permission:bitbucket", delete_grant),
        ):
            group.on(
                _method,
                f"{_base}/{_word}{_tail}",
                _scopes,
                _old,
                people=True,
                api_token=_method != "GET",
            )(_wrap(_answer, to_people=_to_people))
