"""Starting pipelines, from JSON or from YAML with a query."""

from typing import Any

from ..bodies import json_object, media_type
from ..exchange import Call
from ..pages import count
from ..replies import bad_request
from ..store import Repository
from . import history
from .pulls import PullRequests
from .runs import Run, Runs, of_pullrequest

YAML = "application/yaml"
REFS = {"branch": history.branches, "named_branch": history.branches, "tag": history.tags}


def start(call: Call, one: Repository, runs: Runs) -> Run:
    """Start what a body asks for, or a query beside a body in YAML."""
    if not runs.enabled:
        raise bad_request("Pipelines are not enabled for this repository.")
    if media_type(call) == YAML:
        if b"pipelines:" not in call.body:
            raise bad_request("The configuration has no pipelines in it.")
        asked = _nested(call.query)
    else:
        asked = json_object(call)
    variables = asked.get("variables", [])
    if not isinstance(variables, list) or not all(_is_variable(each) for each in variables):
        raise bad_request("Bad request", {"variables": ["Each variable needs a key."]})
    number = runs.next_number
    run = Run(
        uuid=call.store.new_uuid(),
        number=number,
        target=_target(call, one, asked.get("target")),
        trigger="MANUAL",
        creator=call.account.uuid if call.account else one.workspace.app.uuid,
        created_on=call.store.now().replace("+00:00", "Z"),
        variables=len(variables),
    )
    runs.next_number = number + 1
    runs.runs[run.uuid] = run
    return run


def _is_variable(each: Any) -> bool:
    return isinstance(each, dict) and bool(each.get("key"))


def _target(call: Call, one: Repository, asked: Any) -> dict[str, Any]:
    """Check a target, and find the commit that it means."""
    if not isinstance(asked, dict):
        raise bad_request("Bad request", {"target": ["A target is needed."]})
    selector = asked.get("selector", {"type": "default"})
    if not isinstance(selector, dict):
        raise bad_request("Bad request", {"selector": "expected a dictionary"})
    match asked.get("type"):
        case "pipeline_pullrequest_target":
            return _of_pullrequest(call, one, asked)
        case "pipeline_commit_target":
            return {**_base(one, asked, None), "selector": selector}
        case "pipeline_ref_target":
            name, kind = asked.get("ref_name"), asked.get("ref_type")
            refs = REFS[kind](one) if isinstance(kind, str) and kind in REFS else []
            found = next((ref for ref in refs if ref.name == name), None)
            if found is None:
                raise bad_request(f"There is no {kind} '{name}'.")
            tip = found.commit.hash
            named = {"ref_type": kind, "ref_name": name, "selector": selector}
            return {**_base(one, asked, tip), **named}
    raise bad_request("Bad request", {"target": [f"'{asked.get('type')}' is not a target."]})


def _base(one: Repository, asked: dict[str, Any], tip: str | None) -> dict[str, Any]:
    commit = asked.get("commit")
    name = commit.get("hash") if isinstance(commit, dict) else tip
    found = history.by_hash(one, name) if isinstance(name, str) else None
    if found is None:
        raise bad_request("The commit was not found in the repository.")
    return {"type": asked["type"], "commit": found.hash}


def _of_pullrequest(call: Call, one: Repository, asked: dict[str, Any]) -> dict[str, Any]:
    lacking = [
        name
        for name in ("source", "destination", "destination_commit", "commit", "pullrequest")
        if not asked.get(name)
    ]
    request = asked.get("pullrequest")
    number = request.get("id") if isinstance(request, dict) and not lacking else None
    if not 0 < count(str(number)) <= one.pullrequests:
        raise bad_request("Bad request", {"target": ["There is no such pull request."]})
    made = of_pullrequest(call.store.part(one, PullRequests).find(count(str(number))))
    return made | ({"selector": asked["selector"]} if "selector" in asked else {})


def _nested(query: list[tuple[str, str]]) -> dict[str, Any]:
    """Build the JSON that a query with paths for names stands for."""
    whole: dict[str, Any] = {}
    listed: dict[str, dict[str, Any]] = {}
    for path, value in query:
        first, _, rest = path.partition(".")
        name, bracket, _ = first.partition("[")
        if bracket and name == "variables":
            listed.setdefault(first, {})[rest] = value == "true" if rest == "secured" else value
            continue
        place = whole
        *way, last = path.split(".")
        for part in way:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise bad_request(f"The parameter {path} is no part of a target.")
        place[last] = value
    if listed:
        whole["variables"] = list(listed.values())
    return whole
