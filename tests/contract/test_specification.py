"""What is declared agrees with the service's own description, or says why it does not.

The description is read where it lies beside the repository, in ``../shared/api``.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest

from bbasync import OPERATIONS
from bbasync.api import Operation
from bbasync.model.shape import wire_name

SPECIFICATION = Path(__file__).parents[3] / "shared" / "api"
LEFT_OUT = Path(__file__).with_name("left_out.txt")
FIRST = "/1.0/"
"""Where the addresses of API 1.0 begin, which the description leaves out."""

Key = tuple[str, str]
Problems = set[tuple[str, str, str]]

pytestmark = pytest.mark.skipif(
    not (SPECIFICATION / "operations.tsv").exists(),
    reason="the service's description does not lie beside the repository, in ../shared/api",
)


def test_what_is_declared_is_what_is_described() -> None:
    """Existence, scopes of both spellings, whose credential, deprecation, query, values and body.

    They agree but for the lines left out.
    """
    found = _missing() | {problem for one in OPERATIONS for problem in _problems(one)}
    reasons = _left_out()
    wrong = "\n".join(sorted(" ".join(one) for one in found - set(reasons)))
    assert not wrong, f"declare it so, or say in left_out.txt why not:\n{wrong}"
    assert sorted(set(reasons) - found) == [], "take these lines out of left_out.txt"


def test_only_what_changes_permissions_and_apps_is_kept_to_one_kind_of_credential() -> None:
    """An API token alone sets and takes permissions, and apps alone call what is about them."""
    api_token = {one for one in OPERATIONS if one.only == "api_token"}
    assert len(api_token) == 8
    assert all("/permissions-config/" in one.path for one in api_token)
    assert {one.method for one in api_token} == {"PUT", "DELETE"}
    named = {(one.method, one.path): one.only for one in OPERATIONS}
    forge = {key for key, row in _rows().items() if row["auth_types"] == "forge-oauth2"}
    assert forge == {key for key, only in named.items() if only == "forge"}
    connect = {key for key, only in named.items() if only == "connect_jwt"}
    assert connect == {("PUT", "/addon"), ("DELETE", "/addon")}


def test_whatever_is_left_out_has_a_reason() -> None:
    """Every line of left_out.txt can be read, and says why."""
    assert all(len(reason.split()) > 3 for reason in _left_out().values())


def test_the_description_is_read_whole() -> None:
    """There are 330 operations in it, and those of version 1.0 are none of them."""
    assert len(_rows()) == 330
    assert not any(path.startswith(FIRST) for _, path in _rows())


def _problems(operation: Operation) -> Problems:
    key = (operation.method, operation.path)
    if operation.path.startswith(FIRST):
        return set()
    row, described = _rows().get(key), _described().get(key)
    if row is None or described is None:
        return {("unknown", *key)}
    taken = {wire_name(one) for one in operation.signature.parameters}
    query = {one["name"]: one for one in described["parameters"] if one["in"] == "query"}
    wrong = {
        "scopes": set(_words(row["classic_scopes"])) != set(operation.scopes),
        "granular": set(_words(row["granular_scopes"])) != set(operation.granular_scopes),
        "only": _takers(operation) not in {"", row["auth_types"]},
        "deprecated": (row["deprecated"] == "deprecated") != operation.deprecated,
        "query": bool((set(query) | set(_words(row["query(!=required)"]))) - taken),
        "body": "requestBody" in described
        and not (operation.signature.in_form or taken & {"body"}),
        "values": any(not _accepts(operation, name, one) for name, one in query.items()),
    }
    return {(topic, *key) for topic, is_wrong in wrong.items() if is_wrong}


def _takers(operation: Operation) -> str:
    """The credentials that the description names, where ours says that no other is taken.

    It names neither OAuth consumers nor access tokens, so that it knows nothing of persons.
    """
    return {"api_token": "api-token", "forge": "forge-oauth2", "connect_jwt": "-"}.get(
        operation.only, ""
    )


def _missing() -> Problems:
    declared = {(one.method, one.path) for one in OPERATIONS}
    return {("undeclared", *key) for key in set(_rows()) - declared}


def _accepts(operation: Operation, name: str, described: Mapping[str, Any]) -> bool:
    """Whether every value that the description lists for a parameter is one of the type's."""
    listed = set(described["schema"].get("enum", ()))
    named = {wire_name(one): one for one in operation.signature.parameters}
    ours = _literals(operation.signature._hints.get(named.get(name, name)))
    return not listed or not ours or listed <= ours


def _literals(hint: Any) -> set[str]:
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    if get_origin(hint) in {Union, UnionType}:
        return {value for one in get_args(hint) for value in _literals(one)}
    return set()


@cache
def _rows() -> dict[Key, dict[str, str]]:
    with (SPECIFICATION / "operations.tsv").open(encoding="utf-8", newline="") as file:
        return {(one["method"], one["path"]): one for one in csv.DictReader(file, delimiter="\t")}


@cache
def _described() -> dict[Key, dict[str, Any]]:
    whole = json.loads((SPECIFICATION / "openapi.json").read_text("utf-8"))
    return {
        (method.upper(), path): {
            **operation,
            "parameters": [*place.get("parameters", ()), *operation.get("parameters", ())],
        }
        for path, place in whole["paths"].items()
        for method, operation in place.items()
        if method != "parameters"
    }


def _words(cell: str) -> list[str]:
    return [] if cell == "-" else [one.strip().rstrip("!") for one in cell.split(",")]


def _left_out() -> dict[tuple[str, str, str], str]:
    lines = LEFT_OUT.read_text("utf-8").splitlines()
    read = [
        re.fullmatch(r"(\w+) ([A-Z]+) (\S+): (.+)", line)
        for line in lines
        if line[:1] not in {"", "#"}
    ]
    assert all(read), f"{LEFT_OUT.name} has a line of another form"
    return {(one[1], one[2], one[3]): one[4] for one in read if one}
