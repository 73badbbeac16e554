"""What callers do to a repository: refs, commits, comments, downloads."""

import aiohttp
import pytest

from bbasync.fake.state import history
from tests.fake.conftest import Asker

SITE = "/repositories/acme/site"
FORM = "application/x-www-form-urlencoded"


async def test_a_commit_is_told_in_a_header_alone(ask: Asker) -> None:
    """A commit is answered with 201, nothing in the body, and where it is."""
    answer = await ask(f"{SITE}/src", "POST", data={"a.txt": "a", "message": "Add"})
    assert (answer.status, answer.body) == (201, b"")
    commit = (await ask(answer.headers["Location"])).json
    assert commit["message"] == "Add"
    assert commit["author"]["user"]["type"] == "user"
    newest = (await ask(f"{SITE}/commits/main?pagelen=1")).json["values"][0]
    assert newest["hash"] == commit["hash"]


async def test_a_slash_makes_a_field_a_file(ask: Asker) -> None:
    """In a form a name of a field is the field, with a slash before it the file."""
    data = {"message": "Said", "/message": "file"}
    answer = await ask(f"{SITE}/src", "POST", data=data)
    assert (await ask(answer.headers["Location"])).json["message"] == "Said"
    assert (await ask(f"{SITE}/src/main/message")).body == b"file"
    parts = aiohttp.FormData()
    parts.add_field("message", b"another", filename="anything")
    parts.add_field("message", "Said again")
    answer = await ask(f"{SITE}/src", "POST", data=parts)
    assert (await ask(answer.headers["Location"])).json["message"] == "Said again"
    assert (await ask(f"{SITE}/src/main/message")).body == b"another"


async def test_a_file_takes_the_place_of_a_directory(ask: Asker) -> None:
    """Where a file is written, there is no directory any more, and the other way round."""
    await ask(f"{SITE}/src", "POST", data={"docs": "now a file", "README.md/inside": "x"})
    assert (await ask(f"{SITE}/src/main/docs")).body == b"now a file"
    assert (await ask(f"{SITE}/src/main/docs/index.md")).status == 404
    assert (await ask(f"{SITE}/src/main/README.md?format=meta")).json["type"] == "commit_directory"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ("branch=a&branch=b", 400),
        ("parents=1234567", 400),
        (f"parents={'0' * 40}", 400),
        ("/=empty", 400),
    ],
)
async def test_a_commit_that_makes_no_sense_is_refused(ask: Asker, data: str, status: int) -> None:
    """Two branches, short or unknown parents, and files without a path are errors."""
    answer = await ask(f"{SITE}/src", "POST", data=data, headers={"Content-Type": FORM})
    assert answer.status == status


async def test_who_may_only_read_makes_nothing(ask: Asker) -> None:
    """Writing takes the right to write, and a caller who is known."""
    for method, path in (
        ("POST", "src"),
        ("POST", "refs/branches"),
        ("DELETE", "refs/branches/develop"),
        ("POST", "refs/tags"),
        ("POST", "downloads"),
    ):
        answer = await ask(f"{SITE}/{path}", method, data={}, auth="anonymous")
        assert answer.status == 401, path
        site = ask.fake.store.find_repository("acme", "site")
        assert site is not None
        outsider = ask.fake.account("outsider")
        site.users[outsider.uuid] = "read"
        answer = await ask(f"{SITE}/{path}", method, json={}, auth="outsider")
        assert answer.status == 403, path


async def test_an_access_token_commits_as_its_app(ask: Asker) -> None:
    """The author of a token's commit is an app, not a person."""
    answer = await ask(f"{SITE}/src", "POST", data={"a": "a"}, auth="token")
    author = (await ask(answer.headers["Location"])).json["author"]
    assert author["user"]["type"] == "app_user"


async def test_history_follows_the_branches(ask: Asker) -> None:
    """Lists of commits, merge bases and exclusions know what was made on which branch."""
    for branch in ("one", "two"):
        await ask(f"{SITE}/src", "POST", data={f"{branch}.txt": "x", "branch": branch})
    one = (await ask(f"{SITE}/refs/branches/one")).json["target"]["hash"]
    two = (await ask(f"{SITE}/refs/branches/two")).json["target"]["hash"]
    main = (await ask(f"{SITE}/refs/branches/main")).json["target"]["hash"]
    every = [each["hash"] for each in await ask.walk(f"{SITE}/commits?pagelen=50")]
    assert every[:3] == [two, one, main]
    only = (await ask(f"{SITE}/commits?include=one&exclude=two")).json["values"]
    assert [each["hash"] for each in only] == [one]
    assert (await ask(f"{SITE}/merge-base/one..two")).json["hash"] == main
    patch = (await ask(f"{SITE}/patch/one..main")).body
    assert patch.startswith(f"From {one} ".encode())


async def test_unrelated_commits_have_no_common_ancestor(ask: Asker) -> None:
    """Comparing them is answered with 400 for good."""
    await ask("/repositories/acme/empty", "POST", json={})
    await ask("/repositories/acme/empty/src", "POST", data={"a": "a"})
    answer = await ask(f"{SITE}/diffstat/acme/empty:main..main")
    assert (answer.status, answer.message) == (400, "No common ancestor")


async def test_a_fork_starts_with_all_that_was_done(ask: Asker) -> None:
    """Commits and branches that were made come along, and later ones stay apart."""
    await ask(f"{SITE}/src", "POST", data={"a": "a", "branch": "mine"})
    body = {"name": "copy", "workspace": {"slug": "acme"}}
    assert (await ask(f"{SITE}/forks", "POST", json=body)).status == 201
    await ask("/repositories/acme/copy/src", "POST", data={"b": "b", "branch": "mine"})
    mine = (await ask(f"{SITE}/refs/branches/mine")).json["target"]
    theirs = (await ask("/repositories/acme/copy/refs/branches/mine")).json["target"]
    assert theirs["parents"][0]["hash"] == mine["hash"]
    diff = await ask(f"{SITE}/diff/acme/copy:mine..mine")
    assert b"+b" in diff.body


async def test_another_branch_can_become_the_main_one(ask: Asker) -> None:
    """The main branch comes first and can't be deleted; the old one stays where it was."""
    old = (await ask(f"{SITE}/refs/branches/main")).json["target"]["hash"]
    change = {"mainbranch": {"name": "develop"}}
    assert (await ask(SITE, "PUT", json=change)).json["mainbranch"]["name"] == "develop"
    names = [one["name"] for one in (await ask(f"{SITE}/refs/branches")).json["values"]]
    assert names[0] == "develop"
    assert (await ask(f"{SITE}/refs/branches/develop", "DELETE")).status == 400
    assert (await ask(f"{SITE}/refs/branches/main")).json["target"]["hash"] == old
    assert (await ask(SITE, "PUT", json={"mainbranch": {"name": "nope"}})).status == 400


@pytest.mark.parametrize(
    "name", ["", "a b", "a..b", "a?", "a*", "-a", "/a", "a/", "a//b", "a.lock", "@", "a@{b", "a~1"]
)
async def test_git_names_are_refused_as_git_does(ask: Asker, name: str) -> None:
    """What is no name for git is none for a branch or a tag."""
    body = {"name": name, "target": {"hash": "main"}}
    for kind in ("branches", "tags"):
        assert (await ask(f"{SITE}/refs/{kind}", "POST", json=body)).status == 400


async def test_a_ref_needs_a_commit(ask: Asker) -> None:
    """A target without a hash is an error, one that is not there is not found."""
    for target, status in (({}, 400), (None, 400), ({"hash": "f" * 40}, 404)):
        body = {"name": "new", "target": target}
        assert (await ask(f"{SITE}/refs/tags", "POST", json=body)).status == status
    twice = {"name": "v1.0.0", "target": {"hash": "main"}}
    answer = await ask(f"{SITE}/refs/tags", "POST", json=twice)
    assert (answer.status, answer.json["data"]) == (400, {"key": "TAG_ALREADY_EXISTS"})


async def test_uploads_are_multipart(ask: Asker) -> None:
    """Another body is answered 406, a form without files 400, and the rest 201 without a body."""
    assert (await ask(f"{SITE}/downloads", "POST", json={})).status == 406
    parts = aiohttp.FormData()
    parts.add_field("other", b"x", filename="x")
    assert (await ask(f"{SITE}/downloads", "POST", data=parts)).status == 400
    parts = aiohttp.FormData()
    parts.add_field("files", b"0123456789", filename="ten.bin")
    answer = await ask(f"{SITE}/downloads", "POST", data=parts)
    assert (answer.status, answer.body) == (201, b"")
    target = (await ask(f"{SITE}/downloads/ten.bin")).headers["Location"]
    part = await ask(target, auth="anonymous", headers={"Range": "bytes=7-"})
    assert (part.status, part.body) == (206, b"789")
    found = await ask.walk(f"{SITE}/downloads")
    assert [one["downloads"] for one in found if one["name"] == "ten.bin"] == [1]


async def test_comments_on_commits_are_checked(ask: Asker) -> None:
    """Nothing but known keys, some text, a path with a line, and a parent that is there."""
    path = f"{SITE}/commit/develop/comments"
    content = {"raw": "Hm"}
    for body, status in (
        ({}, 400),
        ({"content": {"raw": " "}}, 400),
        ({"content": content, "type": "commit_comment"}, 400),
        ({"content": content, "inline": {"to": 1}}, 400),
        ({"content": content, "parent": {"id": 1}}, 404),
        ({"content": content, "inline": {"path": "a", "to": 1}}, 201),
    ):
        assert (await ask(path, "POST", json=body)).status == status, body
    [made] = await ask.walk(path)
    here = made["links"]["self"]["href"]
    assert (await ask(here, "PUT", json={"content": content}, auth="member")).status == 403
    assert (await ask(here, "PUT", json={"content": content})).status == 201
    for _ in range(2):
        assert (await ask(here, "DELETE")).status == 204
    gone = await ask(here)
    assert (gone.status, gone.message) == (404, str(made["id"]))


async def test_approving_takes_a_person_with_a_right_of_their_own(ask: Asker) -> None:
    """A token is no person, and being public gives nobody the right."""
    path = f"{SITE}/commit/main/approve"
    assert (await ask(path, "POST", auth="token", data=b"")).status == 403
    site = ask.fake.store.find_repository("acme", "site")
    assert site is not None
    site.is_private = False
    stranger = ask.fake.account("outsider")
    site.users.pop(stranger.uuid, None)
    site.project.users.pop(stranger.uuid, None)
    assert (await ask(path, "POST", auth="outsider", data=b"")).status == 403
    assert (await ask(path, "POST", auth="member", data=b"")).json["approved"] is True


async def test_files_are_described_as_they_are(ask: Asker) -> None:
    """The top directory has a description, markup can be had as HTML, other files can't."""
    root = await ask(f"{SITE}/src/main/?format=meta")
    assert root.json["type"] == "commit_directory"
    assert (await ask(f"{SITE}/src/main/README.md?format=rendered")).json["markup"] == "markdown"
    assert (await ask(f"{SITE}/src/main/src/app/main.py?format=rendered")).status == 400
    for what in ("commit/feature%2Flogin-page", "src/feature%2Flogin-page/README.md"):
        assert (await ask(f"{SITE}/{what}")).status == 404


async def test_specifications_are_checked(ask: Asker) -> None:
    """No third end, no two ways to compare, and both ends of what needs two."""
    for path in (
        "diff/main..develop..hotfix",
        "diff/main..develop?topic=true&merge=true",
        "merge-base/main",
        "file-conflicts/main",
    ):
        assert (await ask(f"{SITE}/{path}")).status == 400, path
    assert (await ask(f"{SITE}/diff/acme/nope:main..main")).status == 404


async def test_what_was_not_touched_is_as_it_was(ask: Asker) -> None:
    """A change to one repository leaves all others and its own beginning alone."""
    site = ask.fake.store.find_repository("acme", "site")
    assert site is not None
    before = [one.hash for one in history.commits(site)]
    await ask(f"{SITE}/src", "POST", data={"a": "a"})
    assert [one.hash for one in history.commits(site)][1:] == before
    assert [history.commit_at(site, n).hash for n in range(3)] == before[:3]
    others = [one for one in ask.fake.store.repositories() if one is not site]
    assert not any(one.work.commits for one in others)
