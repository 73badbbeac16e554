"""How branches are named, and who may do what to which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from ..model.link import link
from ..model.resource import Resource, resource

if TYPE_CHECKING:
    from .account import Account
    from .group import Group
    from .ref import Branch

__all__ = [
    "BranchRestriction",
    "BranchType",
    "BranchingModel",
    "BranchingModelSettings",
    "EffectiveBranchingModel",
    "ModelBranch",
    "ProjectBranchingModel",
]


@resource("branchrestriction")
class BranchRestriction(Resource):
    """One rule for the branches that match a pattern, or that are of a type of the model."""

    type: str | None = None
    id: int | None = None
    kind: str | None = None
    """``push``, ``delete``, ``force`` or ``restrict_merges``: who may. Checks before a merge:
    ``require_tasks_to_be_completed``, ``require_approvals_to_merge``,
    ``require_review_group_approvals_to_merge``, ``require_default_reviewer_approvals_to_merge``,
    ``require_no_changes_requested``, ``require_passing_builds_to_merge``,
    ``require_commits_behind``, ``require_all_dependencies_merged``,
    ``require_all_comments_resolved``, ``enforce_merge_checks``. What a change resets or allows:
    ``reset_pullrequest_approvals_on_change``, ``smart_reset_pullrequest_approvals``,
    ``reset_pullrequest_changes_requested_on_change``, ``allow_auto_merge_when_builds_pass``."""
    branch_match_kind: str | None = None
    """``glob`` or ``branching_model``."""
    pattern: str | None = None
    """For ``glob``; ``*`` is any number of characters, slashes too. Else empty."""
    branch_type: str | None = None
    """For ``branching_model``: ``feature``, ``bugfix``, ``release``, ``hotfix``, ``development``
    or ``production``."""
    value: int | None = None
    """How many approvals, builds or commits, of the kinds that count something."""
    users: Sequence[Account] | None = None
    """Who is exempt, for ``push`` and ``restrict_merges``: nobody, where it is empty."""
    groups: Sequence[Group] | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this rule again."""


@resource()
class BranchType(Resource):
    """A kind of branch, and how the names of its branches begin."""

    kind: str | None = None
    """``feature``, ``bugfix``, ``release`` or ``hotfix``."""
    prefix: str | None = None
    enabled: bool | None = None
    """Only in settings; elsewhere all that come are."""


@resource()
class ModelBranch(Resource):
    """Which branch is the development or the production branch."""

    name: str | None = None
    """None where *use_mainbranch* is set, in settings and in empty repositories."""
    use_mainbranch: bool | None = None
    branch: Branch | None = None
    """The branch itself, where it exists; only in the model of a repository."""
    is_valid: bool | None = None
    """Whether it exists; only in settings."""
    enabled: bool | None = None
    """Only in settings, for the production branch."""


@resource("branching_model")
class BranchingModel(Resource):
    """The model as it holds in a repository: what is enabled, with its branches."""

    type: str | None = None
    development: ModelBranch | None = None
    production: ModelBranch | None = None
    """None where it is disabled."""
    branch_types: Sequence[BranchType] | None = None

    @link("self")
    async def self_(self) -> Self:
        """Fetch this model again."""


@resource("project_branching_model")
class ProjectBranchingModel(BranchingModel):
    """The model that the repositories of a project inherit."""


@resource("effective_repo_branching_model")
class EffectiveBranchingModel(BranchingModel):
    """The model that a repository has, be it its own or its project's."""

    origin: Any = None
    """Where it comes from, where that is told."""


@resource("branching_model_settings")
class BranchingModelSettings(Resource):
    """What the model is made of, disabled parts too."""

    type: str | None = None
    development: ModelBranch | None = None
    production: ModelBranch | None = None
    branch_types: Sequence[BranchType] | None = None
    default_branch_deletion: Any = None
    """Whether a merge deletes the source branch unless told otherwise; sent as text too."""

    @link("self")
    async def self_(self) -> Self:
        """Fetch these settings again."""
