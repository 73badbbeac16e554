"""Commits, refs, files, pull requests, and what their links lead to."""

import pytest

from tests.fake.conftest import Asker

SITE = "/repositories/acme/site"


async def test_every_link_of_a_repository_leads_somewhere(ask: Asker) -> None:
    """All links below the API can be followed; the issue tracker's says that it is gone."""
    links = (await ask(SITE)).json["links"]
    for rel, value in links.items():
        if isinstance(value, dict) and value["href"].startswith(ask.fake.url):
            assert (await ask(value["href"])).status == (410 if rel == "issues" else 200), rel


@pytest.mark.parametrize("path", ["commits", "refs/branches", "refs/tags", "src", "downloads"])
async def test_self_links_lead_back(ask: Asker, path: str) -> None:
    """The link of an item to itself leads to something."""
    for one in (await ask(f"{SITE}/{path}?pagelen=3")).json["values"]:
        assert (await ask(one["links"]["self"]["href"])).status in {200, 302}


async def test_commits_have_known_and_unknown_authors(ask: Asker) -> None:
    """Of some authors only the line of text is known, and some are apps."""
    authors = [one["author"] for one in await ask.walk(f"{SITE}/commits?pagelen=100")]
    assert any("user" not in author for author in authors)
    assert {a["user"]["type"] for a in authors if "user" in a} == {"user", "app_user"}


async def test_a_branch_with_a_slash_names_no_commits(ask: Asker) -> None:
    """In paths of commits a branch with a slash is not found, as `include` it is."""
    for name in ("feature/login-page", "feature%2Flogin-page"):
        answer = await ask(f"{SITE}/commits/{name}")
        assert (answer.status, answer.message) == (404, "Commit not found")
    branch = (await ask(f"{SITE}/refs/branches/feature/login-page")).json
    assert (await ask(f"{SITE}/refs/branches/feature%2Flogin-page")).json == branch
    first = (await ask(f"{SITE}/commits?include=feature/login-page&pagelen=1")).json["values"][0]
    assert first["hash"] == branch["target"]["hash"]


async def test_an_unknown_commit_is_named(ask: Asker) -> None:
    """An unknown revision is told under `data`, twice, and a slash at the end is part of it."""
    answer = await ask(f"{SITE}/commits/nope/")
    assert answer.status == 404
    assert answer.json["data"] == answer.json["error"]["data"] == {"shas": ["nope/"]}


async def test_commits_can_be_left_out(ask: Asker) -> None:
    """Excluding a commit leaves out all it descends from; a form may say so too."""
    hashes = [one["hash"] for one in await ask.walk(f"{SITE}/commits?pagelen=100")]
    page = (await ask(f"{SITE}/commits?exclude={hashes[3][:10]}")).json
    assert [one["hash"] for one in page["values"]] == hashes[:3]
    posted = await ask(f"{SITE}/commits", "POST", data={"exclude": hashes[3]})
    assert posted.json["values"] == page["values"]


async def test_files_are_sent_as_they_are(ask: Asker) -> None:
    """A file comes as bytes of its type, its meta data as JSON, the root with a slash only."""
    file = await ask(f"{SITE}/src/main/src/settings.json")
    assert file.headers["Content-Type"] == "application/json"
    assert file.body.startswith(b"src/settings.json, line 1")
    meta = (await ask(f"{SITE}/src/main/docs/guide/first%20steps.md?format=meta")).json
    assert (meta["type"], meta["attributes"]) == ("commit_file", [])
    assert (await ask(f"{SITE}/src/main/static/logo.png")).body.startswith(b"\x89PNG")
    assert (await ask(f"{SITE}/src/main/")).status == 200
    assert (await ask(f"{SITE}/src/main")).status == 404
    missing = await ask(f"{SITE}/src/main/no.txt")
    assert missing.message == "No such file or directory: no.txt"
    deep = await ask.walk(f"{SITE}/src/main/?max_depth=9&pagelen=100")
    assert {one["path"] for one in deep} >= {"docs", "docs/guide", "docs/guide/faq.md"}


async def test_downloads_are_on_another_origin(ask: Asker) -> None:
    """A download is a redirect to an origin that refuses the credential."""
    one = (await ask(f"{SITE}/downloads")).json["values"][0]
    answer = await ask(one["links"]["self"]["href"])
    target = answer.headers["Location"]
    assert answer.status == 302
    assert not target.startswith(ask.fake.url.removesuffix("/2.0"))
    assert (await ask(target, auth="anonymous")).status == 200
    assert (await ask(target)).status == 400


async def test_open_pull_requests_are_listed(ask: Asker) -> None:
    """Without states the open ones are listed; states may be repeated."""
    values = (await ask(f"{SITE}/pullrequests")).json["values"]
    assert [one["id"] for one in values] == [3, 1]
    assert {one["state"] for one in values} == {"OPEN"}
    both = (await ask(f"{SITE}/pullrequests?state=OPEN&state=MERGED")).json["values"]
    assert [one["id"] for one in both] == [3, 2, 1]


async def test_lists_of_pull_requests_lack_reviewers(ask: Asker) -> None:
    """Reviewers and participants are on the single object, and in lists when asked for."""
    one = (await ask(f"{SITE}/pullrequests")).json["values"][0]
    assert not {"reviewers", "participants"} & set(one)
    whole = (await ask(one["links"]["self"]["href"])).json
    assert whole["reviewers"]
    assert whole["participants"]
    grown = await ask(f"{SITE}/pullrequests?fields=%2Bvalues.reviewers")
    assert grown.json["values"][0]["reviewers"] == whole["reviewers"]
    nickname = whole["reviewers"][0]["nickname"]
    found = await ask(f"{SITE}/pullrequests?q=reviewers.nickname%3D%22{nickname}%22")
    assert one["id"] in [each["id"] for each in found.json["values"]]


async def test_a_diff_keeps_its_return(ask: Asker) -> None:
    """The redirect of a pull request's diff is the address its own link has, `%0D` and all."""
    one = (await ask(f"{SITE}/pullrequests/1")).json
    answer = await ask(f"{SITE}/pullrequests/1/diff")
    assert answer.status == 302
    assert answer.headers["Location"] == one["links"]["diff"]["href"]
    assert "%0D" in answer.headers["Location"]
    diff = await ask(answer.headers["Location"])
    assert diff.headers["Content-Type"] == "text/plain"
    stat = (await ask(one["links"]["diffstat"]["href"])).json
    assert stat["pagelen"] == 500
    assert stat["values"][0]["type"] == "diffstat"


async def test_an_unknown_pull_request_is_not_found(ask: Asker) -> None:
    """Only the numbers of the repository's pull requests are found."""
    for name in ("0", "4", "x"):
        assert (await ask(f"{SITE}/pullrequests/{name}")).status == 404
