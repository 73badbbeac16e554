"""What a pipeline did, as OpenTelemetry's traces: the one delivery that is laid out otherwise."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from ..exchange import Call
from ..state.runs import BUILD_SECONDS, COMPLETED, Run, Step
from ..store import Repository
from .telling import note, subscribed

EVENT = "pipeline:span_created"
NANOSECONDS = 1_000_000_000


def run_ended(call: Call, one: Repository, run: Run) -> None:
    """Tell of a pipeline that has just ended; of one that has not there is nothing to tell."""
    hooks = subscribed(EVENT, one.workspace, one)
    if hooks and run.phase in COMPLETED:
        note(call, EVENT, hooks, traced(one, run))


def traced(one: Repository, run: Run) -> dict[str, Any]:
    """Lay a pipeline out as spans: the run, its steps, and a command in each."""
    start = datetime.fromisoformat(run.created_on)
    end = start + timedelta(seconds=BUILD_SECONDS)
    trace = _digits(run.uuid, 32)
    whole = _span((trace, run.uuid, ""), "bbc.pipeline_run", start, end)
    whole["attributes"] = _attributes(_about(one, run))
    spans = [whole]
    each = (end - start) / len(run.steps)
    for number, step in enumerate(run.steps):
        began = start + number * each
        spans += _step(trace, run, step, began, began + each)
    source = {"attributes": _attributes({"service.name": "bitbucket-pipelines"})}
    scope = {"scope": {"name": "bitbucket-pipelines"}, "spans": spans}
    return {"resourceSpans": [{"resource": source, "scopeSpans": [scope]}]}


def _about(one: Repository, run: Run) -> dict[str, str | int]:
    known: dict[str, str | int] = {
        "pipeline.account.uuid": one.workspace.uuid,
        "pipeline.repository.full_name": one.full_name,
        "pipeline.repository.uuid": one.uuid,
        "pipeline.uuid": run.uuid,
        "pipeline.build_number": run.number,
        "pipeline.state.result.name": run.phase,
        "pipeline.trigger.name": run.trigger,
        "pipeline_run.uuid": run.uuid,
        "pipeline_run.run_number": 1,
    }
    name = run.target.get("ref_name") or run.target.get("source")
    return known | ({"pipeline.target.ref_name": name} if name else {})


def _step(trace: str, run: Run, step: Step, start: datetime, end: datetime) -> list[dict[str, Any]]:
    ended = run.phase_of(step)
    around = _span((trace, step.uuid, run.uuid), "bbc.step", start, end)
    around["attributes"] = _attributes(
        {"step.uuid": step.uuid, "step.name": step.name, "step.state.result.name": ended}
    )
    inside = _span((trace, f"{step.uuid}:command", step.uuid), "bbc.command", start, end)
    inside["attributes"] = _attributes({"command": f"make {step.name.lower()}"})
    return [around, inside] if ended in COMPLETED else []


def _span(place: tuple[str, str, str], name: str, start: datetime, end: datetime) -> dict[str, Any]:
    """Lay out a span by its place: the trace, what it is of, and what it is within."""
    trace, key, parent = place
    return {
        "name": name,
        "traceId": trace,
        "spanId": _digits(key, 16),
        "parentSpanId": _digits(parent, 16) if parent else "",
        "kind": 1,
        "startTimeUnixNano": str(_nanoseconds(start)),
        "endTimeUnixNano": str(_nanoseconds(end)),
    }


def _nanoseconds(when: datetime) -> int:
    return int(when.timestamp()) * NANOSECONDS + when.microsecond * 1000


def _attributes(known: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue" if isinstance(value, int) else "stringValue": value}}
        for key, value in known.items()
    ]


def _digits(key: str, length: int) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:length]
