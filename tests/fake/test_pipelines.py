"""Pipelines of the fake: what runs, what is filtered, and what is refused."""

from typing import Any

import pytest

from bbasync.fake import FakeBitbucket
from bbasync.fake.state.pipeline_settings import Setup
from bbasync.fake.state.runs import Run, Runs

PIPELINES = "/repositories/acme/site/pipelines"
CONFIG = "/repositories/acme/site/pipelines_config"
RUNNERS = "/repositories/acme/site/pipelines-config/runners"
MAIN = {"type": "pipeline_ref_target", "ref_type": "branch", "ref_name": "main"}


def kept(fake: FakeBitbucket, kind: Any) -> Any:
    """What the fake keeps of the repository."""
    return fake.store.part(fake.store.workspaces["acme"].repositories["site"], kind)


def oldest(fake: FakeBitbucket) -> Run:
    """The first pipeline, which failed."""
    return next(iter(kept(fake, Runs).runs.values()))


def place(run: Run) -> str:
    """The address of a pipeline."""
    return f"{PIPELINES}/%7B{run.uuid[1:-1]}%7D"


async def test_pipelines_come_oldest_first_ten_at_a_time(ask: Any) -> None:
    """The next page is linked without the order that was asked for."""
    first = (await ask(f"{PIPELINES}?q=nothing")).json
    assert [one["build_number"] for one in first["values"]] == list(range(1, 11))
    newest = (await ask(f"{PIPELINES}?sort=-created_on&status=PASSED&pagelen=2")).json
    assert newest["next"].endswith("?status=PASSED&pagelen=2&page=2")
    second = (await ask(newest["next"])).json
    assert "sort" not in second["previous"]
    assert (await ask(f"{PIPELINES}?sort=nothing")).status == 400


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=FAILED&status=PAUSED", [1, 7, 12]),
        ("target.branch=main", [5, 10]),
        ("target.ref_type=TAG", [2, 7, 12]),
        ("target.ref_name=v1.0.0", [2, 7, 12]),
        ("target.selector.type=PULLREQUESTS", [4, 9]),
        ("target.selector.pattern=deploy", [1, 6, 11]),
        ("trigger_type=MANUAL", [6, 12]),
        ("created_on=2020-01-01", []),
        ("creator.uuid=nobody", []),
        ("target.commit.hash=00", []),
    ],
)
async def test_pipelines_are_filtered_by_what_they_are_of(
    ask: Any, query: str, numbers: list[int]
) -> None:
    """Each parameter leaves out the others, and several states add up."""
    found = await ask.walk(f"{PIPELINES}?{query}")
    assert [one["build_number"] for one in found] == numbers


async def test_a_pipeline_is_further_with_each_look(ask: Any) -> None:
    """It waits, it runs, it has ended; its steps go with it."""
    made = await ask(PIPELINES, "POST", json={"target": MAIN})
    here = made.headers["Location"]
    assert (made.status, made.json["state"]["name"]) == (201, "PENDING")
    names = [(await ask(here)).json["state"]["name"] for _ in range(4)]
    assert names == ["PENDING", "IN_PROGRESS", "COMPLETED", "COMPLETED"]
    steps = (await ask(f"{here}/steps")).json["values"]
    assert [one["state"]["result"]["name"] for one in steps] == ["SUCCESSFUL"] * 2


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (None, "Bad request"),
        ({"type": "unheard"}, "Bad request"),
        ({**MAIN, "ref_name": "none"}, "There is no branch"),
        ({**MAIN, "ref_type": "bookmark"}, "There is no bookmark"),
        ({**MAIN, "commit": {"hash": "0" * 40}}, "commit was not found"),
        ({"type": "pipeline_commit_target"}, "commit was not found"),
        ({"type": "pipeline_pullrequest_target"}, "Bad request"),
    ],
)
async def test_what_cannot_run_is_a_bad_request(ask: Any, target: Any, said: str) -> None:
    """Nothing is started on what is not there."""
    answer = await ask(PIPELINES, "POST", json={"target": target})
    assert answer.status == 400
    assert said in answer.message


async def test_nothing_runs_where_pipelines_are_off(ask: Any) -> None:
    """Switched off, they refuse; switched on, they run."""
    for enabled, status in ((False, 400), (True, 201)):
        await ask(CONFIG, "PUT", json={"enabled": enabled})
        assert (await ask(PIPELINES, "POST", json={"target": MAIN})).status == status


async def test_yaml_needs_pipelines_and_a_target(ask: Any) -> None:
    """The query says what the YAML runs on."""
    query = "target.type=pipeline_ref_target&target.ref_type=branch&target.ref_name=main"
    kind = {"Content-Type": "application/yaml"}
    for address, text, status in (
        (f"{PIPELINES}?{query}", b"pipelines:\n", 201),
        (f"{PIPELINES}?{query}", b"nothing: 1\n", 400),
        (PIPELINES, b"pipelines:\n", 400),
        (f"{PIPELINES}?target=x&target.type=y", b"pipelines:\n", 400),
    ):
        assert (await ask(address, "POST", data=text, headers=kind)).status == status


async def test_a_running_log_grows_and_an_ended_one_moves(ask: Any, fake: FakeBitbucket) -> None:
    """It has an ETag and parts, says when there is nothing new, and is stored in the end."""
    run = oldest(fake)
    here = f"{place(run)}/steps/%7B{run.steps[0].uuid[1:-1]}%7D/log"
    assert (await ask(here)).status == 307
    run.enter("PENDING", "")
    assert (await ask(here)).status == 404
    run.enter("RUNNING", "")
    first = await ask(here)
    second = await ask(here, headers={"Range": f"bytes={len(first.body)}-"})
    assert (first.status, second.status) == (200, 206)
    assert run.log_of(run.steps[0]).startswith(first.body + second.body)
    run.steps[0].lines = 1
    nothing = await ask(here, headers={"Range": f"bytes={len(first.body)}-"})
    run.steps[0].lines = 1
    same = await ask(here, headers={"If-None-Match": first.headers["ETag"]})
    assert (nothing.status, same.status) == (416, 304)


async def test_a_container_has_a_log_of_its_own(ask: Any, fake: FakeBitbucket) -> None:
    """That of the build has the step's uuid; of one that is not there nothing comes."""
    run = oldest(fake)
    step = f"%7B{run.steps[0].uuid[1:-1]}%7D"
    here = f"{place(run)}/steps/{step}/logs"
    assert (await ask(f"{here}/{step}")).status == 307
    assert (await ask(f"{here}/%7Bnone%7D")).status == 404


async def test_only_failed_tests_are_listed(ask: Any, fake: FakeBitbucket) -> None:
    """The report counts them all; a step without tests has none."""
    run = oldest(fake)
    steps = [f"{place(run)}/steps/%7B{one.uuid[1:-1]}%7D/test_reports" for one in run.steps]
    report, cases = (await ask(steps[1])).json, (await ask(f"{steps[1]}/test_cases")).json
    assert report["number_of_failed_test_cases"] == len(cases["values"]) == 2
    assert report["number_of_test_cases"] == 12
    assert (await ask(steps[0])).status == 404
    other = f"{steps[1]}/test_cases/%7Bnone%7D/test_case_reasons"
    assert (await ask(other)).status == 404


async def test_a_secured_value_is_never_told(ask: Any) -> None:
    """Neither when it is made, nor in a list, nor after it was changed."""
    variables = f"{CONFIG}/variables"
    made = await ask(variables, "POST", json={"key": "A_1", "value": "s3cret", "secured": True})
    here = made.headers["Location"]
    changed = await ask(here, "PUT", json={"value": "s3cret2"})
    every = await ask(variables)
    assert (made.status, changed.status) == (201, 200)
    assert b"s3cret" not in made.body + changed.body + every.body
    assert (await ask(here)).json["key"] == "A_1"


@pytest.mark.parametrize(("key", "status"), [("REGION", 409), ("A-B", 400), ("", 400), ("1A", 400)])
async def test_a_key_is_a_name_that_stands_once(ask: Any, key: str, status: int) -> None:
    """Others are refused."""
    body = {"key": key, "value": "x"}
    assert (await ask(f"{CONFIG}/variables", "POST", json=body)).status == status


async def test_variables_are_for_their_owners(ask: Any, fake: FakeBitbucket) -> None:
    """A workspace's are its administrators', a person's are their own."""
    workspace = "/workspaces/acme/pipelines-config/variables"
    owner = f"/users/%7B{fake.account('owner').uuid[1:-1]}%7D/pipelines_config/variables"
    assert (await ask(workspace, auth="member")).status == 403
    assert (await ask(owner)).status == 200
    assert (await ask(owner, auth="member")).status == 403
    assert (await ask("/users/nobody/pipelines_config/variables")).status == 404


async def test_an_environment_has_variables_of_its_own(ask: Any) -> None:
    """They are of another type, and an environment that is not there has none."""
    base = "/repositories/acme/site"
    first = (await ask(f"{base}/environments")).json["values"][0]["uuid"]
    here = f"{base}/deployments_config/environments"
    found = (await ask(f"{here}/%7B{first[1:-1]}%7D/variables")).json["values"]
    assert {one["type"] for one in found} == {"deployment_variable"}
    assert (await ask(f"{here}/%7Bnone%7D/variables")).status == 404


async def test_the_build_number_is_only_raised(ask: Any) -> None:
    """The next pipeline gets it."""
    there = f"{CONFIG}/build_number"
    assert (await ask(there, "PUT", json={"next": 12})).status == 400
    assert (await ask(there, "PUT", json={"next": 99})).json["next"] == 99
    assert (await ask(PIPELINES, "POST", json={"target": MAIN})).json["build_number"] == 99


async def test_a_host_is_known_once(ask: Any) -> None:
    """A second time is a conflict; a host that is known anyway is refused."""
    hosts, key = f"{CONFIG}/ssh/known_hosts", {"key_type": "ssh-rsa", "key": "AAAA"}
    for name, status in (("a.example.com", 201), ("a.example.com", 409), ("bitbucket.org", 400)):
        answer = await ask(hosts, "POST", json={"hostname": name, "public_key": key})
        assert answer.status == status
    assert (await ask(hosts, "POST", json={"hostname": "b.example.com"})).status == 400


async def test_a_key_pair_needs_both_keys(ask: Any) -> None:
    """The private one is not told afterwards."""
    there = f"{CONFIG}/ssh/key_pair"
    assert (await ask(there, "PUT", json={"public_key": "p"})).status == 400
    both = await ask(there, "PUT", json={"public_key": "p", "private_key": "s3cret"})
    assert b"s3cret" not in both.body + (await ask(there)).body


async def test_schedules_are_for_branches_and_not_too_many(ask: Any, fake: FakeBitbucket) -> None:
    """A wrong one is refused; one too many is a 401, as the service has it."""
    schedules = f"{CONFIG}/schedules"
    good = {"target": {"ref_type": "branch", "ref_name": "main"}, "cron_pattern": "0 0 2 * * ? *"}
    for change in ({"cron_pattern": "0 0 2 * *"}, {"target": {"ref_type": "tag"}}, {"enabled": 1}):
        assert (await ask(schedules, "POST", json=good | change)).status == 400
    assert (await ask(schedules, "POST", json=good)).status == 201
    kept(fake, Setup).most_schedules = 3
    assert (await ask(schedules, "POST", json=good)).status == 401


async def test_a_schedule_tells_what_became_of_it(ask: Any, fake: FakeBitbucket) -> None:
    """A pipeline that was started, or why none was."""
    uuid = next(iter(kept(fake, Setup).schedules))
    found = (await ask(f"{CONFIG}/schedules/%7B{uuid[1:-1]}%7D/executions")).json["values"]
    kinds = [one["type"].removeprefix("pipeline_schedule_execution_") for one in found]
    assert kinds == ["executed", "errored"]
    assert (await ask(f"{CONFIG}/schedules/%7Bnone%7D/executions")).status == 404


async def test_all_versions_of_a_cache_go_together(ask: Any) -> None:
    """By its name they do; a name is needed, and has to be one."""
    caches = "/repositories/acme/site/pipelines-config/caches"
    for query, status in (("", 400), ("?name=none", 404), ("?name=pip", 204)):
        assert (await ask(f"{caches}{query}", "DELETE")).status == status
    assert [one["name"] for one in (await ask(caches)).json["values"]] == ["node"]


async def test_a_runner_tells_its_secret_once(ask: Any) -> None:
    """Only the answer that makes it has it; a uuid is taken once."""
    made = await ask(RUNNERS, "POST", json={"name": "mine", "labels": ["linux"]})
    assert (made.status, made.json["oauth_client"]["secret"]) == (200, "told-once")
    here = f"{RUNNERS}/%7B{made.json['uuid'][1:-1]}%7D"
    assert "secret" not in (await ask(here)).json["oauth_client"]
    again = {"name": "mine", "uuid": made.json["uuid"]}
    assert (await ask(RUNNERS, "POST", json=again)).status == 409
    assert (await ask(RUNNERS, "POST", json={"name": "", "labels": []})).status == 400
    assert (await ask(RUNNERS, "POST", json={"name": "a", "labels": "b"})).status == 400
    cordoned = await ask(here, "PUT", json={"state": {"cordoned": True}})
    assert cordoned.json["state"]["cordoned"] is True


async def test_pipelines_need_their_scopes(ask: Any, fake: FakeBitbucket) -> None:
    """A token that may only read does not start any."""
    token = fake.account("owner").api_token
    fake.store.credentials[token].scopes = frozenset({"read:pipeline:bitbucket"})
    assert (await ask(PIPELINES)).status == 200
    assert (await ask(PIPELINES, "POST", json={"target": MAIN})).status == 403


async def test_openid_connect_is_public(ask: Any) -> None:
    """Anybody can check the tokens that steps are given."""
    base = "/workspaces/acme/pipelines-config/identity/oidc"
    told = (await ask(f"{base}/.well-known/openid-configuration", auth="anonymous")).json
    assert told["jwks_uri"] == f"{told['issuer']}/keys.json"
    assert (await ask(told["jwks_uri"], auth="anonymous")).json["keys"]
    assert (await ask("/workspaces/none/pipelines-config/identity/oidc/keys.json")).status == 404
