"""An audit of things that are named in another spelling than the service's."""

from __future__ import annotations

from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.audit.facts import LEVELS, Level
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.gather import gather
from bbasync.fake import FakeBitbucket, Fault


async def read(bb: Bitbucket, *names: str, **options: Any) -> list[WorkspaceAudit]:
    """The audits of some workspaces."""
    return [one async for one in gather(bb, names, **options)]


@pytest.mark.parametrize("level", LEVELS)
async def test_a_workspace_is_audited_once_however_it_is_named(
    service: FakeBitbucket, bb: Bitbucket, level: Level
) -> None:
    """In another case, or by its uuid: all rows have the name that the service gives it."""
    uuid = service.store.workspaces["acme"].uuid
    (plain,) = await read(bb, "acme", level=level)
    requests = len(service.requests)
    (one,) = await read(bb, "ACME", "acme", level=level)
    assert len(service.requests) == 2 * requests
    assert list(one.facts()) == list(plain.facts())
    for names in ((uuid,), (uuid, "acme")):
        (one,) = await read(bb, *names, level=level)
        assert one.workspace == "acme"
        assert list(one.facts()) == list(plain.facts())


async def test_what_is_unknown_of_a_workspace_by_its_uuid_has_its_name(
    service: FakeBitbucket, bb: Bitbucket
) -> None:
    """So it is the same thing as in an audit by the slug."""
    service.faults.add("/workspaces/*/permissions/repositories", Fault.status(500), times=9)
    (one,) = await read(bb, service.store.workspaces["acme"].uuid)
    assert {each.workspace for each in one.unknown} == {"acme"}


@pytest.mark.parametrize("by", ["case", "uuid"])
async def test_a_repository_in_another_spelling_is_unknown_by_its_name(
    service: FakeBitbucket, bb: Bitbucket, by: str
) -> None:
    """What could not be read of it must not look as if there were nothing."""
    (found,) = [
        one for one in service.store.workspaces["acme"].repositories.values() if one.slug == "api"
    ]
    named = f"ACME/{'API' if by == 'case' else found.uuid}"
    service.faults.add("/workspaces/*/permissions/repositories/*", Fault.status(403))
    (one,) = await read(bb, named, "acme/api", level="explain")
    assert [repo.full_name for repo in one.repositories] == ["acme/api"]
    assert one.only == ["acme/api"]
    assert not one.knows("rights", repository="acme/api")
    assert one.grants
    assert len(set(one.grants)) == len(one.grants)
