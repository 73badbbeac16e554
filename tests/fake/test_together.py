"""What one family of operations says agrees with what another one says of the same thing."""

from __future__ import annotations

from typing import Any

import pytest

SITE = "/repositories/acme/site"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def _push(ask: Any, branch: str, repository: str = SITE) -> str:
    """Push a commit; its hash."""
    said = f"branch={branch}&message=Push&pushed.txt={branch}".encode()
    made = await ask(f"{repository}/src", "POST", data=said, headers=FORM)
    return str(made.headers["Location"].rpartition("/")[2])


async def test_deployments_name_pipelines_of_the_same_commit(ask: Any) -> None:
    """Each says which listed pipeline made it, from its own commit, in which of its steps."""
    runs = {one["uuid"]: one for one in await ask.walk(f"{SITE}/pipelines")}
    found = await ask.walk(f"{SITE}/deployments")
    assert found
    for one in found:
        run = runs[one["release"]["pipeline"]["uuid"]]
        assert one["release"]["name"] == f"#{run['build_number']}"
        commit = run["target"].get("commit", one["release"]["commit"])["hash"]
        steps = await ask.walk(f"{SITE}/pipelines/{run['uuid']}/steps")
        assert one["step"]["uuid"] in {step["uuid"] for step in steps}
        if run["target"]["type"] != "pipeline_pullrequest_target":
            assert commit == one["release"]["commit"]["hash"]


async def test_an_open_pull_request_follows_its_branch(ask: Any) -> None:
    """What is pushed to the branch is its new source, with its statuses; and gets merged."""
    await _push(ask, "topic")
    body = {"title": "Topic", "source": {"branch": {"name": "topic"}}}
    made = (await ask(f"{SITE}/pullrequests", "POST", json=body)).json
    here = f"{SITE}/pullrequests/{made['id']}"
    pushed = await _push(ask, "topic")
    assert (await ask(here)).json["source"]["commit"]["hash"] == pushed[:12]
    status = {"key": "lint", "state": "FAILED"}
    await ask(f"{SITE}/commit/{pushed}/statuses/build", "POST", json=status)
    assert [one["key"] for one in await ask.walk(f"{here}/statuses")] == ["lint"]
    merged = (await ask(f"{here}/merge", "POST", json={})).json["merge_commit"]["hash"]
    newest = (await ask.walk(f"{SITE}/commits?pagelen=100"))[0]
    assert newest["hash"][:12] == merged
    assert pushed in {parent["hash"] for parent in newest["parents"]}
    later = await _push(ask, "topic")
    assert (await ask(here)).json["source"]["commit"]["hash"] == pushed[:12] != later[:12]


async def test_a_pull_request_outlives_the_fork_that_it_came_from(ask: Any) -> None:
    """Of its source the branch is left, and it can't be merged."""
    await ask(f"{SITE}/forks", "POST", json={"name": "Fork"})
    await _push(ask, "topic", "/repositories/acme/fork")
    source = {"branch": {"name": "topic"}, "repository": {"full_name": "acme/fork"}}
    body = {"title": "From a fork", "source": source}
    made = (await ask(f"{SITE}/pullrequests", "POST", json=body)).json
    await ask("/repositories/acme/fork", "DELETE")
    here = f"{SITE}/pullrequests/{made['id']}"
    left = (await ask(here)).json["source"]
    assert (left["branch"]["name"], left["commit"], left["repository"]) == ("topic", None, None)
    assert (await ask(f"{here}/merge", "POST", json={})).status == 400
    assert (await ask(here)).json["state"] == "OPEN"


@pytest.mark.parametrize("rest", ["", "/comments", "/statuses", "/reports", "/pullrequests"])
async def test_no_commit_is_found_by_a_branch_with_a_slash(ask: Any, rest: str) -> None:
    """In the path of a commit such a name finds nothing, whatever is asked of the commit."""
    assert (await ask(f"{SITE}/commit/hotfix{rest}")).status == 200
    assert (await ask(f"{SITE}/commit/feature%2Flogin-page{rest}")).status == 404


async def test_the_location_of_a_status_holds_its_key_encoded(ask: Any) -> None:
    """It is relative, and leads to the status even where the key has a slash or a line in it."""
    home = f"{SITE}/commit/main/statuses/build"
    made = await ask(home, "POST", json={"key": "a/b\r\nc", "state": "STOPPED"})
    where = made.headers["Location"]
    assert where.startswith("/!api/2.0/")
    found = await ask(ask.fake.url.removesuffix("/2.0") + where)
    assert found.json["key"] == "a/b\r\nc"


async def test_a_runner_is_found_by_the_uuid_that_it_was_given(ask: Any) -> None:
    """Braces around it may be left out, where it is made and where it is asked for."""
    uuid = "6f1f7e2e-0000-4000-8000-000000000001"
    home = f"{SITE}/pipelines-config/runners"
    made = await ask(home, "POST", json={"uuid": uuid, "name": "mine", "labels": ["linux"]})
    assert made.json["uuid"] == f"{{{uuid}}}"
    assert (await ask(f"{home}/{uuid}")).json["name"] == "mine"


async def test_refs_are_sorted_whatever_their_names_are(ask: Any) -> None:
    """A name that is a digit of another kind than 0 to 9 sorts as text."""
    body = {"name": "\u00b2", "target": {"hash": "main"}}
    await ask(f"{SITE}/refs/branches", "POST", json=body)
    assert "\u00b2" in {one["name"] for one in await ask.walk(f"{SITE}/refs/branches?sort=name")}


async def test_a_range_that_is_no_range_is_ignored(ask: Any) -> None:
    """So many digits are no position in a file: all of it is sent."""
    home = f"{SITE}/downloads"
    name = (await ask.walk(home))[0]["name"]
    where = (await ask(f"{home}/{name}")).headers["Location"]
    whole = await ask(where, auth="anonymous")
    headers = {"Range": f"bytes={'9' * 5000}-"}
    part = await ask(where, auth="anonymous", headers=headers)
    assert (part.status, part.body) == (200, whole.body)
