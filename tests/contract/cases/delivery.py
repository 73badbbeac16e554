"""Builds, reports, deployments, rules for branches, properties, code search, the app itself."""

from __future__ import annotations

from bbasync import BearerAuth, Bitbucket
from bbasync.fake import FakeBitbucket
from bbasync.fake.state import history
from bbasync.resources import (
    BranchingModelSettings,
    BranchRestriction,
    CommitStatus,
    DeployKey,
    Environment,
    EnvironmentChange,
    EnvironmentType,
    ProjectDeployKey,
    Report,
    ReportAnnotation,
    ReportData,
)

from . import Cases

SITE = ("acme", "site")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJustAnExample"
APP = ("example-app", "ticket")
WRITTEN = Report(
    title="Tests",
    details="All of them ran.",
    report_type="TEST",
    result="PASSED",
    data=[ReportData(title="Passed", type="PERCENTAGE", value=99.5)],
)
FOUND = ReportAnnotation(
    annotation_type="BUG", summary="Off by one", severity="LOW", path="README.md", line=3
)


async def _names(_: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    """The newest commit, and what was said about it from the beginning."""
    site = service.store.workspaces["acme"].repositories["site"]
    return {
        "workspace": "acme",
        "repo_slug": "site",
        "project_key": "WEB",
        "commit": history.commit_at(site, 0).hash,
        "key": "tests",
        "pull_request_id": "1",
        "pullrequest_id": "1",
        "reportId": "scanner-001",
        "annotationId": "scanner-001-1",
        "selected_user": service.account("owner").uuid,
        "username": "acme",
        "addon_key": "example-app",
        "app_key": APP[0],
        "property_name": APP[1],
    }


async def _of_deployments(client: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    own = await client.deployments.create_deploy_key(*SITE, DeployKey(key=KEY, label="Own"))
    body = ProjectDeployKey(key=KEY, label="Own")
    project = await client.deployments.create_project_deploy_key("acme", "WEB", body)
    environment = await client.deployments.list_environments(*SITE).first()
    deployment = await client.deployments.list(*SITE).first()
    assert environment is not None
    assert deployment is not None
    return {
        **await _names(client, service),
        "key_id": str(own.id),
        "get_project_deploy_key.key_id": str(project.id),
        "delete_project_deploy_key.key_id": str(project.id),
        "environment_uuid": str(environment.uuid),
        "deployment_uuid": str(deployment.uuid),
    }


async def _of_rules(client: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    first = await client.branch_restrictions.list(*SITE).first()
    assert first is not None
    return {**await _names(client, service), "id": str(first.id)}


async def _of_properties(client: Bitbucket, service: FakeBitbucket) -> dict[str, str]:
    names = await _names(client, service)
    value = {"seen": [1, None], "_attributes": ["public"]}
    async with Bitbucket(BearerAuth(service.oauth_token), base_url=service.url) as bb:
        kept = bb.properties
        await kept.update_commit_property(*SITE, names["commit"], *APP, value)
        await kept.update_repository_property(*SITE, *APP, value)
        await kept.update_pullrequest_property(*SITE, 1, *APP, value)
        await kept.update_user_property(names["selected_user"], *APP, value)
    return names


async def _status(bb: Bitbucket) -> CommitStatus | None:
    return await bb.commit_statuses.list_of_pullrequest(*SITE, 1).first()


SUBJECTS = ("commit", "repository", "pullrequest", "user")

CASES = Cases(
    groups={
        "addon": _names,
        "branch_restrictions": _of_rules,
        "branching_model": _names,
        "commit_statuses": _names,
        "deployments": _of_deployments,
        "properties": _of_properties,
        "reports": _names,
        "search": _names,
    },
    bodies={
        "addon.update": {"descriptor": {"key": "example-app", "scopes": ["repository"]}},
        "branch_restrictions.create": BranchRestriction(kind="force", pattern="main"),
        "branch_restrictions.update": BranchRestriction(pattern="release/*"),
        "branching_model.update_settings": BranchingModelSettings(default_branch_deletion="true"),
        "branching_model.update_project_settings": BranchingModelSettings(
            default_branch_deletion="true"
        ),
        "commit_statuses.create": CommitStatus(
            key="lint", state="INPROGRESS", url="https://ci.example.com/1"
        ),
        "commit_statuses.update": CommitStatus(state="STOPPED", refname="main"),
        "deployments.create_deploy_key": DeployKey(key=f"{KEY}2 me@example.com", label="New"),
        "deployments.update_deploy_key": DeployKey(key=KEY, label="Renamed"),
        "deployments.create_project_deploy_key": ProjectDeployKey(key=f"{KEY}2", label="New"),
        "deployments.create_environment": Environment(
            name="Load test", environment_type=EnvironmentType(name="Test")
        ),
        "deployments.update_environment": EnvironmentChange(change=Environment(name="Changed")),
        **{f"properties.update_{one}_property": ["any", {"JSON": None}] for one in SUBJECTS},
        "reports.update": WRITTEN,
        "reports.update_annotation": FOUND,
        "reports.create_annotations": [
            ReportAnnotation(external_id="a", annotation_type="BUG", summary="One"),
            {"external_id": "b", "annotation_type": "CODE_SMELL", "summary": "Two"},
        ],
    },
    given={
        "search.search_workspace": {"search_query": "main line"},
        "search.search_user": {"search_query": "main repo:site"},
        "search.search_team": {"search_query": "readme"},
    },
    auth={
        "addon.update": "connect_authorization",
        "addon.delete": "connect_authorization",
        "addon.get_client_key": "forge_token",
        **{
            f"properties.{verb}_{one}_property": "oauth_token"
            for one in SUBJECTS
            for verb in ("update", "delete")
        },
    },
    written=(
        ("branch_restrictions.update", "branch_restrictions.get"),
        ("branching_model.update_settings", "branching_model.get_settings"),
        ("branching_model.update_project_settings", "branching_model.get_project_settings"),
        ("commit_statuses.update", "commit_statuses.get"),
        ("deployments.update_deploy_key", "deployments.get_deploy_key"),
        ("reports.update", "reports.get"),
        ("reports.update_annotation", "reports.get_annotation"),
    ),
    deleted=(
        ("branch_restrictions.delete", "branch_restrictions.get"),
        ("deployments.delete_deploy_key", "deployments.get_deploy_key"),
        ("deployments.delete_project_deploy_key", "deployments.get_project_deploy_key"),
        ("deployments.delete_environment", "deployments.get_environment"),
        ("reports.delete", "reports.get"),
        ("reports.delete_annotation", "reports.get_annotation"),
        *(
            (f"properties.delete_{one}_property", f"properties.get_{one}_property")
            for one in SUBJECTS
        ),
    ),
    found={
        "BranchRestriction": lambda bb: bb.branch_restrictions.list(*SITE).first(),
        "BranchingModel": lambda bb: bb.branching_model.get(*SITE),
        "BranchingModelSettings": lambda bb: bb.branching_model.get_settings(*SITE),
        "CommitStatus": _status,
        "DeployKey": lambda bb: bb.deployments.list_deploy_keys(*SITE).first(),
        "EffectiveBranchingModel": lambda bb: bb.branching_model.get_effective(*SITE),
        "ProjectBranchingModel": lambda bb: bb.branching_model.get_project_model("acme", "WEB"),
        "ProjectDeployKey": lambda bb: bb.deployments.list_project_deploy_keys(
            "acme", "WEB"
        ).first(),
    },
    linkless=frozenset(
        {
            "BranchType",
            "CodeSearchResult",
            "ContentMatch",
            "Deployment",
            "DeploymentRelease",
            "DeploymentStateCompleted",
            "DeploymentStateInProgress",
            "DeploymentStateUndeployed",
            "DeploymentStatus",
            "Environment",
            "EnvironmentChange",
            "EnvironmentLock",
            "EnvironmentRestrictions",
            "EnvironmentType",
            "ModelBranch",
            "Report",
            "ReportAnnotation",
            "ReportData",
            "SearchLine",
            "SearchSegment",
        }
    ),
    abstract=frozenset({"DeploymentState"}),
)
