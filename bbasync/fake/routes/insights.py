"""Reports on commits, and their annotations."""

from typing import Any

from .. import access
from ..bodies import json_object, json_value
from ..exchange import Call, Reply
from ..pages import numbered
from ..render.builds import insight
from ..replies import bad_request, error, not_found
from ..routing import Group
from ..state.insights import Annotation, Insights, Report, pick_out
from .commits import find_in_path
from .repositories import ONE, READ

ALL = f"{ONE}/commit/{{commit}}/reports"
EACH = f"{ALL}/{{reportId}}"
FINDINGS = f"{EACH}/annotations"
FINDING = f"{FINDINGS}/{{annotationId}}"
AT_ONCE, IN_ALL, FIGURES = 100, 1000, 10
REPORT: dict[str, tuple[str, ...]] = {
    "title": (),
    "details": (),
    "reporter": (),
    "link": (),
    "remote_link_enabled": (),
    "logo_url": (),
    "report_type": ("SECURITY", "COVERAGE", "TEST", "BUG"),
    "result": ("PASSED", "FAILED", "PENDING"),
    "data": (),
}
"""What can be said in a report; of some members, the values that there are."""
ANNOTATION: dict[str, tuple[str, ...]] = {
    "title": (),
    "summary": (),
    "details": (),
    "path": (),
    "line": (),
    "link": (),
    "annotation_type": ("VULNERABILITY", "CODE_SMELL", "BUG"),
    "result": ("PASSED", "FAILED", "SKIPPED", "IGNORED"),
    "severity": ("CRITICAL", "HIGH", "MEDIUM", "LOW"),
}

group = Group()


@group.on("GET", ALL, *READ)
def list_reports(call: Call) -> Reply:
    """List the reports on a commit."""
    return numbered(call, list(_reports(call).values()), insight)


@group.on("GET", EACH, *READ)
def get_report(call: Call) -> Reply:
    """Read a report."""
    return Reply(body=insight(_report(call)))


@group.on("PUT", EACH, *READ, login=True)
def put_report(call: Call) -> Reply:
    """Write a report, over the one of that id as a whole."""
    known, name = _reports(call, "write"), call.params["reportId"]
    said = _said(json_object(call), REPORT, "Report", ("title", "details"))
    data = said.get("data", [])
    if not isinstance(data, list) or len(data) > FIGURES:
        raise bad_request(f"A report has a list of at most {FIGURES} data fields.")
    now, old = _now(call), pick_out(known, name)
    if old is None:
        old = known[name] = Report(call.store.new_uuid(), name, {}, now, now)
    old.said, old.updated_on = said, now
    return Reply(body=insight(old))


@group.on("DELETE", EACH, *READ, login=True)
def delete_report(call: Call) -> Reply:
    """Delete a report with its annotations; one that is not there is deleted already."""
    known = _reports(call, "write")
    found = pick_out(known, call.params["reportId"])
    if found is not None:
        del known[found.external_id]
    return Reply(204)


@group.on("GET", FINDINGS, *READ)
def list_annotations(call: Call) -> Reply:
    """List the annotations of a report."""
    return numbered(call, list(_report(call).annotations.values()), insight)


@group.on("POST", FINDINGS, *READ, login=True)
def post_annotations(call: Call) -> Reply:
    """Write annotations, over those of the same ids; all of them or none."""
    report, body = _report(call, "write"), json_value(call)
    if not isinstance(body, list) or len(body) > AT_ONCE:
        raise bad_request(f"The body is a list of at most {AT_ONCE} annotations.")
    read: dict[str, dict[str, Any]] = {}
    for one in body:
        name = one.get("external_id") if isinstance(one, dict) else None
        if not isinstance(name, str) or not name or name in read:
            raise bad_request("Each annotation needs an external_id of its own.")
        read[name] = _said(one, ANNOTATION, "Annotation", ("annotation_type", "summary"))
    _leave_room(report, set(read))
    return Reply(body=[insight(_write(call, report, name, said)) for name, said in read.items()])


@group.on("GET", FINDING, *READ)
def get_annotation(call: Call) -> Reply:
    """Read an annotation."""
    return Reply(body=insight(_annotation(call, _report(call))))


@group.on("PUT", FINDING, *READ, login=True)
def put_annotation(call: Call) -> Reply:
    """Write an annotation, over the one of that id as a whole."""
    report, name = _report(call, "write"), call.params["annotationId"]
    said = _said(json_object(call), ANNOTATION, "Annotation", ("annotation_type", "summary"))
    _leave_room(report, {name})
    return Reply(body=insight(_write(call, report, name, said)))


@group.on("DELETE", FINDING, *READ, login=True)
def delete_annotation(call: Call) -> Reply:
    """Delete an annotation."""
    report = _report(call, "write")
    del report.annotations[_annotation(call, report).external_id]
    return Reply(204)


def _reports(call: Call, need: str = "read") -> dict[str, Report]:
    one = access.repository(call, need)
    return call.store.part(one, Insights).of(find_in_path(one, call.params["commit"]))


def _report(call: Call, need: str = "read") -> Report:
    found = pick_out(_reports(call, need), call.params["reportId"])
    if found is None:
        raise not_found("The report with the given ID was not found.")
    return found


def _annotation(call: Call, report: Report) -> Annotation:
    found = pick_out(report.annotations, call.params["annotationId"])
    if found is None:
        raise not_found("The annotation with the given ID was not found.")
    return found


def _write(call: Call, report: Report, name: str, said: dict[str, Any]) -> Annotation:
    now, one = _now(call), pick_out(report.annotations, name)
    if one is None:
        one = report.annotations[name] = Annotation(call.store.new_uuid(), name, {}, now, now)
    one.said, one.updated_on = said, now
    return one


def _leave_room(report: Report, more: set[str]) -> None:
    if len(more | set(report.annotations)) > IN_ALL:
        raise bad_request(f"A report has at most {IN_ALL} annotations.")


def _said(
    body: dict[str, Any], known: dict[str, tuple[str, ...]], what: str, needed: tuple[str, ...]
) -> dict[str, Any]:
    """Check a body, and keep what is known of it."""
    missing = [name for name in needed if not body.get(name)]
    if missing:
        names = ", ".join(missing)
        raise error(400, f"Cannot build {what}, some of required attributes are not set [{names}]")
    for name, values in known.items():
        if values and body.get(name) is not None and body[name] not in values:
            raise bad_request(f"{name} must be one of: {', '.join(values)}")
    return {name: body[name] for name in known if body.get(name) is not None}


def _now(call: Call) -> str:
    return call.store.now().replace("+00:00", "Z")
