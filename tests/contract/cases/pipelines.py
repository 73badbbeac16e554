"""Pipelines and what configures them."""

from __future__ import annotations

from urllib.parse import quote

from bbasync import Bitbucket
from bbasync.fake import FakeBitbucket
from bbasync.resources import (
    DeploymentVariable,
    Pipeline,
    PipelineBuildNumber,
    PipelineKnownHost,
    PipelineRefTarget,
    PipelineRunner,
    PipelineSchedule,
    PipelinesConfig,
    PipelineSelector,
    PipelineSshKeyPair,
    PipelineSshPublicKey,
    PipelineVariable,
)

from . import Cases

VARIABLE = PipelineVariable(key="STAGE", value="blue", secured=False)
BRANCH = {"type": "pipeline_ref_target", "ref_type": "branch", "ref_name": "main"}
HOST = PipelineKnownHost(
    hostname="new.example.com", public_key=PipelineSshPublicKey(key_type="ssh-rsa", key="AAAAB3Nz")
)
RUNNER = PipelineRunner(name="third", labels=["self.hosted", "linux", "large"])


async def _names(client: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    """The oldest pipeline, whose last step has failing tests, and one of everything else."""
    where = ("acme", "site")
    pipelines, owner = client.pipelines, service.account("owner").uuid
    oldest = await pipelines.list(*where).first()
    uuid = str(oldest and oldest.uuid)
    step = str((await pipelines.list_steps(*where, uuid).all())[-1].uuid)
    made = await pipelines.create(*where, {"target": BRANCH})
    case = await pipelines.list_test_cases(*where, uuid, step).first()
    environment = await client.deployments.list_environments(*where).first()
    place = str(environment and environment.uuid)
    variables = {
        "variable": pipelines.list_variables(*where),
        "workspace_variable": pipelines.list_workspace_variables("acme"),
        "deployment_variable": pipelines.list_deployment_variables(*where, place),
        "team_variable": pipelines.list_workspace_variables("acme"),  # by their older address
    }
    names = {
        f"{verb}_{kind}.variable_uuid": str((await pager.all())[0].uuid)
        for kind, pager in variables.items()
        for verb in ("get", "update", "delete")
    }
    runners = {
        "runner": pipelines.list_runners(*where),
        "workspace_runner": pipelines.list_workspace_runners("acme"),
    }
    names |= {
        f"{verb}_{kind}.runner_uuid": str((await pager.all())[0].uuid)
        for kind, pager in runners.items()
        for verb in ("get", "update", "delete")
    }
    own = await client.request("GET", f"/users/{quote(owner)}/pipelines_config/variables")
    return {
        **names,
        "variable_uuid": own.json()["values"][0]["uuid"],
        "workspace": "acme",
        "repo_slug": "site",
        "username": "acme",
        "selected_user": owner,
        "pipeline_uuid": uuid,
        "stop.pipeline_uuid": str(made.uuid),
        "step_uuid": step,
        "log_uuid": step,
        "test_case_uuid": str(case and case.uuid),
        "environment_uuid": place,
        "schedule_uuid": str((await pipelines.list_schedules(*where).all())[0].uuid),
        "known_host_uuid": str((await pipelines.list_known_hosts(*where).all())[0].uuid),
        "cache_uuid": str((await pipelines.list_caches(*where).all())[0].uuid),
    }


async def _latest(bb: Bitbucket) -> Pipeline | None:
    return await bb.pipelines.list("acme", "site", sort="-created_on").first()


CASES = Cases(
    groups={"pipelines": _names},
    bodies={
        "pipelines.create": Pipeline(
            target=PipelineRefTarget(
                type="pipeline_ref_target",
                ref_type="branch",
                ref_name="develop",
                selector=PipelineSelector(type="custom", pattern="deploy"),
            ),
            variables=[PipelineVariable(key="TOKEN", value="hidden", secured=True)],
        ),
        "pipelines.create_variable": PipelineVariable(key="NEW", value="hidden", secured=True),
        "pipelines.update_variable": VARIABLE,
        "pipelines.create_workspace_variable": VARIABLE,
        "pipelines.update_workspace_variable": VARIABLE,
        "pipelines.create_deployment_variable": DeploymentVariable(key="NEW", value="x"),
        "pipelines.update_deployment_variable": DeploymentVariable(value="y", secured=True),
        "pipelines.create_team_variable": VARIABLE,
        "pipelines.update_team_variable": VARIABLE,
        "pipelines.create_user_variable": VARIABLE,
        "pipelines.update_user_variable": VARIABLE,
        "pipelines.update_config": PipelinesConfig(enabled=False),
        "pipelines.update_build_number": PipelineBuildNumber(next=500),
        "pipelines.update_ssh_key_pair": PipelineSshKeyPair(
            private_key="p", public_key="ssh-rsa q"
        ),
        "pipelines.create_known_host": HOST,
        "pipelines.update_known_host": PipelineKnownHost(hostname="moved.example.com"),
        "pipelines.create_schedule": PipelineSchedule(
            enabled=True,
            cron_pattern="0 15 4 * * ? *",
            target=PipelineRefTarget(ref_type="branch", ref_name="main"),
        ),
        "pipelines.update_schedule": PipelineSchedule(enabled=False),
        "pipelines.create_runner": RUNNER,
        "pipelines.update_runner": RUNNER,
        "pipelines.create_workspace_runner": RUNNER,
        "pipelines.update_workspace_runner": RUNNER,
    },
    given={"pipelines.delete_caches": {"name": "pip"}},
    written=(
        ("pipelines.update_variable", "pipelines.get_variable"),
        ("pipelines.update_workspace_variable", "pipelines.get_workspace_variable"),
        ("pipelines.update_config", "pipelines.get_config"),
        ("pipelines.update_known_host", "pipelines.get_known_host"),
        ("pipelines.update_schedule", "pipelines.get_schedule"),
        ("pipelines.update_runner", "pipelines.get_runner"),
        ("pipelines.update_workspace_runner", "pipelines.get_workspace_runner"),
    ),
    deleted=(
        ("pipelines.delete_variable", "pipelines.get_variable"),
        ("pipelines.delete_workspace_variable", "pipelines.get_workspace_variable"),
        ("pipelines.delete_ssh_key_pair", "pipelines.get_ssh_key_pair"),
        ("pipelines.delete_known_host", "pipelines.get_known_host"),
        ("pipelines.delete_schedule", "pipelines.get_schedule"),
        ("pipelines.delete_cache", "pipelines.get_cache_content_uri"),
        ("pipelines.delete_runner", "pipelines.get_runner"),
        ("pipelines.delete_workspace_runner", "pipelines.get_workspace_runner"),
    ),
    found={"Pipeline": _latest},
    linkless=frozenset(
        {
            "DeploymentVariable",
            "PipelineBuildNumber",
            "PipelineCache",
            "PipelineCacheContentUri",
            "PipelineCommand",
            "PipelineCommitTarget",
            "PipelineConfigurationSource",
            "PipelineError",
            "PipelineImage",
            "PipelineKnownHost",
            "PipelineMergeQueueTarget",
            "PipelinePullRequestTarget",
            "PipelineRefTarget",
            "PipelineResult",
            "PipelineRunner",
            "PipelineRunnerOAuthClient",
            "PipelineRunnerState",
            "PipelineRunnerVersion",
            "PipelineSchedule",
            "PipelineScheduleExecution",
            "PipelineSelector",
            "PipelineSshKeyPair",
            "PipelineSshPublicKey",
            "PipelineStage",
            "PipelineState",
            "PipelineStep",
            "PipelineTestCase",
            "PipelineTestCaseReason",
            "PipelineTestReport",
            "PipelineTrigger",
            "PipelineVariable",
            "PipelinesConfig",
        }
    ),
    abstract=frozenset({"PipelineTarget"}),
)
