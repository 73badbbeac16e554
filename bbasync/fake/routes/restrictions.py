"""Rules for the branches of a repository."""

from typing import Any

from .. import access
from ..bodies import json_object, text
from ..exchange import Call, Reply
from ..pages import count, numbered
from ..render.branching import restriction
from ..replies import bad_request, error, not_found
from ..routing import Group
from ..state.branching import KINDS, Restriction, Restrictions
from ..store import Repository
from .repositories import ADMIN, ONE

RULES = f"{ONE}/branch-restrictions"
RULE = f"{RULES}/{{id}}"
RULE_KINDS = frozenset(
    {
        "push",
        "delete",
        "force",
        "restrict_merges",
        "require_tasks_to_be_completed",
        "require_approvals_to_merge",
        "require_review_group_approvals_to_merge",
        "require_default_reviewer_approvals_to_merge",
        "require_no_changes_requested",
        "require_passing_builds_to_merge",
        "require_commits_behind",
        "reset_pullrequest_approvals_on_change",
        "smart_reset_pullrequest_approvals",
        "reset_pullrequest_changes_requested_on_change",
        "require_all_dependencies_merged",
        "enforce_merge_checks",
        "allow_auto_merge_when_builds_pass",
        "require_all_comments_resolved",
    }
)
WHO = ("push", "restrict_merges")
NEEDED = ("users", "groups")
"""What rules about who may do something can't be without."""
TYPES = (*KINDS, "development", "production")

group = Group()


@group.on("GET", RULES, *ADMIN, login=True)
def list_rules(call: Call) -> Reply:
    """List rules, of one kind or for one pattern."""
    one, state = _rules(call)
    kind, pattern = call.arg("kind"), call.arg("pattern")
    chosen = [
        each
        for each in state.known.values()
        if kind in {None, each.kind} and pattern in {None, each.pattern}
    ]
    return numbered(call, chosen, lambda each: restriction(call, one, each))


@group.on("POST", RULES, *ADMIN, login=True)
def create_rule(call: Call) -> Reply:
    """Add a rule."""
    one, state = _rules(call)
    body = json_object(call)
    missing = [name for name in NEEDED if name not in body] if body.get("kind") in WHO else []
    if missing:
        raise bad_request("Bad request", {name: ["required key not provided"] for name in missing})
    made = _changed(call, one, Restriction(0, ""), body)
    _require_only(state, made)
    kept = state.add(
        made.kind,
        match_kind=made.match_kind,
        pattern=made.pattern,
        branch_type=made.branch_type,
        value=made.value,
        users=made.users,
        groups=made.groups,
    )
    rendered = restriction(call, one, kept)
    return Reply(201, rendered, {"Location": rendered["links"]["self"]["href"]})


@group.on("GET", RULE, *ADMIN, login=True)
def get_rule(call: Call) -> Reply:
    """Read a rule."""
    one, state = _rules(call)
    return Reply(body=restriction(call, one, _rule(call, state)))


@group.on("PUT", RULE, *ADMIN, login=True)
def update_rule(call: Call) -> Reply:
    """Change a rule; what is not sent stays."""
    one, state = _rules(call)
    old = _rule(call, state)
    made = _changed(call, one, old, json_object(call))
    _require_only(state, made)
    state.known[old.id] = made
    return Reply(body=restriction(call, one, made))


@group.on("DELETE", RULE, *ADMIN, login=True)
def delete_rule(call: Call) -> Reply:
    """Delete a rule."""
    _, state = _rules(call)
    del state.known[_rule(call, state).id]
    return Reply(204)


def _rules(call: Call) -> tuple[Repository, Restrictions]:
    one = access.repository(call, "admin")
    return one, call.store.part(one, Restrictions)


def _rule(call: Call, state: Restrictions) -> Restriction:
    found = state.known.get(count(call.params["id"]))
    if found is None:
        raise not_found(f"There is no branch restriction '{call.params['id']}' here.")
    return found


def _require_only(state: Restrictions, made: Restriction) -> None:
    if any(each.subject == made.subject and each.id != made.id for each in state.known.values()):
        raise error(409, "There is a restriction of this kind for these branches already.")


def _changed(call: Call, one: Repository, old: Restriction, body: dict[str, Any]) -> Restriction:
    """Give a rule with what a body says, if it says it rightly."""
    kind = text(body, "kind", old.kind)
    match_kind = text(body, "branch_match_kind", old.match_kind)
    if kind not in RULE_KINDS:
        raise bad_request("Bad request", {"kind": [f"'{kind}' is not a kind of restriction."]})
    by_model = match_kind == "branching_model"
    pattern = "" if by_model else text(body, "pattern", old.pattern)
    branch_type = body.get("branch_type", old.branch_type) if by_model else None
    if not by_model and not pattern:
        raise bad_request("Bad request", {"pattern": ["A glob restriction needs a pattern."]})
    if by_model and branch_type not in TYPES:
        raise bad_request("Bad request", {"branch_type": [f"One of: {', '.join(TYPES)}."]})
    value = body.get("value", old.value)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise bad_request("Bad request", {"value": ["expected an integer"]})
    users, groups = old.users, old.groups
    if "users" in body:
        users = [_person(call, each) for each in _several(body, "users")]
    if "groups" in body:
        groups = [_group(one, each) for each in _several(body, "groups")]
    return Restriction(old.id, kind, match_kind, pattern, branch_type, value, users, groups)


def _several(body: dict[str, Any], name: str) -> list[Any]:
    found = body[name] or []
    if not isinstance(found, list):
        raise bad_request("Bad request", {name: "expected a list"})
    return found


def _person(call: Call, said: Any) -> str:
    name = said.get("uuid") or said.get("account_id") if isinstance(said, dict) else None
    found = call.store.find_account(str(name))
    if found is None:
        raise bad_request("Bad request", {"users": [f"{name} is not a valid user"]})
    return found.uuid


def _group(one: Repository, said: Any) -> str:
    slug = said.get("slug") if isinstance(said, dict) else None
    if not isinstance(slug, str) or slug not in one.workspace.groups:
        raise bad_request("Bad request", {"groups": [f"{slug} is not a valid group"]})
    return slug
