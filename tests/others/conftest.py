"""What other clients see of `bbasync fake`, and what is there without them.

All of it is done once and kept as JSON, however many workers the tests are spread over: a client
takes a while to install.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession
from attrs import frozen
from filelock import FileLock
from yarl import URL

from benchmarks.peers.environment import LeftOutError, environment
from benchmarks.peers.table import PEERS
from tests.cli.conftest import COMMAND
from tests.cli.conftest import environment as variables_of
from tests.fake.conftest import basic

ATLASSIAN: Final = next(one for one in PEERS if one.name == "atlassian-python-api")
SCRIPT: Final = Path(__file__).with_name("by_atlassian.py")
SIZES: Final = ("--members", "25", "--repositories", "24")  # several pages of a client's ten
WORKSPACE, CODE = "/workspaces/acme", "/repositories/acme/billing"
SITE, RUNS = "/repositories/acme/site", "/repositories/acme/api/pipelines"
GRANTS, SETTINGS = "/repositories/acme/catalog/permissions-config", "/repositories/acme/ledger"
PLACES: Final = {
    "workspaces": "/user/workspaces",
    "repositories": "/repositories/acme",
    "repository": SITE,
    "projects": f"{WORKSPACE}/projects",
    "branches": f"{CODE}/refs/branches",
    "tags": f"{CODE}/refs/tags",
    "commits": f"{CODE}/commits",
    "commits of main": f"{CODE}/commits/main",
    "file": f"{CODE}/src/main/README.md",
    "builds": f"{CODE}/commit/main/statuses",
    "open": f"{SITE}/pullrequests",
    "merged": f"{SITE}/pullrequests?state=MERGED",
    "declined": f"{SITE}/pullrequests?state=DECLINED",
    "first": f"{SITE}/pullrequests/4",
    "commits of first": f"{SITE}/pullrequests/4/commits",
    "comments": f"{SITE}/pullrequests/4/comments",
    "tasks": f"{SITE}/pullrequests/4/tasks",
    "changed": f"{SITE}/pullrequests/4/diffstat",
    "runs": RUNS,
    "steps": f"{RUNS}/{{run}}/steps",
    "log": f"{RUNS}/{{run}}/steps/{{step}}/log",
    "variables": "/repositories/acme/api/pipelines_config/variables",
    "members": f"{WORKSPACE}/members",
    "levels": f"{WORKSPACE}/permissions",
    "rights": f"{WORKSPACE}/permissions/repositories",
    "rights on one": f"{WORKSPACE}/permissions/repositories/site",
    "users of repository": f"{GRANTS}/users",
    "groups of repository": f"{GRANTS}/groups",
    "users of project": f"{WORKSPACE}/projects/WEB/permissions-config/users",
    "groups of project": f"{WORKSPACE}/projects/WEB/permissions-config/groups",
    "reviewers": f"{SETTINGS}/default-reviewers",
    "restrictions": f"{SETTINGS}/branch-restrictions",
    "hooks": f"{SETTINGS}/hooks",
}
"""What is read by plain HTTP, before a client came and after."""


@frozen
class Told:
    """What there was by plain HTTP before a client came and after, and what the client said."""

    before: dict[str, Any]
    after: dict[str, Any]
    said: dict[str, Any]

    def part(self, name: str) -> dict[str, Any]:
        """What the client said in one part, which must have gone well."""
        said = self.said[name]
        if isinstance(said, str):
            pytest.fail(said, pytrace=False)
        return said


@pytest.fixture(scope="session")
def told(shared: Path) -> Told:
    """What atlassian-python-api saw and did; skips where it can't be installed."""
    kept = shared / f"{ATLASSIAN.name}.json"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_text(json.dumps(_told()), encoding="utf-8")
    found = json.loads(kept.read_text(encoding="utf-8"))
    if isinstance(found, str):
        pytest.skip(f"{ATLASSIAN.name} is not here: {found}")
    return Told(**found)


def _told() -> dict[str, Any] | str:
    try:
        with environment(ATLASSIAN) as python, _serving() as variables:
            before = asyncio.run(_look(variables))
            said = _driven(python, variables)
            return {"before": before, "said": said, "after": asyncio.run(_look(variables))}
    except LeftOutError as error:
        return str(error)


@contextmanager
def _serving() -> Iterator[dict[str, str]]:
    """Run `bbasync fake` as a user does, and give the variables that it prints."""
    command = (*COMMAND, "fake", "--port", "0", *SIZES)
    with subprocess.Popen(command, env=variables_of({}), stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        try:
            lines = [one.stdout.readline() for _ in range(3)]
            found = [re.fullmatch(r"export (\w+)=(\S+)\n", line) for line in lines]
            yield dict(each.groups() for each in found if each)
        finally:
            one.terminate()


def _driven(python: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Run the client's script in its environment; warnings there are its own affair."""
    direct = {**variables_of(variables), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        [python, "-I", str(SCRIPT)], env=direct, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


async def _look(variables: Mapping[str, str]) -> dict[str, Any]:
    """Read all of it by plain HTTP."""
    shown = basic(variables["BITBUCKET_EMAIL"], variables["BITBUCKET_API_TOKEN"])
    base, seen, names = variables["BITBUCKET_BASE_URL"], {}, {}
    async with ClientSession(headers={"Authorization": shown}) as session:
        for name, path in PLACES.items():
            seen[name] = await _read(session, base + path.format(**names))
            if name == "runs":
                names["run"] = next(one["uuid"] for one in seen[name] if one.get("completed_on"))
            if name == "steps":
                names["step"] = seen[name][0]["uuid"]
    return seen


async def _read(session: ClientSession, address: str) -> Any:
    """Read a list to its end, or an object, or a text; nothing where there is none."""
    values: list[Any] = []
    url: str | None = address
    while url:
        async with session.get(URL(url)) as answer:
            if answer.status == 404:
                return None
            answer.raise_for_status()
            if answer.content_type != "application/json":
                return await answer.text()
            body = await answer.json()
        if "values" not in body:
            return body
        values += body["values"]
        url = body.get("next")
    return values
