"""Rules about what grants power beside rights: deploy keys, webhooks and branches."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date
from fnmatch import translate
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import urlsplit

from ..facts import DeployKey, Hook, Project, Repo, Restriction
from .case import Case
from .table import Hit, rule

RestrictionKind = Literal[
    "force",
    "delete",
    "push",
    "restrict_merges",
    "require_approvals_to_merge",
    "require_default_reviewer_approvals_to_merge",
    "require_review_group_approvals_to_merge",
    "require_no_changes_requested",
    "require_tasks_to_be_completed",
    "require_all_comments_resolved",
    "require_passing_builds_to_merge",
    "require_commits_behind",
    "require_all_dependencies_merged",
    "enforce_merge_checks",
]
"""The kinds of branch restrictions that forbid something, or demand it before a merge."""

BranchType = Literal["development", "production", "feature", "bugfix", "release", "hotfix"]


@rule(
    "Deploy keys that nobody uses",
    help=(
        "A key that was not used for long still opens the repository to whoever holds it. "
        "Delete it if nobody can say what it is for."
    ),
    severity="warning",
    level="full",
)
def stale_deploy_keys(
    case: Case,
    *,
    days: Annotated[int, "For how many days a key may go unused, or never used since added."] = 90,
) -> Iterator[Hit]:
    """Keys whose last use, or whose adding if never used, was more than *days* days ago."""
    for key in case.audit.deploy_keys:
        since, where = (
            _unused_since(key, case.today, days),
            _place(case, key.repository, key.project),
        )
        if since is not None:
            yield Hit(
                f"the deploy key {key.label} of {where} {since}",
                key.repository,
                key.project,
                thing=str(key.id),
            )


def _unused_since(key: DeployKey, today: date, days: int) -> str | None:
    moment = key.last_used or key.added_on
    if moment is None:
        return "was never used, and the service does not tell when it was added"
    # What comes without a zone is in UTC.
    day = (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    if (today - day).days <= days:
        return None
    what = "was last used" if key.last_used else "was never used since it was added"
    return f"{what} on {day}, more than {days} days ago"


@rule(
    "Webhooks over plain HTTP",
    help=(
        "What such a webhook sends, and its signature, can be read and changed on the way. "
        "Let it call an https:// address."
    ),
    severity="error",
    level="full",
)
def plain_http_webhooks(case: Case) -> Iterator[Hit]:
    """Active webhooks whose address begins with ``http://``."""
    for hook in case.audit.webhooks:
        if hook.active and hook.url.strip().casefold().startswith("http://"):
            yield _hook(case, hook, "without encryption")


@rule(
    "Webhooks that do not verify certificates",
    help=(
        "Whoever is on the way can pretend to be the receiver. Give the receiver a valid "
        "certificate, and let the webhook verify it."
    ),
    severity="warning",
    level="full",
)
def unverified_webhooks(case: Case) -> Iterator[Hit]:
    """Active webhooks that take any certificate."""
    for hook in case.audit.webhooks:
        if hook.active and hook.skip_cert_verification:
            yield _hook(case, hook, "without verifying its certificate")


def _hook(case: Case, hook: Hook, how: str) -> Hit:
    # The host alone: addresses of webhooks often hold a token.
    try:
        host = urlsplit(hook.url.strip()).hostname
    except ValueError:
        host = None
    return Hit(
        f"a webhook of {_place(case, hook.repository)} calls {host or 'its receiver'} {how}",
        hook.repository,
        thing=hook.uuid,
    )


@rule(
    "Main branches that are not protected",
    help=(
        "Without a branch restriction, everybody who may write can rewrite the main branch's "
        "history (force) or delete it (delete). Add a restriction of each kind; with push in "
        "kinds, changes to it need a restriction on who may push as well."
    ),
    severity="warning",
    level="full",
)
def unprotected_main_branches(
    case: Case,
    *,
    kinds: Annotated[
        Sequence[RestrictionKind], "A restriction of each of these kinds must cover it."
    ] = ("force", "delete"),
    branch_types: Annotated[
        Sequence[BranchType],
        "The types of the branching model that the main branch is of; development, unless "
        "the model was changed.",
    ] = ("development",),
) -> Iterator[Hit]:
    """Main branches which no restriction covers, one finding for each of *kinds* that lacks."""
    found: defaultdict[str, list[Restriction]] = defaultdict(list)
    for one in case.audit.restrictions:
        found[one.repository.uuid].append(one)
    for repository in case.audit.repositories:
        main = repository.main_branch
        if main is None or not case.knows("branch-restrictions", repository=repository.full_name):
            continue
        there = {
            one.what for one in found.get(repository.uuid, ()) if _covers(one, main, branch_types)
        }
        for kind in kinds:
            if kind not in there:
                yield Hit(
                    f"no branch restriction of the kind {kind} covers {main}, the main branch of "
                    f"{repository.full_name}",
                    repository,
                    thing=kind,
                )


def _covers(one: Restriction, branch: str, branch_types: Sequence[str]) -> bool:
    if one.match == "branching_model":
        return one.branch_type in branch_types
    return one.match == "glob" and _glob(one.pattern).fullmatch(branch) is not None


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    """Only ``*`` means anything in it: any characters, slashes too."""
    return re.compile(translate(re.sub(r"[?[]", r"[\g<0>]", pattern)))


def _place(case: Case, repository: Repo | None, project: Project | None = None) -> str:
    if repository is not None:
        return repository.full_name
    return f"the project {project.key}" if project else f"the workspace {case.audit.workspace}"
