"""Tags: what has one, and who is told that nothing has changed."""

import pytest

from tests.fake.conftest import Asker

SITE = "/repositories/acme/site"


@pytest.mark.parametrize("path", ["/repositories/acme", f"{SITE}/pipelines"])
async def test_lists_of_repositories_and_pipelines_have_strong_tags(ask: Asker, path: str) -> None:
    """Who shows the tag gets 304 and nothing else; another page or choice of fields has another."""
    first = await ask(f"{path}?pagelen=2")
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert (await ask(f"{path}?pagelen=2")).headers["ETag"] == tag
    assert (await ask(f"{path}?pagelen=2&fields=values.uuid")).headers["ETag"] != tag
    for shown in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        same = await ask(f"{path}?pagelen=2", headers={"If-None-Match": shown})
        assert (same.status, same.body, same.headers["ETag"]) == (304, b"", tag)
    other = await ask(f"{path}?pagelen=2", headers={"If-None-Match": '"x"'})
    assert (other.status, other.body) == (200, first.body)


async def test_the_tag_changes_with_the_list(ask: Asker) -> None:
    """After a change, who shows the old tag gets the list."""
    tag = (await ask("/repositories/acme")).headers["ETag"]
    await ask(SITE, "PUT", json={"description": "new"})
    after = await ask("/repositories/acme", headers={"If-None-Match": tag})
    assert after.status == 200
    assert after.headers["ETag"] != tag


async def test_a_refusal_is_one_although_a_tag_is_shown(ask: Asker) -> None:
    """A tag opens no door, and errors have none."""
    tag = (await ask("/repositories/acme")).headers["ETag"]
    answer = await ask("/repositories/none", headers={"If-None-Match": tag})
    assert answer.status == 404
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("path", ["src/main/README.md", "diff/main", "patch/main"])
async def test_files_and_differences_have_tags_that_nobody_heeds(ask: Asker, path: str) -> None:
    """The service tags them; that it answers 304 was never seen."""
    first = await ask(f"{SITE}/{path}")
    again = await ask(f"{SITE}/{path}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (200, first.body)


async def test_other_answers_have_no_tag(ask: Asker) -> None:
    """A single repository, and a list of another kind."""
    for path in (SITE, f"{SITE}/commits", "/workspaces/acme/members"):
        assert "ETag" not in (await ask(path)).headers
