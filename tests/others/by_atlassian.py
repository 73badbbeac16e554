"""What a user of atlassian-python-api does, in an environment that has it and nothing of bbasync.

It prints what that client saw and did, as JSON: a part is an object, or the text of its failure.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from atlassian.bitbucket import Cloud

Part = Callable[[Cloud], dict[str, Any]]
PARTS: list[Part] = []


def part(function: Part) -> Part:
    """Have *function* run, whatever becomes of the others."""
    PARTS.append(function)
    return function


@part
def permissions(cloud: Cloud) -> dict[str, Any]:
    """Read who may do what before there is more of it, and grant it, which takes bare requests."""
    workspace, repo = cloud.workspaces.get("acme"), cloud.repositories.get("acme", "catalog")
    rights = workspace.permissions
    people = [one.user["uuid"] for one in workspace.members.each()]
    said = {
        "members": people,
        "member": workspace.members.get(people[0]).user["display_name"],
        "levels": [[one.user["uuid"], one.permission] for one in rights.each()],
        "owners": [one.user["uuid"] for one in rights.each(q='permission="owner"')],
        "all": [_right(one) for one in rights.repositories(pagelen=50)],
        "of one": [_right(one) for one in rights.repositories("site")],
    }
    for place, right in (
        ("repositories/acme/catalog", "write"),
        ("workspaces/acme/projects/WEB", "create-repo"),
    ):
        config = f"{place}/permissions-config"
        cloud.put(f"{config}/users/{people[-1]}", data={"permission": right})
        cloud.put(f"{config}/users/{people[-2]}", data={"permission": "read"})
        cloud.delete(f"{config}/users/{people[-2]}")
        cloud.put(f"{config}/groups/developers", data={"permission": right})
    groups = repo.group_permissions
    said["groups"] = [[one.group["slug"], one.permission] for one in groups.each()]
    said["group"] = groups.get("developers").permission
    return said


@part
def repositories(cloud: Cloud) -> dict[str, Any]:
    """Walk workspaces and repositories; make, change and delete some."""
    workspace = cloud.workspaces.get("acme")
    listed = [one.uuid for one in workspace.repositories.each()]
    sorted_ = workspace.repositories.each(role="admin", q="is_private=true", sort="-name")
    said = {
        "workspaces": [one.slug for one in cloud.workspaces.each()],
        "listed": listed,
        "filtered": [one.slug for one in sorted_],
        "projects": [
            [one.key, [each.slug for each in one.repositories.each()]]
            for one in workspace.projects.each()
        ],
        "one": cloud.repositories.get("acme", "site").data,
        "exist": [workspace.repositories.exists(name) for name in ("site", "nowhere")],
    }
    kept = workspace.repositories.create(
        "kept", project_key="PLAT", is_private=True, fork_policy="no_forks"
    )
    kept.description = "from another client"
    said["kept"] = kept.update(language="python").data
    gone = workspace.repositories.create("gone")
    said["was there"] = workspace.repositories.exists("gone")
    gone.delete()
    said["is there"] = workspace.repositories.exists("gone")
    project = workspace.projects.create("Mars", "MARS", "Software for Mars")
    project.name = "Mars again"
    said["project"] = workspace.projects.get("MARS").name
    return said


@part
def code(cloud: Cloud) -> dict[str, Any]:
    """Read branches, tags, commits and files; make refs and a build status."""
    repo = cloud.repositories.get("acme", "billing")
    said = {
        "branches": [[one.name, one.hash] for one in repo.branches.each()],
        "tags": [[one.name, one.hash] for one in repo.tags.each()],
        "commits": [one.hash for one in repo.commits.each()],
        "of main": [one.hash for one in repo.commits.each(top="main")],
    }
    tip = repo.commits.get(repo.branches.get("main").hash)
    said["tip"] = [tip.hash, tip.message, tip.author.display_name]
    said["file"] = repo.get_source_file(tip.hash, "README.md").decode()
    repo.branches.create("other/branch", tip.hash)
    repo.tags.create("other", tip.hash)
    tip.add_build("other", "https://ci.example.com/1", "Runs elsewhere", "main")
    tip.get_build("other").update(state="SUCCESSFUL")
    said["builds"] = [[one.key, one.successful] for one in tip.builds()]
    return said


@part
def pullrequests(cloud: Cloud) -> dict[str, Any]:
    """Open some, say what one thinks of them, and merge or decline them."""
    repo = cloud.repositories.get("acme", "site")
    rights = cloud.workspaces.get("acme").permissions
    reviewer = [one.user for one in rights.each(q='permission="owner"')][-1]
    said = {
        "listed": [one.id for one in repo.pullrequests.each()],
        "merged": [one.id for one in repo.pullrequests.each(q='state="MERGED"', sort="-id")],
    }
    one = repo.pullrequests.create(
        *("From another client", "develop", "main", "All of it."),
        close_source_branch=False,
        reviewers=[reviewer["uuid"]],
    )
    said["opened"] = one.data
    said["reviewers"] = [one.display_name for one in one.reviewers()]
    said["changed"] = [[each.old.path, each.new.path, each.lines_added] for each in one.diffstat()]
    said["diff"] = one.diff()
    said["commits"] = [each.hash for each in one.commits]
    for text in ("Good.", "Bad.", "Taken back."):
        one.comment(text)
    _, bad, back = one.comments()
    bad.update(content={"raw": "Better."})
    back.delete()
    said["comments"] = [[each.raw, each.user.display_name] for each in one.comments()]
    one.add_task("Test it").update("Test it twice")
    said["tasks"] = [[each.description, each.is_resolved] for each in one.tasks()]
    one.request_changes()
    one.unrequest_changes()
    one.approve()
    one.unapprove()
    one.approve()
    there = repo.pullrequests.get(one.id)
    said["opinions"] = [[each.user.uuid, each.has_approved] for each in there.participants()]
    one.merge(merge_strategy="squash")
    declined = repo.pullrequests.create("Not wanted", "hotfix")
    declined.decline()
    usual = repo.pullrequests.create("As usual", "feature/login-page")
    usual.merge()
    said["ended"] = [
        [each.id, each.is_open, each.is_merged, each.is_declined]
        for each in (repo.pullrequests.get(ended.id) for ended in (one, declined, usual))
    ]
    return said


@part
def pipelines(cloud: Cloud) -> dict[str, Any]:
    """Walk runs, their steps and logs; run some, stop one, and keep variables."""
    repo = cloud.repositories.get("acme", "api")
    runs = list(repo.pipelines.each())
    ended = next(one for one in runs if one.completed_on)
    step = next(ended.steps())
    said = {
        "listed": [one.build_number for one in runs],
        "sorted": [one.build_number for one in repo.pipelines.each(sort="-created_on")],
        "run": ended.uuid,
        "steps": [[one.uuid, one.state, one.duration_in_seconds] for one in ended.steps()],
        "step": ended.step(step.uuid).data,
        "log": step.log().decode(),
        "range": [step.log(2, 7)[0], step.log(2, 7)[1].decode()],
    }
    begun = repo.pipelines.trigger("main")
    begun.stop()
    hash_ = repo.branches.get("main").hash
    given = [{"key": "HOW", "value": "well", "secured": False}]
    other = repo.pipelines.trigger("main", "commit", hash_, pattern="nightly", variables=given)
    said["begun"] = [begun.uuid, other.uuid]
    said["stopped"] = repo.pipelines.get(begun.uuid).get_data("state")["result"]["name"]
    variables = repo.repository_variables
    kept = variables.create("KEPT", "1", secured=False)
    kept.value = "2"
    variables.update_by_key("KEPT", "3")
    variables.create("GONE", "1", secured=True).delete()
    said["variables"] = [[one.key, one.value, one.secured] for one in variables.each()]
    return said


@part
def settings(cloud: Cloud) -> dict[str, Any]:
    """Keep default reviewers, branch restrictions and webhooks."""
    repo = cloud.repositories.get("acme", "ledger")
    said = {
        "reviewers": [one.uuid for one in repo.default_reviewers.each()],
        "restrictions": [
            [one.id, one.kind, one.pattern] for one in repo.branch_restrictions.each()
        ],
        "hooks": [one.uuid() for one in repo.hooks.each()],
    }
    people = [one.user for one in cloud.workspaces.get("acme").members.each()]
    repo.default_reviewers.add(people[-1]["uuid"])
    repo.default_reviewers.add(people[-2]["account_id"]).delete()
    said["reviewer"] = repo.default_reviewers.get(people[-1]["uuid"]).uuid
    said["no reviewer"] = repo.default_reviewers.get(people[-2]["uuid"])
    limits = repo.branch_restrictions
    kept = limits.create(
        "push", branch_pattern="other/*", users=[people[-1]], groups=[{"slug": "developers"}]
    )
    kept.update(pattern="others/*")
    limits.create("delete", "branching_model", branch_type="production").delete()
    said["restriction"] = limits.get(kept.id).data
    said["by pattern"] = [one.id for one in limits.each(kind="push", pattern="others/*")]
    hook = repo.hooks.create("https://example.com/hook", "Kept", ["repo:push"])
    hook.update(active=False, events=["repo:push", "pullrequest:created"])
    repo.hooks.create("https://example.com/gone", "Gone", ["repo:push"]).delete()
    said["hook"] = repo.hooks.get(hook.uuid()).data
    return said


def _right(one: Any) -> list[str]:
    return [one.repository["full_name"], one.user["uuid"], one.permission]


def main() -> None:
    """Do all of it as whom the environment says."""
    cloud = Cloud(
        os.environ["BITBUCKET_BASE_URL"].removesuffix("/2.0"),
        username=os.environ["BITBUCKET_EMAIL"],
        password=os.environ["BITBUCKET_API_TOKEN"],
    )
    said: dict[str, Any] = {}
    for one in PARTS:
        try:
            said[one.__name__] = one(cloud)
        except Exception:  # noqa: BLE001 - a part that fails is a finding, and others go on
            said[one.__name__] = traceback.format_exc()
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
