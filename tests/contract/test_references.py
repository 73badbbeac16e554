"""Wherever a commit stands in a path, the name of a branch with a slash works too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cases import EVERY

from bbasync import OPERATIONS, Answer, Bitbucket, Pager
from bbasync.api import Operation
from bbasync.wire.message import Request

HASH = "b" * 40
BRANCH = "feature/login#1"
IN_COMMITS = [one for one in OPERATIONS if "{commit}" in one.path]


class Service(Bitbucket):
    """A client whose service knows one branch, and answers everything else with emptiness."""

    def __init__(self, empty: Any) -> None:
        super().__init__()
        self.empty = empty
        self.asked: list[Request] = []

    async def send(self, request: Request) -> Answer:
        """Answer *request*."""
        self.asked.append(request)
        of_branch = "/refs/branches/" in request.address
        data = {"target": {"hash": HASH}} if of_branch else self.empty
        return Answer(200, {}, json.dumps(data).encode(), request.method, request.address)


@pytest.mark.parametrize("one", IN_COMMITS, ids=lambda one: f"{one.group}.{one.name}")
async def test_a_branch_with_a_slash_is_looked_up_once(one: Operation) -> None:
    """The hash goes in the path, since the service finds nothing by such a name there."""
    returns = str(one.signature.returns)
    service = Service([] if "Sequence" in returns else {"values": []})
    key = f"{one.group}.{one.name}"
    names = [part.strip("{}") for part in one.path.split("/") if part.startswith("{")]
    given = {**dict.fromkeys(names, "x"), "commit": BRANCH, **EVERY.given.get(key, {})}
    body = {"body": EVERY.bodies[key]} if key in EVERY.bodies else {}
    made = getattr(getattr(service, one.group), one.name)(**given, **body)
    await (made.all() if isinstance(made, Pager) else made)
    looked_up, called = service.asked
    assert looked_up.address == "/repositories/x/x/refs/branches/feature%2Flogin%231"
    assert called.address == "/".join(
        HASH if part == "{commit}" else "x" if part.startswith("{") else part
        for part in one.path.split("/")
    )


def test_there_are_operations_in_commits() -> None:
    """The test above is about something."""
    assert len(IN_COMMITS) > 25
