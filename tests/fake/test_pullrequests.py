"""Pull requests on the fake: what was opened, reviewed, merged and declined stays so."""

from typing import Any

import pytest

from bbasync.fake import FakeBitbucket
from bbasync.fake.state.pulls import PullRequests
from tests.fake.conftest import Asker

SITE = "/repositories/acme/site"
ALL = f"{SITE}/pullrequests"
NEW: dict[str, Any] = {"title": "New", "source": {"branch": {"name": "develop"}}}


def kept(fake: FakeBitbucket) -> PullRequests:
    """What the fake keeps of the pull requests of ``acme/site``."""
    [one] = [each for each in fake.store.repositories() if each.full_name == "acme/site"]
    return fake.store.part(one, PullRequests)


async def opened(ask: Asker, **more: Any) -> dict[str, Any]:
    """A pull request of the owner's."""
    answer = await ask(ALL, "POST", json=NEW | more)
    assert answer.status == 201
    made: dict[str, Any] = answer.json
    return made


async def test_what_is_opened_can_be_read(ask: Asker, fake: FakeBitbucket) -> None:
    """A new pull request has the next number, the caller as author, and goes to the main branch."""
    answer = await ask(ALL, "POST", json=NEW)
    made = answer.json
    assert answer.status == 201
    assert answer.headers["Location"] == made["links"]["self"]["href"]
    assert (made["id"], made["state"]) == (4, "OPEN")
    assert made["author"]["uuid"] == fake.account("owner").uuid
    assert made["destination"]["branch"]["name"] == "main"
    assert (await ask(f"{ALL}/4")).json == made
    assert [one["id"] for one in (await ask(ALL)).json["values"]] == [4, 3, 1]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"source": {"branch": {"name": "develop"}}}, {"title": ["This field is required."]}),
        ({"title": "x"}, {"source": ["This field is required."]}),
        ({"title": "x", "source": {"branch": {"name": "no"}}}, {"source": "branch not found"}),
        (NEW | {"destination": {"branch": {"name": "no"}}}, {"destination": "branch not found"}),
        (NEW | {"reviewers": [{"uuid": "{no}"}]}, {"reviewers": ["Malformed reviewers list"]}),
    ],
)
async def test_a_body_that_will_not_do_is_refused(
    ask: Asker, body: dict[str, Any], fields: dict[str, Any]
) -> None:
    """What is missing or wrong in a new pull request is named in the error's fields."""
    answer = await ask(ALL, "POST", json=body)
    assert answer.status == 400
    assert answer.json["error"]["fields"] == fields


async def test_the_author_cannot_be_a_reviewer(ask: Asker, fake: FakeBitbucket) -> None:
    """One reviewer who can't be one makes the service refuse the whole body."""
    owner, member = fake.account("owner"), fake.account("member")
    both = [{"uuid": owner.uuid}, {"uuid": member.uuid}]
    answer = await ask(ALL, "POST", json=NEW | {"reviewers": both})
    problem = f"{owner.display_name} is the author and cannot be included as a reviewer."
    assert answer.json["error"]["fields"] == {"reviewers": [problem]}
    assert (await ask(f"{ALL}/4")).status == 404


async def test_a_put_replaces_the_reviewers(ask: Asker, fake: FakeBitbucket) -> None:
    """Reviewers who are not sent are gone, and a title is needed; the description stays."""
    member = {"uuid": fake.account("member").uuid}
    made = await opened(ask, reviewers=[member], description="Why")
    assert [one["uuid"] for one in made["reviewers"]] == [member["uuid"]]
    untitled = await ask(f"{ALL}/4", "PUT", json={"reviewers": [member]})
    assert untitled.json["error"]["fields"] == {"title": ["This field is required."]}
    changed = (await ask(f"{ALL}/4", "PUT", json={"title": "Newer"})).json
    assert changed["reviewers"] == changed["participants"] == []
    assert changed["description"] == "Why"


async def test_only_open_ones_are_changed(ask: Asker) -> None:
    """A pull request that was merged or declined takes no PUT, no merge and no decline."""
    for method, path in (("PUT", ""), ("POST", "/merge"), ("POST", "/decline")):
        answer = await ask(f"{ALL}/2{path}", method, json={"title": "x"})
        assert answer.status == 400


async def test_state_is_ignored_beside_a_filter(ask: Asker) -> None:
    """With a filter, only what the filter says of the state counts."""
    found = (await ask(f"{ALL}?state=MERGED&q=id>0&sort=id")).json["values"]
    assert [one["state"] for one in found] == ["OPEN", "MERGED", "OPEN"]
    found = (await ask(f'{ALL}?state=OPEN&q=state%3D"MERGED"')).json["values"]
    assert [one["id"] for one in found] == [2]


async def test_a_merge_makes_a_commit(ask: Asker) -> None:
    """Merging puts a commit with two parents on the destination, and closes what it is told to."""
    made = await opened(ask)
    body = {"close_source_branch": True, "merge_strategy": "merge_commit", "message": "Done"}
    merged = (await ask(f"{ALL}/4/merge", "POST", json=body)).json
    assert merged["state"] == "MERGED"
    assert merged["closed_by"] == merged["author"]
    commit = (await ask(merged["merge_commit"]["links"]["self"]["href"])).json
    assert [one["hash"][:12] for one in commit["parents"]][1] == made["source"]["commit"]["hash"]
    tip = (await ask(f"{SITE}/refs/branches/main")).json["target"]["hash"]
    assert tip == commit["hash"]
    assert (await ask(f"{SITE}/refs/branches/develop")).status == 404


async def test_null_is_as_if_nothing_was_said(ask: Asker) -> None:
    """Clients send null for what they leave to the service, be it a new one or a merge."""
    made = await opened(ask, description=None, close_source_branch=None, draft=None)
    assert (made["description"], made["close_source_branch"], made["draft"]) == ("", False, False)
    body = {"close_source_branch": None, "merge_strategy": None, "message": None}
    answer = await ask(f"{ALL}/{made['id']}/merge", "POST", json=body)
    assert (answer.status, answer.json["state"]) == (200, "MERGED")


async def test_a_strategy_that_is_none_is_refused(ask: Asker) -> None:
    """The names of the strategies are known, and a message has a longest length."""
    for body in ({"merge_strategy": "magic"}, {"message": "x" * (128 * 1024 + 1)}):
        answer = await ask(f"{ALL}/1/merge", "POST", json=body)
        assert answer.status == 400
        assert set(answer.json["error"]["fields"]) == set(body)
    assert (await ask(f"{ALL}/1")).json["state"] == "OPEN"


async def test_a_merge_can_be_a_task(ask: Asker) -> None:
    """Asked for, or because it takes long: 202 without a body, and a task that is done at last."""
    answer = await ask(f"{ALL}/1/merge?async=true", "POST")
    assert (answer.status, answer.body) == (202, b"")
    task = answer.headers["Location"]
    pending = (await ask(task)).json
    assert pending == {"task_status": "PENDING", "links": {"self": {"href": task}}}
    done = (await ask(task)).json
    assert done["task_status"] == "SUCCESS"
    assert done["merge_result"] == (await ask(f"{ALL}/1")).json
    assert done["merge_result"]["state"] == "MERGED"


async def test_a_task_is_of_its_pull_request_and_its_starter(
    ask: Asker, fake: FakeBitbucket
) -> None:
    """A task of another pull request is 400, one that somebody else began is 403."""
    kept(fake).merges_take_long = True
    task = (await ask(f"{ALL}/1/merge", "POST")).headers["Location"]
    assert (await ask(task.replace("/1/merge", "/3/merge"))).status == 400
    assert (await ask(task, auth="token")).status == 403


@pytest.mark.parametrize("status", [400, 409])
async def test_a_task_fails_with_an_error(ask: Asker, fake: FakeBitbucket, status: int) -> None:
    """A merge that fails as a task is told by an error envelope, not by a state of the task."""
    kept(fake).merge_failure = status
    task = (await ask(f"{ALL}/1/merge?async=true", "POST")).headers["Location"]
    assert (await ask(task)).status == 200
    failed = await ask(task)
    assert failed.status == status
    assert failed.json["type"] == "error"
    assert (await ask(f"{ALL}/1")).json["state"] == "OPEN"


async def test_declining_takes_a_reason(ask: Asker) -> None:
    """A declined pull request is closed by whoever declined it, and can't be declined again."""
    answer = await ask(f"{ALL}/1/decline", "POST", json={"reason": "No"})
    assert (answer.json["state"], answer.json["reason"]) == ("DECLINED", "No")
    assert (await ask(f"{ALL}/1/decline", "POST")).status == 400


async def test_opinions_come_and_go(ask: Asker, fake: FakeBitbucket) -> None:
    """An approval makes a participant; what was not said can't be withdrawn."""
    await opened(ask)
    said = (await ask(f"{ALL}/4/approve", "POST")).json
    assert said["user"]["uuid"] == fake.account("owner").uuid
    assert (said["approved"], said["state"], said["role"]) == (True, "approved", "PARTICIPANT")
    assert (await ask(f"{ALL}/4/request-changes", "DELETE")).status == 404
    said = (await ask(f"{ALL}/4/request-changes", "POST")).json
    assert (said["approved"], said["state"]) == (False, "changes_requested")
    assert (await ask(f"{ALL}/4/request-changes", "DELETE")).status == 204
    [one] = (await ask(f"{ALL}/4")).json["participants"]
    assert one["state"] is None


async def test_a_comment_takes_no_type(ask: Asker) -> None:
    """A body with a type, or one without a text, is refused by name."""
    path = f"{ALL}/1/comments"
    typed = await ask(path, "POST", json={"type": "pullrequest_comment", "content": {"raw": "x"}})
    assert typed.json["error"]["fields"] == {"type": "extra keys not allowed"}
    blank = await ask(path, "POST", json={"content": {"raw": " "}})
    assert set(blank.json["error"]["fields"]) == {"content"}


async def test_a_thread_is_settled_once(ask: Asker) -> None:
    """Resolving twice is 409, reopening twice 404, and a reply is no thread."""
    first, _, reply = (await ask(f"{ALL}/1/comments?pagelen=3")).json["values"]
    assert reply["parent"]["id"] == first["id"]
    path = f"{ALL}/1/comments/{first['id']}/resolve"
    methods = ("POST", "POST", "DELETE", "DELETE")
    assert [(await ask(path, method)).status for method in methods] == [200, 409, 204, 404]
    other = f"{ALL}/1/comments/{reply['id']}/resolve"
    assert (await ask(other, "POST")).status == 403


async def test_counts_follow_what_is_said(ask: Asker) -> None:
    """The numbers on a pull request are those of comments that stand and tasks that are open."""
    await opened(ask)
    for raw in ("one", "two"):
        await ask(f"{ALL}/4/comments", "POST", json={"content": {"raw": raw}})
    task = (await ask(f"{ALL}/4/tasks", "POST", json={"content": {"raw": "three"}})).json
    made = (await ask(f"{ALL}/4")).json
    assert (made["comment_count"], made["task_count"]) == (2, 1)
    done = await ask(f"{ALL}/4/tasks/{task['id']}", "PUT", json={"state": "RESOLVED"})
    assert done.json["resolved_by"] == task["creator"]
    assert (await ask(f"{ALL}/4")).json["task_count"] == 0


async def test_only_its_author_changes_a_comment(ask: Asker) -> None:
    """A comment is its author's, or an administrator's; another member is refused."""
    said = (await ask(f"{ALL}/1/comments", "POST", json={"content": {"raw": "mine"}})).json
    path = f"{ALL}/1/comments/{said['id']}"
    new = {"content": {"raw": "not mine"}}
    statuses = [
        (await ask(path, "PUT", json=new, auth=role)).status for role in ("member", "owner")
    ]
    assert statuses[1] == 200
    assert statuses[0] in {403, 404}


async def test_activity_is_newest_first(ask: Asker) -> None:
    """Everything that happens stands in the log, which hands out cursors and allows pages of 50."""
    await opened(ask)
    await ask(f"{ALL}/4/comments", "POST", json={"content": {"raw": "Hm"}})
    await ask(f"{ALL}/4/approve", "POST")
    await ask(f"{ALL}/4/request-changes", "POST")
    await ask(f"{ALL}/4", "PUT", json={"title": "Newer"})
    page = (await ask(f"{ALL}/4/activity")).json
    assert page["pagelen"] == 20
    assert "size" not in page
    kinds = [next(key for key in one if key != "pull_request") for one in page["values"]]
    assert kinds == ["update", "changes_requested", "approval", "comment", "update"]
    assert page["values"][0]["update"]["changes"] == {"title": {"old": "New", "new": "Newer"}}
    assert (await ask(f"{ALL}/4/activity?pagelen=51")).status == 400
    everything = await ask.walk(f"{ALL}/activity?pagelen=7")
    assert everything[:5] == page["values"]
    assert {one["pull_request"]["id"] for one in everything} == {1, 2, 3, 4}


async def test_pull_requests_of_a_commit_take_their_time(ask: Asker, fake: FakeBitbucket) -> None:
    """While the index is built the answer is 202; without the app it is 404."""
    commit = (await ask(f"{ALL}/1")).json["source"]["commit"]["hash"]
    path = f"{SITE}/commit/{commit}/pullrequests"
    kept(fake).indexing = 1
    assert (await ask(path)).status == 202
    page = (await ask(path)).json
    assert 1 in [one["id"] for one in page["values"]]
    assert page["pagelen"] == 30
    kept(fake).linked = False
    assert (await ask(path)).status == 404


async def test_what_somebody_opened_in_a_workspace(ask: Asker, fake: FakeBitbucket) -> None:
    """The list of a person's pull requests goes over all repositories that the caller may see."""
    await opened(ask)
    owner = fake.account("owner").uuid.strip("{}")
    found = await ask.walk(f"/workspaces/acme/pullrequests/%7B{owner}%7D?pagelen=50")
    assert {one["author"]["uuid"] for one in found} == {f"{{{owner}}}"}
    assert {one["state"] for one in found} == {"OPEN"}
    assert f"{fake.url}{ALL}/4" in [one["links"]["self"]["href"] for one in found]
    assert (await ask("/workspaces/acme/pullrequests/nobody")).status == 404


async def test_effective_reviewers_are_those_of_both(ask: Asker, fake: FakeBitbucket) -> None:
    """Default reviewers of the project come after the repository's own, and nobody twice."""
    own = [one["uuid"] for one in await ask.walk(f"{SITE}/default-reviewers")]
    assert len(own) == 2
    others = [uuid for uuid in fake.store.workspaces["acme"].members if uuid not in own]
    project = fake.store.workspaces["acme"].projects["WEB"]
    project.default_reviewers = [own[0], others[0]]
    found = await ask.walk(f"{SITE}/effective-default-reviewers")
    told = [(one["user"]["uuid"], one["reviewer_type"]) for one in found]
    assert told == [*((uuid, "repository") for uuid in own), (others[0], "project")]


async def test_who_sees_nothing_of_it_is_no_default_reviewer(
    ask: Asker, fake: FakeBitbucket
) -> None:
    """Only people with a right on the repository can be default reviewers, and only admins say."""
    strangers = [
        account.uuid
        for account in fake.accounts
        if account.uuid not in fake.store.workspaces["acme"].members
    ]
    site = fake.store.workspaces["acme"].repositories["site"]
    site.users = {}
    place = f"{SITE}/default-reviewers/%7B{strangers[0].strip('{}')}%7D"
    assert (await ask(place, "PUT")).status == 400
    assert (await ask(place)).status == 404


async def test_a_merge_queue_takes_what_is_merged(ask: Asker, fake: FakeBitbucket) -> None:
    """Where a branch has a queue, merging puts the pull request in it, and it can leave it."""
    kept(fake).queued = {"main": []}
    await opened(ask)
    waiting = (await ask(f"{ALL}/4/merge", "POST")).json
    assert (waiting["state"], waiting["queued"]) == ("OPEN", True)
    [queue] = await ask.walk(f"{SITE}/merge-queues?target_branch=main")
    assert [one["id"] for one in queue["pullrequests"]] == [4]
    place = f"{SITE}/merge-queues/%7B{queue['uuid'].strip('{}')}%7D"
    assert (await ask(place)).json == queue
    assert (await ask(f"{place}/pullrequests/4", "DELETE")).status == 204
    assert (await ask(f"{place}/pullrequests/4", "DELETE")).status == 404
    assert not (await ask(f"{ALL}/4")).json["queued"]


async def test_what_a_merge_depends_on(ask: Asker) -> None:
    """Each check tells whether it passed and whether it stands in the way."""
    checks = await ask.walk(f"{ALL}/2/mergeability/checks")
    assert [(one["type"], one["status"], one["blocking"]) for one in checks] == [
        ("pullrequest_state_check", "FAILED", True),
        ("current_user_permission_check", "PASSED", False),
        ("git_mergeability_check", "PASSED", False),
    ]


async def test_conflicts_lead_to_the_repository(ask: Asker) -> None:
    """Like a diff, the conflicts of a pull request redirect to the repository's own address."""
    answer = await ask(f"{ALL}/1/conflicts")
    assert answer.status == 302
    assert f"{SITE}/file-conflicts/acme/site:" in answer.headers["Location"]
    assert (await ask(answer.headers["Location"])).json["values"] == []


async def test_what_conflicts_is_not_merged(ask: Asker) -> None:
    """Where both sides changed a file, the list, the check and the merge say so."""
    for branch, text in (("develop", "ours"), ("main", "theirs")):
        form = {"branch": branch, "message": "Change", "/README.md": text}
        assert (await ask(f"{SITE}/src", "POST", data=form)).status == 201
    made = await opened(ask)
    conflicts = await ask.walk((await ask(f"{ALL}/4/conflicts")).headers["Location"])
    assert [one["path"] for one in conflicts] == ["README.md"]
    checks = await ask.walk(f"{ALL}/4/mergeability/checks")
    assert [one["type"] for one in checks if one["blocking"]] == ["git_mergeability_check"]
    assert (await ask(f"{ALL}/4/merge", "POST")).status == 400
    assert (await ask(made["links"]["self"]["href"])).json["state"] == "OPEN"


async def test_a_merge_takes_the_changes_over(ask: Asker) -> None:
    """What was changed on the source branch stands in the destination afterwards."""
    form = {"branch": "develop", "message": "Change", "/README.md": "new text"}
    assert (await ask(f"{SITE}/src", "POST", data=form)).status == 201
    made = await opened(ask)
    commits = await ask.walk(f"{ALL}/4/commits")
    assert commits[0]["message"] == "Change"
    assert commits[0]["hash"].startswith(made["source"]["commit"]["hash"])
    assert (await ask(f"{ALL}/4/merge", "POST")).status == 200
    assert (await ask(f"{SITE}/src/main/README.md")).body == b"new text"
