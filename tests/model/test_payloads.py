"""Answers as others recorded them: every field reads, and every dump is what came in."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bbasync.model.convert import binding
from bbasync.model.field import fields_of
from bbasync.model.resource import TYPES, Resource, from_wire
from bbasync.resources import HookEvent

PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads"
KINDS: dict[str, type[Resource]] = {
    **TYPES,
    "hook_event": HookEvent,
    "paginated_treeentries": TYPES["treeentry"],
    "paginated_pullrequests": TYPES["pullrequest"],
    "default_reviewer_and_type": TYPES["default_reviewer"],
    "base_commit": TYPES["commit"],
}
KNOWN_WRONG = {"responses/guyzmo__pybitbucket/Repository_create.json": ["owner"]}
"""Files of others' tests that are no answers of API 2.0, with the fields that can't be read."""


def recorded() -> list[Any]:
    """The files of declared types; one that is skipped where there are none."""
    manifest = PAYLOADS / "manifest.json"
    if not manifest.is_file():
        return [
            pytest.param("", "", marks=pytest.mark.skip("no recorded payloads beside the repo"))
        ]
    return [
        pytest.param(one["path"], one["resource"], id=one["path"].removeprefix("responses/"))
        for one in json.loads(manifest.read_text())
        if one["path"].startswith("responses/") and one["resource"] in KINDS
    ]


def objects(data: Any) -> Iterator[Any]:
    """The objects of an answer: the items of a page, or the one that it is."""
    values = data.get("values") if isinstance(data, dict) else data
    yield from values if isinstance(values, list) else [data]


def read_all(made: Resource, path: str = "") -> Iterator[str]:
    """Read each declared field at each depth; what was wrong, in words."""
    for name in fields_of(type(made)):
        try:
            value = getattr(made, name)
        except ValueError as error:
            yield f"{path}{name}: {error}"
            continue
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Resource):
                yield from read_all(one, f"{path}{name}.")


@pytest.mark.parametrize(("path", "resource"), recorded())
def test_every_recorded_answer_reads_whole(path: str, resource: str) -> None:
    """Each declared field of each object reads without an error, and nothing is lost."""
    data = json.loads((PAYLOADS / path).read_bytes())
    before = copy.deepcopy(data)
    token = binding.set(None)
    made = [from_wire(one, KINDS[resource], None) for one in objects(data)]
    wrong = [problem for one in made for problem in read_all(one)]
    binding.reset(token)
    assert [problem.partition(":")[0] for problem in wrong] == KNOWN_WRONG.get(path, []), wrong
    assert [one.to_dict() for one in made] == list(objects(before))
