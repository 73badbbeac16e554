"""What a pipeline is started with: its target and variables, as JSON and as a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ..errors import ArgumentError
from ..model.convert import to_wire
from ..resources import PipelineSelector, PipelineVariable, PullRequest

Variables: TypeAlias = Mapping[str, str] | Sequence[PipelineVariable | Mapping[str, Any]]
"""Values by name; or a list of variables, of which some may be secured."""


def target_of(
    branch: str | None,
    tag: str | None,
    commit: str | None,
    pullrequest: PullRequest | None,
    selector: PipelineSelector | None,
) -> dict[str, Any]:
    """The target that the arguments name; ArgumentError where that is none, or several."""
    given = {"branch": branch, "tag": tag, "pullrequest": pullrequest}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise ArgumentError(f"a pipeline runs on {named[0]} or on {named[1]}, not on both")
    if not named and commit is None:
        raise ArgumentError("a pipeline runs on something: branch, tag, commit or pullrequest")
    target: dict[str, Any] = {"type": "pipeline_commit_target"}
    if pullrequest is not None:
        if commit is not None:
            raise ArgumentError("the pull request's own commit is taken: leave commit out")
        target = _of_pullrequest(pullrequest)
    elif named:
        ref = {"ref_type": named[0], "ref_name": given[named[0]]}
        target = {"type": "pipeline_ref_target", **ref}
    if commit is not None:
        target["commit"] = _commit(commit)
    if selector is not None:
        target["selector"] = to_wire(selector)
    return target


def _of_pullrequest(request: PullRequest) -> dict[str, Any]:
    """A pull request's target, which names both branches and both commits."""
    if not isinstance(request, PullRequest):
        raise ArgumentError(f"pullrequest takes a PullRequest, not {request!r}")
    source, destination = request.source, request.destination
    ends = [
        source and source.branch and source.branch.name,
        destination and destination.branch and destination.branch.name,
        destination and destination.commit and destination.commit.hash,
        source and source.commit and source.commit.hash,
    ]
    if request.id is None or not all(ends):
        raise ArgumentError(
            f"{request!r} lacks its id, or the branch and commit of one of its ends: fetch it in "
            "full; no pipeline runs where the source was deleted"
        )
    return {
        "type": "pipeline_pullrequest_target",
        "source": ends[0],
        "destination": ends[1],
        "destination_commit": _commit(ends[2]),
        "commit": _commit(ends[3]),
        "pullrequest": {"id": str(request.id)},
    }


def _commit(name: Any) -> dict[str, Any]:
    return {"type": "commit", "hash": name}


def variables_of(variables: Variables) -> list[dict[str, Any]]:
    """Variables as the service takes them; ArgumentError where one is none."""
    if isinstance(variables, Mapping):
        return [{"key": key, "value": value} for key, value in variables.items()]
    if isinstance(variables, str) or not isinstance(variables, Iterable):
        raise ArgumentError("variables takes values by name, or a list of PipelineVariable")
    made = [to_wire(one) for one in variables]
    for one in made:
        if not isinstance(one, dict) or not one.get("key"):
            raise ArgumentError("variables: each one needs a key")
    return made


def query_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """*value* as a query: each text in it under the path that leads there, ``a.b[0].c``."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from query_of(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from query_of(one, f"{path}[{number}]")
    elif value is not None:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)
