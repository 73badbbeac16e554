"""Repositories, projects, workspaces and accounts: what was there first."""

from __future__ import annotations

from typing import Any

from bbasync import Bitbucket, Resource, resources
from bbasync.fake import FakeBitbucket
from bbasync.resources import (
    Project,
    ProjectGroupPermission,
    ProjectUserPermission,
    Repository,
    RepositoryGroupPermission,
    RepositoryUserPermission,
    Webhook,
    Workspace,
)

from . import Cases

ACME = Workspace(slug="acme")
HOOK = Webhook(url="https://example.com", events=["repo:push", "repo:fork"], secret="s3cret")


async def _names(client: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    """A member with a right, a default reviewer, an empty project, two webhooks each."""
    place = service.store.workspaces["acme"]
    member = service.account("member").uuid
    await client.projects.create("acme", Project(key="EMPTY", name="Empty"))
    await client.projects.add_default_reviewer("acme", "WEB", member)
    await client.repositories.update_user_permission("acme", "site", member, {"permission": "read"})
    return {
        "workspace": "acme",
        "repo_slug": "site",
        "project_key": "WEB",
        "delete.project_key": "EMPTY",
        "member": member,
        "selected_user": member,
        "selected_user_id": member,
        "group_slug": next(iter(place.groups)),
        "email": service.email,
        "subject_type": "repository",
    }


async def _of_repositories(client: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    await client.repositories.fork("acme", "site", Repository(name="fork", workspace=ACME))
    await client.repositories.create_webhook("acme", "site", HOOK)
    made = await client.repositories.create_webhook("acme", "site", HOOK)
    names = await _names(client, service)
    return {**names, "uid": str(made.uuid), "delete.repo_slug": "site"}


async def _of_workspaces(client: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    await client.workspaces.create_webhook("acme", HOOK)
    made = await client.workspaces.create_webhook("acme", HOOK)
    return {**await _names(client, service), "uid": str(made.uuid)}


async def _site(bb: Bitbucket) -> resources.Repository:
    return await bb.repositories.get("acme", "site")


async def _entry(bb: Bitbucket, kind: type[Resource]) -> Resource:
    site = await _site(bb)
    return next(one for one in await site.source().all() if isinstance(one, kind))


async def _app(bb: Bitbucket) -> Resource:
    """Find the author of a pull request that an access token opened."""
    async for repository in bb.repositories.list("acme"):
        async for request in repository.pullrequests():
            if isinstance(request.author, resources.AppUser):
                return request.author
    raise LookupError("no access token has opened a pull request")


async def _right(bb: Bitbucket, group: str, name: str) -> Any:
    members = await bb.workspaces.list_permissions("acme").all()
    member = next(one.user.uuid for one in members if one.permission == "member" and one.user)
    given = {"permission": "read"}
    await bb.repositories.update_user_permission("acme", "site", str(member), given)
    where = {"projects": ("acme", "WEB"), "repositories": ("acme", "site")}[group]
    return await getattr(getattr(bb, group), name)(*where).first()


async def _of_site(bb: Bitbucket, name: str) -> Any:
    return await getattr(await _site(bb), name)().first()


async def _subject(bb: Bitbucket) -> Any:
    return (await bb.webhooks.get_subjects()).repository


async def _owner(bb: Bitbucket) -> Any:
    return (await _site(bb)).owner


CASES = Cases(
    groups={
        "projects": _names,
        "repositories": _of_repositories,
        "users": _names,
        "webhooks": _names,
        "workspaces": _of_workspaces,
    },
    bodies={
        "projects.create": Project(key="NEW", name="New"),
        "projects.update": Project(name="Newer", description=None),
        "projects.update_group_permission": ProjectGroupPermission(permission="create-repo"),
        "projects.update_user_permission": ProjectUserPermission(permission="write"),
        "repositories.create": Repository(is_private=True, project=Project(key="WEB")),
        "repositories.update": Repository(description="Changed", is_private=False),
        "repositories.fork": Repository(name="copy", workspace=ACME),
        "repositories.create_webhook": HOOK,
        "repositories.update_webhook": HOOK,
        "repositories.update_override_settings": {"branching_model": False},
        "repositories.update_group_permission": RepositoryGroupPermission(permission="admin"),
        "repositories.update_user_permission": RepositoryUserPermission(permission="write"),
        "workspaces.create_webhook": HOOK,
        "workspaces.update_webhook": HOOK,
    },
    fresh={"repositories.create": {"repo_slug": "fresh"}},
    gone={
        "repositories.list_public": "CHANGE-2770",
        "repositories.list_all_own_permissions": "CHANGE-2770",
        "workspaces.list": "CHANGE-2770",
        "workspaces.list_own_permissions": "CHANGE-2770",
    },
    written=(
        ("repositories.update", "repositories.get"),
        ("repositories.update_webhook", "repositories.get_webhook"),
        ("repositories.update_group_permission", "repositories.get_group_permission"),
        ("repositories.update_user_permission", "repositories.get_user_permission"),
        ("projects.update", "projects.get"),
        ("projects.update_group_permission", "projects.get_group_permission"),
        ("projects.update_user_permission", "projects.get_user_permission"),
        ("workspaces.update_webhook", "workspaces.get_webhook"),
    ),
    deleted=(
        ("repositories.delete", "repositories.get"),
        ("repositories.delete_webhook", "repositories.get_webhook"),
        ("projects.remove_default_reviewer", "projects.get_default_reviewer"),
        ("workspaces.delete_webhook", "workspaces.get_webhook"),
    ),
    found={
        "AppUser": _app,
        "Branch": lambda bb: _of_site(bb, "branches"),
        "Commit": lambda bb: _of_site(bb, "commits"),
        "CommitDirectory": lambda bb: _entry(bb, resources.CommitDirectory),
        "CommitFile": lambda bb: _entry(bb, resources.CommitFile),
        "Download": lambda bb: _of_site(bb, "downloads"),
        "Email": lambda bb: bb.users.list_emails().first(),
        "HookSubject": _subject,
        "Project": lambda bb: bb.projects.get("acme", "WEB"),
        "ProjectGroupPermission": lambda bb: _right(bb, "projects", "list_group_permissions"),
        "ProjectUserPermission": lambda bb: _right(bb, "projects", "list_user_permissions"),
        "Repository": _site,
        "RepositoryGroupPermission": lambda bb: _right(
            bb, "repositories", "list_group_permissions"
        ),
        "RepositoryUserPermission": lambda bb: _right(bb, "repositories", "list_user_permissions"),
        "Tag": lambda bb: _of_site(bb, "tags"),
        "Team": _owner,
        "User": lambda bb: bb.users.me(),
        "Webhook": lambda bb: bb.repositories.list_webhooks("acme", "site").first(),
        "Workspace": lambda bb: bb.workspaces.get("acme"),
        "WorkspaceMembership": lambda bb: bb.workspaces.list_members("acme").first(),
    },
    linkless=frozenset(
        {
            "Author",
            "DefaultReviewer",
            "Group",
            "HookEvent",
            "HookSubjects",
            "InheritanceState",
            "RepositoryPermission",
            "WorkspaceAccess",
        }
    ),
    abstract=frozenset({"Account", "Ref", "TreeEntry"}),
    bytes_=frozenset(
        {
            ("Commit", "diff"),
            ("Commit", "patch"),
            ("CommitFile", "self"),
            ("Download", "self"),
        }
    ),
    actions=frozenset(
        {
            ("Commit", "approve"),
        }
    ),
    removed=frozenset({("Repository", "issues")}),
    never_sent={
        ("AppUser", "repositories"): "/repositories/acme",
        ("AppUser", "snippets"): "/snippets/acme",
        ("AppUser", "hooks"): "/workspaces/acme/hooks",
        ("CommitDirectory", "history"): "/repositories/acme/site/filehistory/HEAD/README.md",
        ("Team", "repositories"): "/repositories/acme",
        ("Team", "snippets"): "/snippets/acme",
        ("Team", "hooks"): "/workspaces/acme/hooks",
        ("Team", "projects"): "/workspaces/acme/projects",
        ("Team", "members"): "/workspaces/acme/members",
        ("User", "repositories"): "/repositories/acme",
        ("User", "snippets"): "/snippets/acme",
        ("User", "hooks"): "/workspaces/acme/hooks",
    },
)
