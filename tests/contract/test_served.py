"""Every declared operation is answered over a socket, and all that comes back can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bbasync import OPERATIONS, Bitbucket, Pager, Resource
from bbasync.api import Operation
from bbasync.errors import GoneError, NotFoundError
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

Everything = Callable[[Resource], list[Resource]]
Place = Callable[[Operation], dict[str, str]]

HOOK = Webhook(url="https://example.com", events=["repo:push", "repo:fork"], secret="s3cret")
BODIES: dict[str, Any] = {
    "projects.create": Project(key="NEW", name="New"),
    "projects.update": Project(name="Newer", description=None),
    "projects.update_group_permission": ProjectGroupPermission(permission="create-repo"),
    "projects.update_user_permission": ProjectUserPermission(permission="write"),
    "repositories.create": Repository(is_private=True, project=Project(key="WEB")),
    "repositories.update": Repository(description="Changed", is_private=False),
    "repositories.fork": Repository(name="copy", workspace=Workspace(slug="acme")),
    "repositories.create_webhook": HOOK,
    "repositories.update_webhook": HOOK,
    "repositories.update_override_settings": {"branching_model": False},
    "repositories.update_group_permission": RepositoryGroupPermission(permission="admin"),
    "repositories.update_user_permission": RepositoryUserPermission(permission="write"),
    "workspaces.create_webhook": HOOK,
    "workspaces.update_webhook": HOOK,
}
FRESH = {
    "projects.delete": {"project_key": "EMPTY"},
    "repositories.create": {"repo_slug": "fresh"},
}
"""What is made or deleted is nothing that was there."""

ids = {"ids": lambda one: f"{one.group}.{one.name}"}


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if not one.deprecated], **ids)
async def test_an_operation_is_served(
    operation: Operation,
    client: Bitbucket,
    service: FakeBitbucket,
    place: Place,
    everything: Everything,
) -> None:
    """It is answered with 2xx, and every field of what comes back reads as it is declared."""
    await client.projects.create("acme", Project(key="EMPTY", name="Empty"))
    call, given = _call(operation, client), _given(operation, place(operation))
    before = len(service.requests)
    for one in await _answered(call, given, operation):
        assert len(everything(one)) >= 1
    assert len(service.requests) > before
    assert {one.status // 100 for one in service.requests[before:]} == {2}


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.deprecated], **ids)
async def test_a_removed_operation_says_where_that_was_announced(
    operation: Operation, client: Bitbucket, place: Place
) -> None:
    """It warns when it is called, and its 410 names the announcement."""
    with pytest.warns(DeprecationWarning, match="removed by CHANGE-2770"):
        walk = _call(operation, client)(**place(operation))
    with pytest.raises(GoneError) as caught:
        await walk.first()
    assert str(caught.value.announcement_url).startswith("https://")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("repositories.update", "repositories.get"),
        ("repositories.update_webhook", "repositories.get_webhook"),
        ("repositories.update_group_permission", "repositories.get_group_permission"),
        ("repositories.update_user_permission", "repositories.get_user_permission"),
        ("projects.update", "projects.get"),
        ("projects.update_group_permission", "projects.get_group_permission"),
        ("projects.update_user_permission", "projects.get_user_permission"),
        ("workspaces.update_webhook", "workspaces.get_webhook"),
    ],
)
async def test_what_was_written_can_be_read(
    written: str, read: str, client: Bitbucket, place: Place
) -> None:
    """A change is seen by whoever reads next, but for secrets, which nobody is told."""
    by_name = {f"{one.group}.{one.name}": one for one in OPERATIONS}
    where = place(by_name[written])
    body = BODIES[written].to_dict()
    await _call(by_name[written], client)(**where, body=BODIES[written])
    found = (await _call(by_name[read], client)(**where)).to_dict()
    body = {name: value for name, value in body.items() if name != "secret"}
    assert {name: found[name] for name in body} == body
    assert "secret" not in found


@pytest.mark.parametrize(
    ("deleted", "read"),
    [
        ("repositories.delete", "repositories.get"),
        ("repositories.delete_webhook", "repositories.get_webhook"),
        ("projects.remove_default_reviewer", "projects.get_default_reviewer"),
        ("workspaces.delete_webhook", "workspaces.get_webhook"),
    ],
)
async def test_what_was_deleted_is_gone(
    deleted: str, read: str, client: Bitbucket, place: Place
) -> None:
    """A deletion is seen by whoever reads next."""
    by_name = {f"{one.group}.{one.name}": one for one in OPERATIONS}
    where = place(by_name[deleted])
    assert await _call(by_name[read], client)(**where) is not None
    await _call(by_name[deleted], client)(**where)
    with pytest.raises(NotFoundError):
        await _call(by_name[read], client)(**where)


def _call(operation: Operation, client: Bitbucket) -> Callable[..., Any]:
    return getattr(getattr(client, operation.group), operation.name)  # type: ignore[no-any-return]


def _given(operation: Operation, where: dict[str, str]) -> dict[str, Any]:
    name = f"{operation.group}.{operation.name}"
    body = {"body": BODIES[name]} if "body" in operation.signature.parameters else {}
    return {**where, **FRESH.get(name, {}), **body}


async def _answered(
    call: Callable[..., Any], given: dict[str, Any], operation: Operation
) -> list[Resource]:
    """What comes back; of a list two pages, or its only one."""
    if not operation.signature.paged:
        found = await call(**given)
        return [] if found is None else [found]
    walk: Pager[Resource] = call(**given, pagelen=1)
    pages = []
    async for page in walk.pages():
        pages.append(page)
        if len(pages) == 2:
            break
    assert all(page.values for page in pages) or len(pages) == 1
    assert len(pages) == min(2, pages[0].size or 1)
    return [one for page in pages for one in page.values]
