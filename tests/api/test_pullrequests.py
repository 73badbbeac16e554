"""Work on pull requests: states in filters, updates that keep reviewers, merges to their end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from bbasync import Bitbucket, F, Polling
from bbasync.api.pullrequests import PullRequests
from bbasync.errors import (
    AmbiguousWriteError,
    AnswerError,
    ArgumentError,
    BadRequestError,
    ConflictError,
    ConnectionFailedError,
    DecodingError,
    NotFoundError,
    NotReadyError,
    ServerTookTooLongError,
    TimedOutError,
)
from bbasync.fake import FakeBitbucket
from bbasync.fake.state.pulls import PullRequests as Kept
from bbasync.resources import (
    Account,
    Branch,
    Content,
    Inline,
    MergeParameters,
    PullRequest,
    PullRequestComment,
    PullRequestEndpoint,
    PullRequestTask,
)

SITE = ("acme", "site")
PATH = "/repositories/acme/site/pullrequests"
NEW = PullRequest(title="New", source=PullRequestEndpoint(branch=Branch(name="develop")))
OPEN, MERGED = ({"type": "pullrequest", "id": 1, "state": one} for one in ("OPEN", "MERGED"))
TASK = "https://api.bitbucket.org/2.0/repositories/acme/site/pullrequests/1/merge/task-status/7"


def kept(fake: FakeBitbucket) -> Kept:
    """What the fake keeps of the pull requests of ``acme/site``."""
    [one] = [each for each in fake.store.repositories() if each.full_name == "acme/site"]
    return fake.store.part(one, Kept)


def calls(fake: FakeBitbucket, start: int = 0) -> list[str]:
    """What was asked for, method and last part of the path."""
    return [f"{one.method} {one.path.rpartition('/')[2]}" for one in fake.requests[start:]]


async def test_several_states_are_asked_for(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """Without a filter the states go as they are, each once."""
    found = await bb.pullrequests.list(*SITE, state=["OPEN", "MERGED"]).all()
    assert [one.state for one in found] == ["OPEN", "MERGED", "OPEN"]
    assert fake.requests[-1].query == "state=OPEN&state=MERGED&pagelen=50"


async def test_states_are_put_into_a_filter(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """With a filter the states stand in it too, in parentheses, since it alone is heeded."""
    either = (F.id == 1) | (F.id == 2)
    found = await bb.pullrequests.list(*SITE, state=["MERGED", "DECLINED"], q=either).all()
    assert [one.id for one in found] == [2]
    sent = unquote(fake.requests[-1].query)
    assert 'q=(id=1 OR id=2) AND (state="MERGED" OR state="DECLINED")' in sent
    assert "state=MERGED&state=DECLINED" in sent


async def test_a_filter_alone_is_left_as_it_is(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """What the caller does not say of states is not said."""
    await bb.pullrequests.list(*SITE, q="id>1").all()
    assert unquote(fake.requests[-1].query) == "q=id>1&pagelen=50"


async def test_states_and_filters_go_together_everywhere(
    bb: Bitbucket, fake: FakeBitbucket
) -> None:
    """The link of a repository and the list of an author treat states the same way."""
    repository = await bb.repositories.get(*SITE)
    found = await repository.pullrequests(state="MERGED", q=F.id > 0).all()
    assert [one.state for one in found] == ["MERGED"]
    author = found[0].author
    assert author is not None
    await bb.pullrequests.list_by_author("acme", str(author.uuid), state="MERGED", q=F.id > 0).all()
    assert unquote(fake.requests[-1].query).startswith('state=MERGED&q=(id>0) AND (state="MERGED")')


async def test_a_state_cannot_break_out_of_the_filter(recorder: Callable[..., Any]) -> None:
    """A state with a quote in it stays a text in the filter."""
    sender = recorder({"values": []})
    group = PullRequests(sender)
    odd: Any = 'A" OR id>0 OR state="B'
    await group.list(*SITE, state=odd, q="id=1").all()
    query = dict(sender.requests[0].query)
    assert query["q"] == '(id=1) AND (state="A\\" OR id>0 OR state=\\"B")'


async def test_pages_have_fifty_at_the_most(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """A longer page is refused before anything is sent; the service would answer 400."""
    lists = (
        bb.pullrequests.list,
        bb.pullrequests.list_all_activity,
        (await bb.repositories.get(*SITE)).pullrequests,
    )
    before = len(fake.requests)
    for make in lists:
        with pytest.raises(ArgumentError, match="takes 1 to 50"):
            make(*(SITE if make.__name__ != "pullrequests" else ()), pagelen=51)
    assert len(fake.requests) == before


async def test_an_edit_keeps_the_reviewers(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """A change of one thing sends title and reviewers back, these by uuid alone."""
    before = await bb.pullrequests.get(*SITE, 1)
    start = len(fake.requests)
    after = await bb.pullrequests.edit(*SITE, 1, PullRequest(description="Other"))
    assert before.reviewers
    assert after.description == "Other"
    assert after.title == before.title
    assert [one.uuid for one in after.reviewers or ()] == [one.uuid for one in before.reviewers]
    assert calls(fake, start) == ["GET 1", "PUT 1"]
    sent = json.loads(fake.requests[-1].body)
    assert sent["reviewers"] == [{"uuid": one.uuid} for one in before.reviewers]
    assert set(sent) == {"title", "description", "reviewers"}


async def test_a_plain_update_does_not_keep_them(bb: Bitbucket) -> None:
    """The operation itself replaces, as the service does."""
    after = await bb.pullrequests.update(*SITE, 1, {"title": "Alone"})
    assert after.reviewers == ()


async def test_an_edit_that_names_all_does_not_read(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """What changes title and reviewers has nothing to keep, and costs one call."""
    changes: dict[str, Any] = {"title": "Whole", "reviewers": []}
    after = await bb.pullrequests.edit(*SITE, 1, changes)
    assert (after.title, after.reviewers) == ("Whole", ())
    assert calls(fake) == ["PUT 1"]


async def test_reviewers_come_and_go(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """People are added and removed, and the others stay; twice is no more than once."""
    before = await bb.pullrequests.get(*SITE, 1)
    had = [str(one.uuid) for one in before.reviewers or ()]
    author = before.author
    assert author is not None
    members = fake.store.workspaces["acme"].members
    fresh = next(uuid for uuid in members if uuid not in {*had, author.uuid})
    added = await bb.pullrequests.add_reviewers(*SITE, 1, [Account(uuid=fresh), had[0].strip("{}")])
    assert [one.uuid for one in added.reviewers or ()] == [*had, fresh]
    left = await bb.pullrequests.remove_reviewers(*SITE, 1, [had[0]])
    assert [one.uuid for one in left.reviewers or ()] == [*had[1:], fresh]
    assert left.title == before.title


async def test_a_refused_reviewer_is_named(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """The service's reason is in the error's fields, and nothing was changed."""
    made = await bb.pullrequests.create(*SITE, NEW)
    with pytest.raises(BadRequestError) as caught:
        await bb.pullrequests.add_reviewers(*SITE, str(made.id), [fake.account("owner").uuid])
    assert "is the author" in caught.value.fields["reviewers"][0]
    assert (await made.self_()).reviewers == ()


@pytest.mark.parametrize(
    "people", ["{uuid}", Account(uuid="{uuid}"), [Account()], [""], [7], 7, None]
)
async def test_what_is_no_reviewer_is_refused(
    people: Any, bb: Bitbucket, fake: FakeBitbucket
) -> None:
    """One person alone, or somebody without a uuid, is refused before anything is sent."""
    for change in (bb.pullrequests.add_reviewers, bb.pullrequests.remove_reviewers):
        with pytest.raises(ArgumentError, match="reviewer"):
            await change(*SITE, 1, people)
    assert fake.requests == []


@pytest.mark.parametrize("changes", [{}, PullRequest(), None, "title"])
async def test_an_edit_without_changes_is_refused(
    changes: Any, bb: Bitbucket, fake: FakeBitbucket
) -> None:
    """An edit that changes nothing is an error before anything is sent."""
    with pytest.raises(ArgumentError, match="changes takes what to change"):
        await bb.pullrequests.edit(*SITE, 1, changes)
    assert fake.requests == []


async def test_a_merge_at_once(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """The merged pull request comes back after one call, which says how to merge."""
    body = MergeParameters(message="Done", merge_strategy="squash", close_source_branch=True)
    merged = await bb.pullrequests.merge(*SITE, 1, body)
    assert merged.state == "MERGED"
    assert merged.merge_commit is not None
    assert calls(fake) == ["POST merge"]
    assert json.loads(fake.requests[0].body) == body.to_dict()
    assert merged.closed_by is not None
    assert merged.closed_by.uuid == fake.account("owner").uuid


@pytest.mark.parametrize("way", ["operation", "link"])
async def test_a_merge_is_followed_to_its_end(
    way: str, bb: Bitbucket, fake: FakeBitbucket, time: Any
) -> None:
    """A task is looked at, ever less often, until it has the merged pull request."""
    kept(fake).looks = 3
    made = await bb.pullrequests.get(*SITE, 1)
    start = len(fake.requests)
    polling = Polling(sleep=time.sleep, clock=time)
    if way == "link":
        merged = await made.merge(async_=True, polling=polling)
    else:
        merged = await bb.pullrequests.merge(*SITE, 1, async_=True, polling=polling)
    assert type(merged) is PullRequest
    assert (merged.id, merged.state) == (1, "MERGED")
    assert time.sleeps == [1, 2, 4]
    assert [one.method for one in fake.requests[start:]] == ["POST", "GET", "GET", "GET", "GET"]
    assert fake.requests[start].query == "async=true"


@pytest.mark.parametrize("way", ["operation", "link"])
async def test_a_merge_may_take_long_unasked(
    way: str, bb: Bitbucket, fake: FakeBitbucket, time: Any
) -> None:
    """A merge that was to be waited for is answered 202 all the same, and followed likewise."""
    kept(fake).merges_take_long = True
    polling = Polling(sleep=time.sleep, clock=time)
    if way == "link":
        made = await bb.pullrequests.get(*SITE, 1)
        merged = await made.merge({"message": "x"}, polling=polling)
    else:
        merged = await bb.pullrequests.merge(*SITE, 1, {"message": "x"}, polling=polling)
    assert merged.state == "MERGED"
    [begun] = [one for one in fake.requests if one.method == "POST"]
    assert (begun.query, json.loads(begun.body)) == ("", {"message": "x"})


@pytest.mark.parametrize("way", ["merge", "task-status"])
@pytest.mark.parametrize(("status", "kind"), [(400, BadRequestError), (409, ConflictError)])
async def test_failures_are_told_apart(
    status: int,
    kind: type[AnswerError],
    way: str,
    bb: Bitbucket,
    fake: FakeBitbucket,
    time: Any,
) -> None:
    """A check in the way and a ref that moved are errors of their own, from a task as well."""
    kept(fake).merge_failure = status
    polling = Polling(sleep=time.sleep, clock=time)
    with pytest.raises(kind) as caught:
        await bb.pullrequests.merge(*SITE, 1, async_=way == "task-status", polling=polling)
    assert way in caught.value.url.split("/")
    assert caught.value.status == status
    assert (await bb.pullrequests.get(*SITE, 1)).state == "OPEN"


@pytest.mark.parametrize("way", ["operation", "link"])
async def test_a_merge_that_took_too_long_may_be_done(
    way: str, bb: Bitbucket, fake: FakeBitbucket
) -> None:
    """After 555 the state is read again: merged is merged, and otherwise the error stays."""
    kept(fake).merge_failure = 555
    made = await bb.pullrequests.get(*SITE, 1)

    async def merge() -> PullRequest:
        return await (made.merge() if way == "link" else bb.pullrequests.merge(*SITE, 1))

    start = len(fake.requests)
    with pytest.raises(ServerTookTooLongError):
        await merge()
    assert calls(fake, start) == ["POST merge", "GET 1"]
    kept(fake).merges_anyway = True
    assert (await merge()).state == "MERGED"


LOST = AmbiguousWriteError("POST", "https://api.bitbucket.org/2.0/x", "connection lost")


@pytest.mark.parametrize("error", [LOST, 500, 502])
async def test_a_lost_merge_is_looked_up(
    error: Any, recorder: Callable[..., Any], answer: Callable[..., Any]
) -> None:
    """Where the answer is lost, or is another 5xx, a merged pull request is handed back."""
    first = answer({}, status=error) if isinstance(error, int) else error
    sender = recorder(first, MERGED)
    merged = await PullRequests(sender).merge(*SITE, 1)
    assert merged.state == "MERGED"
    assert sender.targets == [f"{PATH}/1/merge", f"{PATH}/1"]


async def test_a_lost_merge_that_was_not_done_stays_in_doubt(recorder: Callable[..., Any]) -> None:
    """It may still be under way, so the error is the ambiguous one; nothing is sent twice."""
    sender = recorder(LOST, OPEN)
    with pytest.raises(AmbiguousWriteError) as caught:
        await PullRequests(sender).merge(*SITE, 1)
    assert caught.value is LOST
    assert [one.method for one in sender.requests] == ["POST", "GET"]


async def test_a_merge_whose_state_cannot_be_read_stays_in_doubt(
    recorder: Callable[..., Any], answer: Callable[..., Any]
) -> None:
    """The first error is raised, and says that reading the state failed as well."""
    sender = recorder(answer({}, status=555), ConnectionFailedError("no line"))
    with pytest.raises(ServerTookTooLongError) as caught:
        await PullRequests(sender).merge(*SITE, 1)
    assert "no line" in caught.value.__notes__[0]
    assert isinstance(caught.value.__cause__, ConnectionFailedError)


async def test_other_errors_are_not_looked_into(
    recorder: Callable[..., Any], answer: Callable[..., Any]
) -> None:
    """A 404 is what it is, after one call."""
    sender = recorder(answer({}, status=404))
    with pytest.raises(NotFoundError):
        await PullRequests(sender).merge(*SITE, 1)
    assert len(sender.requests) == 1


async def test_a_merge_is_given_up_in_the_end(
    bb: Bitbucket, fake: FakeBitbucket, time: Any
) -> None:
    """Past the timeout the error says what was waited for; the task goes on."""
    kept(fake).looks = 99
    polling = Polling(sleep=time.sleep, clock=time)
    with pytest.raises(TimedOutError, match="is not done after 20 s"):
        await bb.pullrequests.merge(*SITE, 1, async_=True, timeout=20, polling=polling)
    made = await bb.pullrequests.get(*SITE, 1)
    with pytest.raises(TimedOutError, match="5 s"):
        await made.merge(async_=True, timeout=5, polling=polling)


async def test_a_task_without_an_address_is_an_error(
    recorder: Callable[..., Any], answer: Callable[..., Any]
) -> None:
    """A 202 that does not say where to look can't be followed, and nothing is guessed."""
    sender = recorder(answer(body=b"", status=202))
    with pytest.raises(DecodingError, match="without a Location"):
        await PullRequests(sender).merge(*SITE, 1)


async def test_a_task_is_read_with_care(
    recorder: Callable[..., Any], answer: Callable[..., Any], time: Any
) -> None:
    """An unknown status and a 202 are waited out, and a success without a result is read."""
    begun = answer("", status=202, headers={"Location": TASK})
    states = [
        answer(body=b"", status=202),
        {"task_status": "THINKING"},
        {"task_status": "SUCCESS", "merge_result": None},
    ]
    sender = recorder(begun, *states, MERGED)
    polling = Polling(sleep=time.sleep, clock=time)
    merged = await PullRequests(sender).merge(*SITE, 1, polling=polling)
    assert merged.state == "MERGED"
    assert sender.targets == [f"{PATH}/1/merge", TASK, TASK, TASK, f"{PATH}/1"]


async def test_a_task_that_is_none_is_an_error(
    recorder: Callable[..., Any], answer: Callable[..., Any]
) -> None:
    """Where something else than a task is at the address, that is said."""
    sender = recorder(answer("", status=202, headers={"Location": TASK}), ["?"])
    with pytest.raises(DecodingError, match="no task"):
        await PullRequests(sender).merge(*SITE, 1)


async def test_a_task_says_how_far_a_merge_is(bb: Bitbucket) -> None:
    """A merge can be begun and looked at by hand: first pending, then with its result."""
    begun = await bb.pullrequests.start_merge(*SITE, 1, async_=True)
    assert begun.status == 202
    task = begun.headers["Location"].rpartition("/")[2]
    first = await bb.pullrequests.get_merge_task(*SITE, 1, task)
    assert (first.task_status, first.merge_result) == ("PENDING", None)
    second = await first.self_()
    assert second.task_status == "SUCCESS"
    assert second.merge_result is not None
    assert second.merge_result.state == "MERGED"


async def test_a_queued_pull_request_comes_back_open(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """Where the branch has a merge queue, what was merged waits in it."""
    kept(fake).queued = {"main": []}
    waiting = await bb.pullrequests.merge(*SITE, 1)
    assert (waiting.state, waiting.queued) == ("OPEN", True)


@pytest.mark.parametrize("state", [{"queued": True}, {"state": "QUEUED"}])
async def test_a_lost_merge_into_a_queue_is_found_there(
    recorder: Callable[..., Any], state: dict[str, Any]
) -> None:
    """What waits in the queue went there, whether the answer that says so came or not."""
    waiting = await PullRequests(recorder(LOST, {**OPEN, **state})).merge(*SITE, 1)
    assert waiting.id == 1


async def test_a_task_that_cannot_be_read_is_that_of_a_merge_begun(
    recorder: Callable[..., Any], answer: Callable[..., Any]
) -> None:
    """An error of a look is not taken for one of the merge: it says that there is a task."""
    begun = answer("", status=202, headers={"Location": TASK})
    with pytest.raises(ConnectionFailedError) as caught:
        await PullRequests(recorder(begun, ConnectionFailedError("no line"))).merge(*SITE, 1)
    assert caught.value.__notes__ == [f"The merge was begun: its task is {TASK}"]


async def test_pull_requests_of_a_commit_are_waited_for(
    bb: Bitbucket, fake: FakeBitbucket, time: Any
) -> None:
    """An index that is not ready is an error of its own, or is waited for."""
    source = (await bb.pullrequests.get(*SITE, 1)).source
    assert source is not None
    assert source.commit is not None
    commit = str(source.commit.hash)
    kept(fake).indexing = 4
    with pytest.raises(NotReadyError):
        await bb.pullrequests.list_by_commit(*SITE, commit).all()
    polling = Polling(sleep=time.sleep, clock=time)
    found = await bb.pullrequests.wait_for_commit(*SITE, commit, polling=polling)
    assert 1 in [one.id for one in found]
    assert time.sleeps == [1, 2, 4]
    kept(fake).linked = False
    with pytest.raises(NotFoundError):
        await bb.pullrequests.wait_for_commit(*SITE, commit)


async def test_comments_stand_where_they_are_put(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """A comment on a line and a reply to it are sent without a type, and come back whole."""
    line = PullRequestComment(
        content=Content(raw="Here"), inline=Inline(path="src/app/main.py", from_=3)
    )
    said = await bb.pullrequests.create_comment(*SITE, 1, line)
    sent = json.loads(fake.requests[-1].body)
    assert sent == {"content": {"raw": "Here"}, "inline": {"path": "src/app/main.py", "from": 3}}
    assert said.inline is not None
    assert (said.inline.path, said.inline.from_, said.inline.to) == ("src/app/main.py", 3, None)
    assert (await said.code()).startswith(b"diff --git a/src/app/main.py")
    reply = PullRequestComment(content=Content(raw="There"), parent=PullRequestComment(id=said.id))
    answer = await bb.pullrequests.create_comment(*SITE, 1, reply)
    assert answer.parent is not None
    assert (await answer.parent.self_()).content is not None
    settled = await bb.pullrequests.resolve_comment(*SITE, 1, str(said.id))
    assert settled.user is not None
    again = await said.self_()
    assert again.resolution is not None
    assert again.resolution.created_on == settled.created_on
    await bb.pullrequests.reopen_comment(*SITE, 1, str(said.id))
    assert (await said.self_()).resolution is None


async def test_tasks_are_done_and_undone(bb: Bitbucket) -> None:
    """A task under a comment changes its text and its state."""
    remark = await bb.pullrequests.list_comments(*SITE, 1).first()
    assert remark is not None
    todo = await bb.pullrequests.create_task(
        *SITE,
        1,
        PullRequestTask(content=Content(raw="Do"), comment=PullRequestComment(id=remark.id)),
    )
    assert todo.comment is not None
    assert todo.comment.id == remark.id
    done = await bb.pullrequests.update_task(
        *SITE, 1, str(todo.id), PullRequestTask(state="RESOLVED", content=Content(raw="Done"))
    )
    assert (done.state, done.content and done.content.raw) == ("RESOLVED", "Done")
    assert done.resolved_on is not None
    undone = await bb.pullrequests.update_task(*SITE, 1, str(todo.id), {"state": "UNRESOLVED"})
    assert undone.resolved_on is None


async def test_links_act(bb: Bitbucket) -> None:
    """Approving, asking for changes and declining go through the links as POST."""
    made = await bb.pullrequests.get(*SITE, 1)
    assert (await made.approve()).approved
    assert (await made.request_changes()).state == "changes_requested"
    declined = await made.decline(PullRequest(reason="No"))
    assert (declined.state, declined.reason) == ("DECLINED", "No")


async def test_a_diff_comes_as_bytes(bb: Bitbucket) -> None:
    """The operation follows the redirect, the link saves it; both bring the same bytes."""
    made = await bb.pullrequests.get(*SITE, 1)
    diff = await bb.pullrequests.diff(*SITE, 1)
    assert diff.startswith(b"diff --git")
    assert diff == await made.diff()
    assert (await bb.pullrequests.patch(*SITE, 1)).startswith(b"From ")
    stat = [one.to_dict() for one in await bb.pullrequests.diffstat(*SITE, 1).all()]
    assert stat == [one.to_dict() for one in await made.diffstat().all()]


async def test_what_happened_is_typed(bb: Bitbucket) -> None:
    """Each entry of the log says with one field what it was."""
    made = await bb.pullrequests.get(*SITE, 1)
    await made.approve()
    await made.request_changes()
    log = await made.activity().all()
    kinds = ("update", "approval", "changes_requested", "comment")
    assert all(sum(getattr(one, kind) is not None for kind in kinds) == 1 for one in log)
    newest = log[0].changes_requested
    assert newest is not None
    assert newest.user is not None
    assert newest.date is not None
    assert newest.date.tzinfo is not None
    remarks = [one.comment for one in log if one.comment is not None]
    assert remarks
    assert all(type(one) is PullRequestComment for one in remarks)
