"""Every link that leads into the API can be followed, by its name and by the method for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bbasync import OPERATIONS, Bitbucket, Resource, resources
from bbasync.errors import ArgumentError, DecodingError, GoneError, NotFoundError
from bbasync.model.link import methods_of
from bbasync.model.reply import item_of
from bbasync.model.resource import NAMES, from_wire
from bbasync.model.signature import Signature

Everything = Callable[[Resource], list[Resource]]
Find = Callable[[Bitbucket], Awaitable[Any]]
Place = Callable[[Any], dict[str, str]]

PAGES = {"html", "avatar", "clone", "pullrequest_create", "html_overview"}
"""Rels that lead to people's pages, images and git, not into the API."""
BYTES = {
    ("Commit", "diff"),
    ("Commit", "patch"),
    ("CommitFile", "self"),
    ("Download", "self"),
    ("PullRequest", "diff"),
}
"""Answered with bytes, which are no resource: ``rel().answer()`` hands them out."""
REMOVED = {("Repository", "issues")}
"""Answered with 410, as the service does since it has no issues any more."""
NOT_SERVED = {
    ("Commit", "approve"),
    ("PullRequest", "approve"),
    ("PullRequest", "decline"),
    ("PullRequest", "merge"),
    ("PullRequest", "request-changes"),
}
"""Answered with 404: the fake reviews nothing and merges nothing yet."""
NEVER_SENT = {
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
}
"""Links that the service sends and the fake does not, and a list of the fake's for each."""
LINKLESS = {
    "Author",
    "DefaultReviewer",
    "Group",
    "HookEvent",
    "InheritanceState",
    "Participant",
    "PullRequestEndpoint",
    "RepositoryPermission",
    "WorkspaceAccess",
}
"""Classes that come without a link into the API."""
ABSTRACT = {"Account", "Ref", "TreeEntry"}
"""Classes of which only the subclasses come."""


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
    where = {"projects": ("acme", "WEB"), "repositories": ("acme", "site")}[group]
    return await getattr(getattr(bb, group), name)(*where).first()


async def _of_site(bb: Bitbucket, name: str) -> Any:
    return await getattr(await _site(bb), name)().first()


async def _owner(bb: Bitbucket) -> Any:
    return (await _site(bb)).owner


FOUND: dict[str, Find] = {
    "AppUser": _app,
    "Branch": lambda bb: _of_site(bb, "branches"),
    "Commit": lambda bb: _of_site(bb, "commits"),
    "CommitDirectory": lambda bb: _entry(bb, resources.CommitDirectory),
    "CommitFile": lambda bb: _entry(bb, resources.CommitFile),
    "Download": lambda bb: _of_site(bb, "downloads"),
    "Email": lambda bb: bb.users.list_emails().first(),
    "Project": lambda bb: bb.projects.get("acme", "WEB"),
    "ProjectGroupPermission": lambda bb: _right(bb, "projects", "list_group_permissions"),
    "ProjectUserPermission": lambda bb: _right(bb, "projects", "list_user_permissions"),
    "PullRequest": lambda bb: _of_site(bb, "pullrequests"),
    "Repository": _site,
    "RepositoryGroupPermission": lambda bb: _right(bb, "repositories", "list_group_permissions"),
    "RepositoryUserPermission": lambda bb: _right(bb, "repositories", "list_user_permissions"),
    "Tag": lambda bb: _of_site(bb, "tags"),
    "Team": _owner,
    "User": lambda bb: bb.users.me(),
    "Webhook": lambda bb: bb.repositories.list_webhooks("acme", "site").first(),
    "Workspace": lambda bb: bb.workspaces.get("acme"),
    "WorkspaceMembership": lambda bb: bb.workspaces.list_members("acme").first(),
}
"""Where a resource of each class that has links is found."""


@pytest.mark.parametrize("kind", FOUND)
async def test_every_link_is_followed_by_its_name(
    kind: str, client: Bitbucket, names: dict[str, str]
) -> None:
    """``rel`` reaches what is behind each link, one thing or a list."""
    one = await FOUND[kind](client)
    assert type(one).__name__ == kind
    rels = _api_rels(one, client)
    expected = {rel: _expected(kind, rel) for rel in rels}
    assert rels
    assert {rel: await _followed(one, rel, names) for rel in rels} == expected


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("kind", FOUND)
async def test_every_link_method_returns_what_it_says(
    kind: str, client: Bitbucket, everything: Everything
) -> None:
    """What a method for a link brings is of the class that its annotation names."""
    one = await FOUND[kind](client)
    for rel, (name, signature) in _methods(type(one)).items():
        if (kind, rel) in NEVER_SENT or _expected(kind, rel) != "answered":
            continue
        made = getattr(one, name)()
        items = await made.all() if signature.paged else [await made]
        wanted = item_of(signature.returns) if signature.paged else signature.returns
        for item in items:
            assert isinstance(item, wanted if isinstance(wanted, type) else type(one))
            everything(item)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(("kind", "rel"), NEVER_SENT)
async def test_a_method_whose_link_the_fake_does_not_send_is_followed_too(
    kind: str, rel: str, client: Bitbucket, everything: Everything
) -> None:
    """With the link as the service sends it, the method and the name bring the same."""
    assert rel not in (await FOUND[kind](client)).links
    cls = NAMES[kind]
    data = {"links": {rel: {"href": f"{client._origins.base}{NEVER_SENT[kind, rel]}"}}}
    one = from_wire(data, cls, client)
    name, signature = _methods(cls)[rel]
    found = await getattr(one, name)().all()
    assert all(isinstance(item, item_of(signature.returns)) for item in found)
    assert [item.to_dict() for item in found] == [item.to_dict() async for item in one.rel(rel)]
    assert found or rel == "snippets"
    for item in found:
        everything(item)


@pytest.mark.parametrize(("kind", "rel"), sorted(REMOVED))
async def test_a_removed_list_says_so_through_its_method(
    kind: str, rel: str, client: Bitbucket
) -> None:
    """The method for a link whose list was removed is kept, and raises the service's 410."""
    with pytest.raises(GoneError):
        await getattr(await FOUND[kind](client), rel)().first()


def test_every_class_is_looked_for() -> None:
    """Each resource class is found somewhere, or comes without links, or never comes itself."""
    assert sorted({*FOUND, *LINKLESS, *ABSTRACT}) == sorted(resources.__all__)


async def test_whatever_has_links_is_followed(
    client: Bitbucket, place: Place, everything: Everything
) -> None:
    """In all that can be listed or fetched, only the classes above have links into the API."""
    linked = set()
    for operation in OPERATIONS:
        if operation.method == "GET" and not operation.deprecated:
            call = getattr(getattr(client, operation.group), operation.name)(**place(operation))
            for item in await call.all() if operation.signature.paged else [await call]:
                linked |= {type(one) for one in everything(item) if _api_rels(one, client)}
    assert len(linked) > 10
    assert {one.__name__ for one in linked} <= set(FOUND)


def _methods(kind: type[Resource]) -> dict[str, tuple[str, Signature]]:
    """Which method follows a rel: the one of the class itself before its parents'."""
    every = [(rel, (name, signature)) for name, rel, signature in methods_of(kind)]
    return dict(reversed(every))


def _expected(kind: str, rel: str) -> str:
    known = {"bytes": BYTES, "gone": REMOVED, "not served": NOT_SERVED}
    return next((said for said, those in known.items() if (kind, rel) in those), "answered")


def _api_rels(one: Resource, client: Bitbucket) -> list[str]:
    found = [rel for rel in one.links if rel not in PAGES]
    for rel in found:
        for link in one.links.all(rel):
            assert link.href.startswith(client._origins.base), f"{rel} leads out of the API"
    return found


async def _followed(one: Resource, rel: str, names: dict[str, str]) -> str:
    link = one.links[rel]
    variables = {name: names[name] for name in link.variables}
    try:
        return await _answered(one, rel, variables)
    except GoneError:
        return "gone"
    except NotFoundError:
        return "not served"
    except DecodingError:
        answer = await one.rel(rel, **variables).answer()
        assert "json" not in answer.headers["Content-Type"]
        return "bytes" if answer.status == 200 and answer.body else "empty"


async def _answered(one: Resource, rel: str, variables: dict[str, str]) -> str:
    try:
        found = await one.rel(rel, **variables)
    except ArgumentError:  # it is a list
        walked = [item async for item in one.rel(rel, **variables)]
        assert all(isinstance(item, Resource) for item in walked)
        return "answered"
    assert isinstance(found, Resource)
    return "answered"
