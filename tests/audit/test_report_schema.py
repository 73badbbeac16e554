"""The JSON Schema of a report's lines, which says to others what is in them."""

from __future__ import annotations

import copy
import json
from typing import Any, get_args

import pytest
from attrs import evolve, fields
from jsonschema import Draft202012Validator

from bbasync.audit.change import Change
from bbasync.audit.facts import Right
from bbasync.audit.findings import Finding, RuleInfo
from bbasync.audit.found import Fact, WorkspaceAudit
from bbasync.audit.report import Report, schema, write_jsonl
from bbasync.audit.report.flat import KEYS_OF, LISTS
from tests.audit.reported import ANN, acme, full, written

SCHEMA = schema()
KINDS = {
    "audit",
    "workspace",
    "rule",
    "finding",
    "change",
    "end",
    *LISTS,
}
RARE = {f"repository_{one}" for one in ("project", "main_branch", "parent", "parent_name")}
"""What is in a line only where it differs from the repository's own."""


def lines(report: Report) -> list[dict[str, Any]]:
    """The lines of *report*."""
    return [json.loads(one) for one in written(write_jsonl, report).splitlines()]


@pytest.fixture
def strict() -> Draft202012Validator:
    """The schema, which takes no key that it does not describe."""
    closed = copy.deepcopy(SCHEMA)
    for one in closed["$defs"].values():
        if "additionalProperties" in one:
            one["additionalProperties"] = False
    return Draft202012Validator(closed, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_every_line_is_as_the_schema_says(strict: Draft202012Validator) -> None:
    """A report with a line of each kind has no key, type or kind that is not described."""
    rows = lines(full())
    assert {row["kind"] for row in rows} == KINDS
    for row in rows:
        strict.validate(row)


def test_a_line_that_is_otherwise_is_noticed(strict: Draft202012Validator) -> None:
    """A key too much, a key too few, another type: the check above can fail."""
    for row in lines(full()):
        key = next(name for name in row if name != "kind")
        for wrong in (row | {"odd": 1}, row | {key: {}}, {k: row[k] for k in row if k != key}):
            assert not strict.is_valid(wrong), wrong


def test_the_schema_is_one_and_describes_everything() -> None:
    """Each kind and each key has a description, and takes keys of newer versions."""
    Draft202012Validator.check_schema(SCHEMA)
    for name, one in SCHEMA["$defs"].items():
        assert one["description"], name
        for key, value in one.get("properties", {}).items():
            assert key == "kind" or "description" in value or "$ref" in value, (name, key)
    assert {one["if"]["properties"]["kind"]["const"] for one in SCHEMA["allOf"]} == KINDS
    for kind in KINDS:
        definition = SCHEMA["$defs"][kind]
        assert definition["additionalProperties"] is True
        assert set(definition["required"]) == definition["properties"].keys() - RARE


def test_kinds_of_newer_versions_are_no_mistake() -> None:
    """A reader that validates needs not know them."""
    assert Draft202012Validator(SCHEMA).is_valid({"kind": "weather", "is": "fine"})
    assert not Draft202012Validator(SCHEMA).is_valid({"is": "fine"})


def test_every_key_of_the_schema_is_in_a_line() -> None:
    """Nothing is described that nobody writes."""
    rows = lines(full())
    report = full()
    odd = [Right(ANN, evolve(one, project="odd"), "read") for one in acme().repositories]
    report.audits[0].rights.extend(odd)
    rows += lines(report)
    for kind in KINDS:
        found = {key for row in rows if row["kind"] == kind for key in row}
        described = SCHEMA["$defs"][kind]["properties"].keys()
        assert described - RARE <= found <= described
    assert any(row.keys() >= RARE for row in rows)


@pytest.mark.parametrize("kind", KEYS_OF, ids=lambda one: one.__name__)
def test_every_attribute_is_in_a_line(kind: type) -> None:
    """What a later version adds to a fact is not forgotten here; of errors there is the class."""
    attributes = {one.name for one in fields(kind)} - {"cause"}
    assert attributes == {one.attribute for one in KEYS_OF[kind]}


def test_every_fact_has_its_kind_and_its_place() -> None:
    """What a workspace can hold is what lines are read into."""
    assert set(KEYS_OF) == {*get_args(Fact), Finding, Change, RuleInfo}
    assert {kind for kind, _ in LISTS.values()} == set(get_args(Fact))
    named = {one.name for one in fields(WorkspaceAudit)}
    assert {name for _, name in LISTS.values()} == named - {"workspace", "level", "only"}
