"""Build statuses, reports, properties and code search of the fake."""

from __future__ import annotations

import pytest

from bbasync.fake import FakeBitbucket
from bbasync.fake.state import history
from tests.fake.conftest import Asker

SITE = "/repositories/acme/site"
BUILD = {"key": "lint", "state": "INPROGRESS", "url": "https://ci.example.com/1"}


@pytest.fixture
def commit(fake: FakeBitbucket) -> str:
    """The address of the newest commit."""
    site = fake.store.workspaces["acme"].repositories["site"]
    return f"{SITE}/commit/{history.commit_at(site, 0).hash}"


async def test_a_status_is_made_and_then_written_over(ask: Asker, commit: str) -> None:
    """The first time is 201 with a relative Location, the second 200, and there is one of it."""
    path = f"{commit}/statuses/build"
    first = await ask(path, "POST", json=BUILD)
    assert (first.status, first.json["type"], first.json["refname"]) == (201, "build", None)
    assert first.headers["Location"] == f"/!api/2.0{path}/lint"
    second = await ask(path, "POST", json={**BUILD, "state": "FAILED"})
    assert (second.status, second.json["uuid"]) == (200, first.json["uuid"])
    assert (await ask(f"{path}/lint")).json["state"] == "FAILED"
    keys = [one["key"] for one in await ask.walk(f"{commit}/statuses")]
    assert keys == ["tests", "docs", "lint"]


async def test_statuses_of_other_branches_are_left_out(ask: Asker, commit: str) -> None:
    """With a refname come those of that branch and those of none."""
    await ask(f"{commit}/statuses/build", "POST", json={**BUILD, "refname": "develop"})
    found = await ask.walk(f"{commit}/statuses?refname=develop")
    assert [one["key"] for one in found] == ["tests", "lint"]


async def test_a_pull_request_shows_statuses_of_its_own_branch(ask: Asker) -> None:
    """A status of the source commit shows once it has no branch, or the source branch."""
    path = f"{SITE}/pullrequests/1"
    source = (await ask(path)).json["source"]
    build = f"{SITE}/commit/{source['commit']['hash']}/statuses/build"
    before = [one["key"] for one in await ask.walk(f"{path}/statuses")]
    await ask(build, "POST", json={**BUILD, "refname": "another"})
    assert [one["key"] for one in await ask.walk(f"{path}/statuses")] == before
    await ask(f"{build}/lint", "PUT", json={"refname": source["branch"]["name"]})
    assert [one["key"] for one in await ask.walk(f"{path}/statuses")] == [*before, "lint"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"key": "lint"}, "state"),
        ({"state": "FAILED"}, "key"),
        ({**BUILD, "state": "GREEN"}, "state"),
        ({**BUILD, "url": "ci"}, "url"),
        ({**BUILD, "key": "x" * 41}, "key"),
    ],
)
async def test_a_bad_status_is_refused_by_name(
    ask: Asker, commit: str, body: dict[str, str], name: str
) -> None:
    """The error's fields say what is wrong."""
    answer = await ask(f"{commit}/statuses/build", "POST", json=body)
    assert (answer.status, list(answer.json["error"]["fields"])) == (400, [name])


async def test_a_key_stays_and_a_reader_writes_nothing(
    ask: Asker, fake: FakeBitbucket, commit: str
) -> None:
    """The key of a status can't change; who may only read the repository can't write statuses."""
    path = f"{commit}/statuses/build/tests"
    assert (await ask(path, "PUT", json={"key": "other"})).status == 400
    site = fake.store.workspaces["acme"].repositories["site"]
    reader = fake.account("outsider")
    site.users, site.project.users = {reader.uuid: "read"}, {}
    assert (await ask(path, auth="outsider")).status == 200
    assert (await ask(path, "PUT", json={"state": "FAILED"}, auth="outsider")).status == 403


async def test_a_report_is_written_over_as_a_whole(ask: Asker, commit: str) -> None:
    """What the second writing leaves out is gone; the uuid stays, and finds it too."""
    path = f"{commit}/reports/mine"
    body = {"title": "Mine", "details": "All", "result": "PASSED"}
    first = (await ask(path, "PUT", json=body)).json
    second = (await ask(path, "PUT", json={"title": "Mine", "details": "Less"})).json
    assert (first["result"], "result" in second) == ("PASSED", False)
    assert (second["uuid"], second["external_id"]) == (first["uuid"], "mine")
    uuid = first["uuid"].replace("{", "%7B").replace("}", "%7D")
    assert (await ask(f"{commit}/reports/{uuid}")).json == second
    assert (await ask(path, "DELETE")).status == 204
    assert (await ask(path, "DELETE")).status == 204
    assert (await ask(path)).status == 404


async def test_annotations_are_written_all_or_none(ask: Asker, commit: str) -> None:
    """One that is wrong, or one too many, and nothing is written."""
    path = f"{commit}/reports/scanner-001/annotations"
    good = {"external_id": "a", "annotation_type": "BUG", "summary": "One"}
    for bad in (
        {**good, "external_id": ""},
        {"external_id": "b", "summary": "No type"},
        {**good, "external_id": "b", "severity": "AWFUL"},
    ):
        assert (await ask(path, "POST", json=[good, bad])).status == 400
    many = [{**good, "external_id": f"a-{n}"} for n in range(101)]
    assert (await ask(path, "POST", json=many)).status == 400
    assert (await ask(path)).json["size"] == 2
    assert len((await ask(path, "POST", json=[good])).json) == 1


async def test_a_report_holds_a_thousand_annotations(ask: Asker, commit: str) -> None:
    """The next one is refused."""
    path = f"{commit}/reports/scanner-001/annotations"
    good = {"annotation_type": "BUG", "summary": "One"}
    for start in range(0, 900, 100):
        some = [{**good, "external_id": f"a-{start + n}"} for n in range(100)]
        assert (await ask(path, "POST", json=some)).status == 200
    rest = [{**good, "external_id": f"b-{n}"} for n in range(99)]
    assert (await ask(path, "POST", json=rest)).status == 400
    assert (await ask(path, "POST", json=rest[:98])).status == 200
    assert (await ask(path)).json["size"] == 1000


async def test_properties_of_different_subjects_are_apart(ask: Asker, fake: FakeBitbucket) -> None:
    """What is kept on a repository is not on its commits, and the app's name counts."""
    auth = f"Bearer {fake.oauth_token}"
    path = f"{SITE}/properties/app/name"
    assert (await ask(path, "PUT", json={"a": 1}, auth=auth)).status == 204
    assert (await ask(path)).json == {"a": 1}
    assert (await ask(f"{SITE}/properties/other/name")).status == 404
    assert (await ask(f"{SITE}/commit/HEAD/properties/app/name")).status == 404
    assert (await ask(f"{SITE}/pullrequests/99/properties/app/name")).status == 404


async def test_a_connect_token_is_no_bearer(ask: Asker, fake: FakeBitbucket) -> None:
    """The app's token goes with its own scheme, spelt in capitals, and with no other."""
    scheme, _, token = fake.connect_authorization.partition(" ")
    assert (await ask(SITE, auth=f"{scheme} {token}")).status == 200
    assert (await ask(SITE, auth=f"Bearer {token}")).status == 401
    assert (await ask(SITE, auth=f"jwt {token}")).status == 401
    assert (await ask(SITE, auth=f"JWT {fake.access_token}")).status == 401


async def test_code_search_pages_and_tells_more(ask: Asker) -> None:
    """Pages have a key more than others; the repository of a file comes when it is asked for."""
    path = "/workspaces/acme/search/code?search_query=main.py&pagelen=3"
    page = (await ask(path)).json
    assert (len(page["values"]), page["query_substituted"]) == (3, False)
    assert page["values"][0]["content_match_count"] > 1
    assert "commit" not in page["values"][0]["file"]
    more = (await ask(f"{path}&fields=%2Bvalues.file.commit.repository")).json
    assert more["values"][0]["file"]["commit"]["repository"]["full_name"].startswith("acme/")
    assert (await ask("/workspaces/acme/search/code?search_query=")).status == 400


async def test_a_stranger_finds_only_what_is_public(ask: Asker, fake: FakeBitbucket) -> None:
    """Files of repositories that the caller can't see are not found."""
    found = await ask.walk(
        "/workspaces/acme/search/code?search_query=main.py&pagelen=100", auth="outsider"
    )
    site = fake.store.workspaces["acme"].repositories["site"]
    site.users, site.project.users = {}, {}
    fewer = await ask.walk(
        "/workspaces/acme/search/code?search_query=main.py&pagelen=100", auth="outsider"
    )
    assert len(fewer) <= len(found)
    assert all("/acme/site/" not in one["file"]["links"]["self"]["href"] for one in fewer)
