"""Pipelines: what is sent to start one, and following one to its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from bbasync import BasicAuth, Bitbucket
from bbasync.api import pipeline_progress
from bbasync.api.pipelines import Pipelines
from bbasync.errors import (
    AmbiguousWriteError,
    ArgumentError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    TimedOutError,
)
from bbasync.fake import FakeBitbucket
from bbasync.fake.state.runs import Run, Runs
from bbasync.model.make import from_wire
from bbasync.model.poll import Polling
from bbasync.resources import (
    Branch,
    Commit,
    Pipeline,
    PipelineCommitTarget,
    PipelinePullRequestTarget,
    PipelineSelector,
    PipelineSshKeyPair,
    PipelineState,
    PipelineTarget,
    PipelineVariable,
    PullRequest,
    PullRequestEndpoint,
)

SITE = ("acme", "site")
HASH = "a3c4e02c9a3755eccdc3764e6ea13facdf30f923"
MAIN = {"type": "pipeline_ref_target", "ref_type": "branch", "ref_name": "main"}
COMMIT = {"type": "commit", "hash": HASH}
REQUEST = PullRequest(
    id=3,
    source=PullRequestEndpoint(branch=Branch(name="new"), commit=Commit(hash="1a372fc")),
    destination=PullRequestEndpoint(branch=Branch(name="main"), commit=Commit(hash="9f848b7")),
)
SECRET = [{"key": "B", "value": "2", "secured": True}]
YAML = "pipelines:\n  default:\n    - step:\n        script:\n          - echo ä\n"


@pytest.fixture
async def service() -> AsyncIterator[FakeBitbucket]:
    """A fake of its own for each test."""
    async with FakeBitbucket() as fake:
        yield fake


@pytest.fixture
async def bb(service: FakeBitbucket) -> AsyncIterator[Bitbucket]:
    """A client that owns the workspace ``acme``."""
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url) as client:
        yield client


@pytest.fixture
def quick(time: Any) -> Polling:
    """Polling whose pauses pass at once."""
    return Polling(timeout=600, first=1, longest=8, sleep=time.sleep, clock=time)


def runs(service: FakeBitbucket) -> Runs:
    """The fake's pipelines of the repository."""
    return service.store.part(service.store.workspaces["acme"].repositories["site"], Runs)


async def started(bb: Bitbucket, service: FakeBitbucket, *ahead: str) -> Run:
    """Start a pipeline that goes through these phases, one with each look."""
    made = await bb.pipelines.run(*SITE, branch="main")
    found = runs(service).runs[str(made.uuid)]
    found.ahead[:] = ahead
    return found


def asked(service: FakeBitbucket, ending: str) -> list[Any]:
    """The requests whose path ends so."""
    return [one for one in service.requests if one.path.endswith(ending)]


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ({"branch": "main"}, MAIN),
        ({"tag": "v1"}, {**MAIN, "ref_type": "tag", "ref_name": "v1"}),
        ({"commit": HASH}, {"type": "pipeline_commit_target", "commit": COMMIT}),
        ({"branch": "main", "commit": HASH}, {**MAIN, "commit": COMMIT}),
        (
            {"branch": "main", "custom": "deploy"},
            {**MAIN, "selector": {"type": "custom", "pattern": "deploy"}},
        ),
        (
            {"branch": "main", "selector": PipelineSelector(type="branches", pattern="dev")},
            {**MAIN, "selector": {"type": "branches", "pattern": "dev"}},
        ),
        (
            {"pullrequest": REQUEST},
            {
                "type": "pipeline_pullrequest_target",
                "source": "new",
                "destination": "main",
                "destination_commit": {"type": "commit", "hash": "9f848b7"},
                "commit": {"type": "commit", "hash": "1a372fc"},
                "pullrequest": {"id": "3"},
            },
        ),
    ],
)
async def test_a_target_is_put_together(
    recorder: Any, given: Mapping[str, Any], target: Mapping[str, Any]
) -> None:
    """A branch, a tag, a commit or a pull request is sent as the service wants to have it."""
    sender = recorder({"type": "pipeline"})
    await Pipelines(sender).run(*SITE, **given)
    [request] = sender.requests
    assert (request.method, request.address) == ("POST", "/repositories/acme/site/pipelines")
    assert json.loads(request.body.content) == {"target": target}


@pytest.mark.parametrize(
    "variables",
    [
        {"A": "1"},
        [PipelineVariable(key="A", value="1")],
        [{"key": "A", "value": "1"}, PipelineVariable(key="B", value="2", secured=True)],
    ],
)
async def test_variables_go_along(recorder: Any, variables: Any) -> None:
    """They are given by name, or as variables, of which some may be secured."""
    sender = recorder({"type": "pipeline"})
    await Pipelines(sender).run(*SITE, branch="main", variables=variables)
    sent = json.loads(sender.requests[0].body.content)["variables"]
    assert sent == [{"key": "A", "value": "1"}, *SECRET[: len(sent) - 1]]
    assert len(sent) == len(variables)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "runs on something"),
        ({"branch": "main", "tag": "v1"}, "branch or on tag"),
        ({"branch": "main", "custom": "x", "selector": PipelineSelector()}, "give one"),
        ({"pullrequest": REQUEST, "commit": HASH}, "leave commit out"),
        ({"pullrequest": PullRequest(id=3)}, "fetch it in full"),
        ({"pullrequest": 3}, "takes a PullRequest, not 3"),
        ({"branch": "main", "variables": "A=1"}, "variables takes"),
        ({"branch": "main", "variables": 1}, "variables takes"),
        ({"branch": "main", "variables": [{"value": "1"}]}, "needs a key"),
        ({"branch": "main", "definition": b"pipelines:"}, "YAML as text"),
    ],
)
async def test_what_cannot_run_is_refused_before_it_is_sent(
    recorder: Any, given: Any, said: str
) -> None:
    """The error says what is wrong, and nothing was started."""
    sender = recorder()
    with pytest.raises(ArgumentError, match=said):
        await Pipelines(sender).run(*SITE, **given)
    assert sender.requests == []


async def test_a_definition_is_sent_as_yaml_with_its_target_as_a_query(recorder: Any) -> None:
    """Each text of what would be JSON stands in the query, under the path that leads to it."""
    sender = recorder({"type": "pipeline"})
    token = PipelineVariable(key="B", value="2", secured=True)
    await Pipelines(sender).run(
        *SITE,
        branch="main",
        commit=HASH,
        custom="scan",
        variables=[{"key": "A", "value": "1"}, token],
        definition=YAML,
    )
    [request] = sender.requests
    assert request.query == (
        ("target.type", "pipeline_ref_target"),
        ("target.ref_type", "branch"),
        ("target.ref_name", "main"),
        ("target.commit.type", "commit"),
        ("target.commit.hash", HASH),
        ("target.selector.pattern", "scan"),
        ("target.selector.type", "custom"),
        ("variables[0].key", "A"),
        ("variables[0].value", "1"),
        ("variables[1].key", "B"),
        ("variables[1].secured", "true"),
        ("variables[1].value", "2"),
    )
    assert (request.body.content_type, request.body.content.decode()) == ("application/yaml", YAML)


async def test_a_definition_runs(bb: Bitbucket) -> None:
    """The service reads the YAML and the query, and answers with the pipeline."""
    made = await bb.pipelines.run(
        *SITE, branch="develop", custom="scan", variables={"A": "1"}, definition=YAML
    )
    assert made.target is not None
    assert made.target.selector is not None
    assert (made.target.ref_name, made.target.selector.pattern) == ("develop", "scan")
    assert made.has_variables


async def test_a_pull_request_of_the_service_runs(bb: Bitbucket) -> None:
    """One that was fetched is taken as it is."""
    request = await bb.pullrequests.get(*SITE, 1)
    made = await bb.pipelines.run(*SITE, pullrequest=request)
    assert isinstance(made.target, PipelinePullRequestTarget)
    assert made.target.pullrequest is not None
    assert made.target.pullrequest.id == 1


async def test_filters_have_dots_on_the_wire(recorder: Any) -> None:
    """Two underscores stand for a dot; a state is repeated for several."""
    sender = recorder({"values": []})
    pager = Pipelines(sender).list(
        *SITE, target__branch="a/b", target__commit__hash=HASH, status=["FAILED", "ERROR"]
    )
    assert await pager.all() == []
    assert sender.requests[0].query == (
        ("status", "FAILED"),
        ("status", "ERROR"),
        ("target.branch", "a/b"),
        ("target.commit.hash", HASH),
        ("pagelen", "100"),
    )


async def test_a_filter_that_would_be_ignored_is_refused(bb: Bitbucket) -> None:
    """The list of pipelines takes ``q`` and does nothing with it."""
    options: Any = {"q": 'state="FAILED"'}
    with pytest.raises(TypeError, match="takes no 'q'"):
        bb.pipelines.list(*SITE, **options)


@pytest.mark.parametrize("nextless", [(), ("/pipelines",)])
async def test_later_pages_keep_the_order(
    bb: Bitbucket, service: FakeBitbucket, nextless: tuple[str, ...]
) -> None:
    """The newest come first on every page, though ``next`` forgets that or is not even sent."""
    service.store.nextless.update(nextless)
    pager = bb.pipelines.list(*SITE, sort="-created_on", pagelen=5)
    pages = [page async for page in pager.pages()]
    numbers = [one.build_number for page in pages for one in page.values]
    assert numbers == list(range(12, 0, -1))
    assert all("sort" not in (page.next or "") for page in pages)


async def test_pipelines_are_filtered(bb: Bitbucket) -> None:
    """What is asked for by state and selector comes, on all pages, and nothing else."""
    failed = await bb.pipelines.list(*SITE, status=["FAILED", "ERROR"], pagelen=1).all()
    assert [one.build_number for one in failed] == [1, 5, 7, 11]
    custom = await bb.pipelines.list(*SITE, target__selector__type="CUSTOM", pagelen=1).all()
    assert custom
    assert all(isinstance(one.target, PipelineCommitTarget) for one in custom)


async def test_a_pipeline_is_waited_for_cheaply(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling, time: Any
) -> None:
    """Each look asks for the state alone, ever less often; only the end is fetched in full."""
    run = await started(bb, service, "RUNNING", "RUNNING", "RUNNING", "RUNNING", "SUCCESSFUL")
    done = await bb.pipelines.wait(*SITE, run.uuid, polling=quick)
    assert (done.successful, done.build_number) == (True, run.number)
    *looks, last = asked(service, f"/pipelines/%7B{run.uuid[1:-1]}%7D")
    assert {one.query for one in looks} == {
        "fields=state.name%2Cstate.type%2Cstate.stage.name%2Cstate.stage.type"
    }
    assert last.query == ""
    assert time.sleeps == [1, 2, 4, 8, 8]


@pytest.mark.parametrize("phase", ["FAILED", "STOPPED", "ERROR"])
async def test_a_pipeline_that_failed_is_an_answer(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling, phase: str
) -> None:
    """It is returned, with its result, and nothing is raised."""
    run = await started(bb, service, phase)
    done = await bb.pipelines.wait(*SITE, run.uuid, polling=quick)
    assert done.state is not None
    assert done.state.result is not None
    assert (done.successful, done.state.result.name) == (False, phase)


@pytest.mark.parametrize("phase", ["PAUSED", "HALTED"])
async def test_a_pause_ends_the_waiting(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling, phase: str
) -> None:
    """Nothing goes on before somebody makes it, so that is told; who wants to waits for that."""
    run = await started(bb, service, "RUNNING", phase, phase, "SUCCESSFUL")
    paused = await bb.pipelines.wait(*SITE, run.uuid, polling=quick)
    assert paused.state is not None
    assert (paused.state.paused, paused.state.completed) == (True, False)
    done = await bb.pipelines.wait(*SITE, run.uuid, polling=quick, through_pauses=True)
    assert done.successful


async def test_an_unknown_state_is_waited_through(recorder: Any, quick: Polling) -> None:
    """A name that nobody has heard of is no end and no error."""
    states = [{"name": "SIMMERING", "type": "pipeline_state_simmering"}, None, {"stage": {}}]
    end = {"state": {"name": "COMPLETED", "result": {"name": "SUCCESSFUL"}}}
    sender = recorder(*({"state": one} for one in states), end, end)
    done = await Pipelines(sender).wait(*SITE, "{u}", polling=quick)
    assert done.successful
    assert len(sender.requests) == 5


async def test_waiting_has_a_deadline(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling, time: Any
) -> None:
    """``timeout`` comes before the polling's own, and the error names the pipeline."""
    run = await started(bb, service)
    with pytest.raises(TimedOutError, match=f"pipeline {run.uuid} is not done after 20 s"):
        await bb.pipelines.wait(*SITE, run.uuid, timeout=20, polling=quick)
    assert sum(time.sleeps) == 20


async def test_a_growing_log_is_followed_to_its_end(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling
) -> None:
    """It is waited for, read by Range as it grows, and taken up where it was archived."""
    run = await started(bb, service, "RUNNING", "SUCCESSFUL")
    step = run.steps[0]
    pieces = [one async for one in bb.pipelines.tail_log(*SITE, run.uuid, step.uuid, polling=quick)]
    assert b"".join(pieces) == run.log_of(step)
    assert len(pieces) == len(run.log_of(step).splitlines())
    ranges = [one.headers.get("Range") for one in asked(service, "/log")]
    assert ranges[:2] == [None, None]
    assert ranges[2] == f"bytes={len(pieces[0])}-"
    assert [one.status for one in asked(service, "/log")][:3] == [404, 200, 206]
    assert [one.authorized for one in service.requests if one.path.startswith("/storage")] == [
        False,
        False,
    ]


async def test_quiet_logs_are_looked_at_less_often(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling, time: Any
) -> None:
    """The pause doubles while nothing comes, and is short again after something came."""
    run = await started(bb, service, *["PENDING"] * 3, "RUNNING", "RUNNING", "SUCCESSFUL")
    step = run.steps[0]
    async for _ in bb.pipelines.tail_log(*SITE, run.uuid, step.uuid, polling=quick):
        pass
    assert time.sleeps == [1, 2, 4, 8, *[1] * 6, 2, 4]


async def test_a_log_is_followed_from_where_it_was_left(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling
) -> None:
    """What was read before is not sent again, and a complete log has nothing more."""
    run = runs(service).runs[next(iter(runs(service).runs))]
    step = run.steps[1]
    whole = run.log_of(step)

    async def rest(offset: int) -> bytes:
        tail = bb.pipelines.tail_log(*SITE, run.uuid, step.uuid, offset=offset, polling=quick)
        return b"".join([piece async for piece in tail])

    assert await rest(10) == whole[10:]
    assert await rest(len(whole)) == b""


async def test_a_step_that_never_ran_has_no_log(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling
) -> None:
    """Following it ends at once; reading it is a 404."""
    run = await started(bb, service, "STOPPED")
    await bb.pipelines.stop(*SITE, run.uuid)
    where = (*SITE, run.uuid, run.steps[1].uuid)
    assert [one async for one in bb.pipelines.tail_log(*where, polling=quick)] == []
    with pytest.raises(NotFoundError):
        await bb.pipelines.get_step_log(*where)


async def test_a_paused_step_ends_the_following(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling
) -> None:
    """A manual step may begin never; who wants to waits for it."""
    run = await started(bb, service, "PAUSED", "PAUSED", "PAUSED", "SUCCESSFUL")
    where = (*SITE, run.uuid, run.steps[1].uuid)
    assert [one async for one in bb.pipelines.tail_log(*where, polling=quick)] == []
    tail = bb.pipelines.tail_log(*where, polling=quick, through_pauses=True)
    assert b"".join([one async for one in tail]) == run.log_of(run.steps[1])


async def test_the_log_of_no_step_is_an_error(bb: Bitbucket, quick: Polling) -> None:
    """A log that does not exist yet is waited for; one of a step that does not exist is not."""
    tail = bb.pipelines.tail_log(*SITE, "12", "{none}", polling=quick)
    with pytest.raises(NotFoundError, match="no step"):
        await anext(tail)


async def test_following_a_log_has_a_deadline(
    bb: Bitbucket, service: FakeBitbucket, quick: Polling, time: Any
) -> None:
    """A step that goes on for ever is left then; what came until then was handed out."""
    run = await started(bb, service, *["RUNNING"] * 99)
    step = run.steps[0]
    tail = bb.pipelines.tail_log(*SITE, run.uuid, step.uuid, timeout=30, polling=quick)
    lines = len(run.log_of(step).splitlines())
    assert b"".join([await anext(tail) for _ in range(lines)]) == run.log_of(step)
    with pytest.raises(TimedOutError, match="not complete after 30 s"):
        await anext(tail)
    assert sum(time.sleeps) >= 30


async def test_the_deadline_holds_for_a_call_under_way(recorder: Any) -> None:
    """A service that says nothing does not make a log endless."""

    async def never(_: Any) -> Any:
        await asyncio.Event().wait()

    class Silent(recorder):  # type: ignore[misc]  # a class that a fixture gives
        def open(self, request: Any) -> Any:
            return Waiting(never(request))

    tail = Pipelines(Silent()).tail_log(*SITE, "{p}", "{s}", timeout=0.05)
    with pytest.raises(TimedOutError):
        await anext(tail)


class Waiting:
    """A context that is never entered."""

    def __init__(self, waiting: Any) -> None:
        self.waiting = waiting

    async def __aenter__(self) -> Any:
        return await self.waiting

    async def __aexit__(self, *_: object) -> None:
        return None


def test_a_busy_log_leaves_some_of_the_quota() -> None:
    """Looking for more as often as it ever does, for an hour, is less than an hour's calls."""
    assert 3600 / pipeline_progress._USUAL.first < 1000


async def test_who_leaves_a_log_early_leaves_nothing_open(
    serve: Any, client: Any, say: Any
) -> None:
    """Closing the walk closes the connection that the log comes on, at once."""
    begun = say(body=b"line\n", headers={"Content-Length": "99"}, end="hold")
    bb = await client((await serve(begun)).url)
    tail = bb.pipelines.tail_log(*SITE, "{p}", "{s}")
    assert await anext(tail) == b"line\n"
    await tail.aclose()
    assert not bb._transport.line.session.connector._acquired


async def test_an_archived_log_is_read_without_the_credential(
    bb: Bitbucket, service: FakeBitbucket
) -> None:
    """A completed step's log lies with the storage, which is told nothing, and sends parts."""
    run = runs(service).runs[next(iter(runs(service).runs))]
    log = bb.pipelines.get_step_log(*SITE, run.uuid, run.steps[0].uuid)
    whole = run.log_of(run.steps[0])
    assert await log == whole
    assert await log.starting_at(7) == whole[7:]
    hops = [(one.status, one.authorized) for one in asked(service, "/log")]
    assert hops == [(307, True), (200, False), (307, True), (206, False)]


async def test_uuids_keep_their_braces(bb: Bitbucket, service: FakeBitbucket) -> None:
    """They are sent percent-encoded; a build number does as well."""
    by_number = await bb.pipelines.get(*SITE, "3")
    await bb.pipelines.get(*SITE, str(by_number.uuid))
    assert str(by_number.uuid).startswith("{")
    assert service.requests[-1].path.endswith(f"/%7B{str(by_number.uuid)[1:-1]}%7D")


async def test_a_completed_pipeline_is_not_stopped(bb: Bitbucket) -> None:
    """That is a 400; one that runs stops."""
    with pytest.raises(BadRequestError, match="already completed"):
        await bb.pipelines.stop(*SITE, "1")
    made = await bb.pipelines.run(*SITE, tag="v1.0.0")
    await bb.pipelines.stop(*SITE, str(made.uuid))
    stopped = await bb.pipelines.get(*SITE, str(made.uuid))
    assert stopped.state is not None
    assert stopped.state.result is not None
    assert stopped.state.result.terminator is not None
    assert stopped.state.result.terminator.display_name


async def test_secrets_are_taken_and_never_told(bb: Bitbucket) -> None:
    """A secured value and a private key are sent, not sent back, and not printed."""
    given = PipelineVariable(key="TOKEN", value="s3cret", secured=True)
    made = await bb.pipelines.create_variable(*SITE, given)
    pair = PipelineSshKeyPair(private_key="s3cret", public_key="public")
    kept = await bb.pipelines.update_ssh_key_pair(*SITE, pair)
    assert (made.key, made.value, made.secured) == ("TOKEN", None, True)
    assert (kept.public_key, kept.private_key) == ("public", None)
    assert repr(given) == "<PipelineVariable TOKEN>"
    assert not any("s3cret" in repr(one) for one in (given, made, pair, kept))


async def test_an_error_tells_no_secret(serve: Any, client: Any, raw: Any) -> None:
    """Neither what was given in the wrong shape, nor variables that stand in the address."""
    bb = await client((await serve(raw(b"", "cut"))).url)
    wrong: Any = ['{"private_key": "s3cret"}', ["s3cret"]]
    for given in wrong:
        with pytest.raises(ArgumentError, match="resource or a mapping") as refused:
            await bb.pipelines.update_ssh_key_pair(*SITE, given)
        assert "s3cret" not in str(refused.value)
    secret = [PipelineVariable(key="TOKEN", value="s3cret", secured=True)]
    with pytest.raises(AmbiguousWriteError, match="pipelines") as lost:
        await bb.pipelines.run(*SITE, branch="main", variables=secret, definition=YAML)
    assert "s3cret" not in f"{lost.value} {lost.value.url}"


async def test_a_key_stands_once(bb: Bitbucket) -> None:
    """A second variable of that key is a 409."""
    with pytest.raises(ConflictError, match="REGION"):
        await bb.pipelines.create_variable(*SITE, PipelineVariable(key="REGION", value="x"))


async def test_variables_of_accounts_still_answer_with_a_warning(bb: Bitbucket) -> None:
    """It names what took their place; the team's variables are its workspace's."""
    with pytest.warns(DeprecationWarning, match="list_workspace_variables"):
        found = await bb.pipelines.list_team_variables("acme").all()
    assert [one.uuid for one in found] == [
        one.uuid async for one in bb.pipelines.list_workspace_variables("acme")
    ]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"name": "COMPLETED"}, (True, False)),
        ({"type": "pipeline_state_completed"}, (True, False)),
        ({"type": "pipeline_step_state_completed"}, (True, False)),
        ({"name": "IN_PROGRESS", "stage": {"name": "PAUSED"}}, (False, True)),
        ({"stage": {"type": "pipeline_state_in_progress_halted"}}, (False, True)),
        ({"name": "HALTED"}, (False, True)),
        (
            {"name": "PENDING", "stage": {"type": "pipeline_step_state_pending_paused"}},
            (False, True),
        ),
        ({"name": "IN_PROGRESS", "type": "pipeline_state_completed"}, (False, False)),
        ({}, (False, False)),
    ],
)
def test_a_state_is_told_by_its_name_or_its_type(
    state: dict[str, Any], expected: tuple[bool, bool]
) -> None:
    """The name comes first, since partial answers leave types out and new ones come."""
    made = from_wire(state, PipelineState, None)
    assert (made.completed, made.paused) == expected


def test_a_target_without_a_type_reads_all_the_same() -> None:
    """A partial answer has no ``type``; a selector's own may be an object."""
    data = {"ref_name": "main", "commit": {"hash": HASH}, "selector": {"type": {"type": "default"}}}
    made = from_wire({"target": data}, Pipeline, None).target
    assert isinstance(made, PipelineTarget)
    assert made.commit is not None
    assert made.selector is not None
    assert (made.ref_name, made.commit.hash) == ("main", HASH)
    assert made.selector.type == {"type": "default"}
