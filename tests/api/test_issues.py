"""The issue tracker: what was kept of it still reads, and calls are still right on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from bbasync import Bitbucket, Polling
from bbasync.api import OPERATIONS
from bbasync.api.issues import Issues
from bbasync.errors import ArgumentError, GoneError, NotReadyError
from bbasync.model.make import from_wire
from bbasync.resources import Issue, IssueChange, IssueJobStatus
from bbasync.wire.body import Body, Part

pytestmark = pytest.mark.filterwarnings("ignore:issues.:DeprecationWarning")

PLACE = ("acme", "site")


def test_every_operation_names_the_change_and_what_to_use() -> None:
    """Nobody has to look for why the whole group answers 410."""
    notices = {one.notice for one in OPERATIONS if one.group == "issues"}
    assert notices == {"removed by CHANGE-3401; Bitbucket has no issues any more, use Jira"}


async def test_a_call_warns_once_and_lets_the_service_answer(recorder: Any, answer: Any) -> None:
    """The request goes out, since the service decides; the second call does not warn again."""
    sender = recorder(answer({"error": {"message": "Gone"}}, status=410), {"id": 3})
    issues = Issues(sender)
    with pytest.warns(DeprecationWarning, match="use Jira") as caught, pytest.raises(GoneError):
        await issues.get(*PLACE, 3)
    assert (await issues.get(*PLACE, 3)).id == 3
    assert len(caught) == 1


async def test_the_two_names_in_one_segment_stay_in_it(recorder: Any) -> None:
    """The archive's address is put together of both, whatever is in them."""
    sender = recorder({})
    assert await Issues(sender).get_export(*PLACE, "my/site", "a b") == b"{}"
    [target] = sender.targets
    assert target == "/repositories/acme/site/issues/export/my%2Fsite-issues-a%20b.zip"


async def test_a_job_that_runs_is_not_ready(recorder: Any, answer: Any) -> None:
    """202 is an error where the end of a job was asked for, its archive too."""
    running = answer({"type": "issue_job_status", "status": "STARTED"}, status=202)
    issues = Issues(recorder(running, running, {"status": "SUCCESS", "pct": 99.5}))
    with pytest.raises(NotReadyError):
        await issues.get_import(*PLACE)
    with pytest.raises(NotReadyError):
        await issues.get_export(*PLACE, "site", "1")
    ended = await issues.get_import(*PLACE)
    assert isinstance(ended, IssueJobStatus)
    assert (ended.status, ended.pct) == ("SUCCESS", 99.5)


async def test_an_export_is_waited_for(recorder: Any, answer: Any, time: Any) -> None:
    """The archive's address is looked at, ever more seldom, until the bytes are there."""
    where = "https://api.bitbucket.org/2.0/repositories/acme/site/issues/export/site-issues-7.zip"
    started = answer({}, status=202, headers={"Location": where})
    running = answer({"type": "issue_job_status"}, status=202)
    sender = recorder(started, running, running, answer(body=b"PK"))
    polling = Polling(sleep=time.sleep, clock=time)
    assert await Issues(sender).export_and_wait(*PLACE, polling=polling) == b"PK"
    assert sender.targets[1:] == [where] * 3
    assert time.sleeps == [1, 2]


async def test_files_go_out_as_a_form(recorder: Any) -> None:
    """Attachments and archives are ready-made bodies, and nothing else is taken for one."""
    form = Body.of_parts([Part("archive", b"PK", "issues.zip")])
    sender = recorder({}, {})
    await Issues(sender).start_import(*PLACE, form)
    await Issues(sender).create_attachments(*PLACE, 3, form)
    assert [request.body for request in sender.requests] == [form, form]
    with pytest.raises(ArgumentError, match="body"):
        await Issues(sender).start_import(*PLACE, b"PK")


def test_a_change_reads_as_it_was_recorded() -> None:
    """Its fields keep both values as text, as they were when it was made."""
    moved = {"assignee": {"old": "", "new": "ann"}, "state": {"old": "new", "new": "open"}}
    change = from_wire({"type": "issue_change", "id": 2, "changes": moved}, IssueChange, None)
    assert change.changes == moved
    assert change.to_dict()["changes"] is moved


def test_an_issue_s_nulls_and_names_read() -> None:
    """Component, milestone and version come without a type, and mostly not at all."""
    data = {
        "type": "issue",
        "id": 7,
        "component": {"name": "React"},
        "milestone": None,
        "state": "on hold",
        "edited_on": None,
    }
    issue = from_wire(data, Issue, None)
    assert issue.component is not None
    assert (issue.component.name, issue.milestone, issue.edited_on) == ("React", None, None)
    assert issue.state == "on hold"


def test_the_group_is_an_attribute_of_the_client() -> None:
    """Its parts are put together in one."""
    issues = Bitbucket().issues
    for name in ("list", "list_changes", "create_comment", "list_versions", "export", "vote"):
        assert callable(getattr(issues, name))
