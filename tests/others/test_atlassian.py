"""atlassian-python-api works with `bbasync fake` as it is: what it says is what is there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.others.conftest import Told

pytestmark = pytest.mark.tool


def each(values: list[dict[str, Any]], *names: str) -> list[Any]:
    """Some fields of some things, the way that the client's script lists them."""
    rows = [[one.get(name) for name in names] for one in values]
    return rows if len(names) > 1 else [row[0] for row in rows]


def test_it_lists_repositories(told: Told) -> None:
    """Workspaces, projects and repositories are those that are there, page by page."""
    said, before = told.part("repositories"), told.before
    repositories = before["repositories"]
    assert said["workspaces"] == [one["workspace"]["slug"] for one in before["workspaces"]]
    assert said["listed"] == each(repositories, "uuid")
    assert len(said["listed"]) > 2 * 10
    private = [one["slug"] for one in repositories if one["is_private"]]
    assert said["filtered"] == sorted(private, reverse=True)
    assert said["projects"] == [
        [key, [one["slug"] for one in repositories if one["project"]["key"] == key]]
        for key in each(before["projects"], "key")
    ]
    assert said["one"] == before["repository"]
    assert said["exist"] == [True, False]


def test_it_makes_changes_and_deletes_repositories(told: Told) -> None:
    """A repository is there as it was made and changed, and another one is gone."""
    said, after = told.part("repositories"), told.after
    new = [one for one in after["repositories"] if one["uuid"] not in said["listed"]]
    assert [one["slug"] for one in new] == ["kept"]
    assert each(new, "description", "language", "fork_policy", "is_private") == [
        ["from another client", "python", "no_forks", True]
    ]
    assert new[0]["project"]["key"] == "PLAT"
    assert said["kept"]["uuid"] == new[0]["uuid"]
    assert (said["was there"], said["is there"]) == (True, False)
    assert [said["project"]] == [one["name"] for one in after["projects"] if one["key"] == "MARS"]


def test_it_reads_code(told: Told) -> None:
    """Branches, tags, commits and a file are what plain HTTP gives."""
    said, before = told.part("code"), told.before
    for refs in ("branches", "tags"):
        assert said[refs] == [[one["name"], one["target"]["hash"]] for one in before[refs]]
    assert said["commits"] == each(before["commits"], "hash")
    assert said["of main"] == each(before["commits of main"], "hash")
    tip = before["commits of main"][0]
    assert said["tip"] == [tip["hash"], tip["message"], tip["author"]["user"]["display_name"]]
    assert said["file"] == before["file"]


def test_it_makes_refs_and_builds(told: Told) -> None:
    """A branch, a tag and the status of a build stand where they were made."""
    said, after = told.part("code"), told.after
    made = [
        one["target"]["hash"]
        for refs, name in (("branches", "other/branch"), ("tags", "other"))
        for one in after[refs]
        if one["name"] == name
    ]
    assert made == [said["tip"][0]] * 2
    assert said["builds"] == [[one["key"], one["state"] == "SUCCESSFUL"] for one in after["builds"]]
    assert ["other", True] in said["builds"]


def test_it_lists_pull_requests(told: Told) -> None:
    """Open ones are listed by default, merged ones where they are asked for."""
    said, before = told.part("pullrequests"), told.before
    assert said["listed"] == each(before["open"], "id")
    assert said["merged"] == sorted(each(before["merged"], "id"), reverse=True)


def test_it_reviews_pull_requests(told: Told) -> None:
    """Who reviews, what is changed, said, to be done and approved is kept with the request."""
    said, first, after = told.part("pullrequests"), told.after["first"], told.after
    assert each([said["opened"]], "id", "title", "state") == [[4, "From another client", "OPEN"]]
    assert each([first], "title", "description") == [["From another client", "All of it."]]
    assert said["reviewers"] == each(first["reviewers"], "display_name") != []
    paths = [one["new"]["path"] for one in after["changed"]]
    assert [new for _, new, _ in said["changed"]] == paths != []
    assert all(f"diff --git a/{path} b/{path}" in said["diff"] for path in paths)
    assert said["commits"] == each(after["commits of first"], "hash") != []
    there = [one for one in after["comments"] if not one["deleted"]]
    assert [raw for raw, _ in said["comments"] if raw] == [one["content"]["raw"] for one in there]
    assert [one["content"]["raw"] for one in there] == ["Good.", "Better."]
    assert said["tasks"] == [["Test it twice", False]]
    assert [one["content"]["raw"] for one in after["tasks"]] == ["Test it twice"]
    opinions = [[one["user"]["uuid"], one["approved"]] for one in first["participants"]]
    assert said["opinions"] == opinions
    assert [first["author"]["uuid"], True] in opinions


def test_it_merges_and_declines_pull_requests(told: Told) -> None:
    """Two are merged, with a strategy and without, and one is declined."""
    said, before, after = told.part("pullrequests"), told.before, told.after
    assert said["ended"] == [
        [4, False, True, False],
        [5, False, False, True],
        [6, False, True, False],
    ]
    assert {*each(after["merged"], "id")} - {*each(before["merged"], "id")} == {4, 6}
    assert {*each(after["declined"], "id")} - {*each(before["declined"], "id")} == {5}
    assert each(after["open"], "id") == each(before["open"], "id")


def test_it_lists_pipelines(told: Told) -> None:
    """Runs, steps and logs, whole or in part, are those that are there."""
    said, before = told.part("pipelines"), told.before
    numbers = each(before["runs"], "build_number")
    assert said["listed"] == numbers
    assert said["sorted"] == sorted(numbers, reverse=True)
    assert said["steps"] == each(before["steps"], "uuid", "state", "duration_in_seconds")
    assert said["step"] == before["steps"][0]
    assert said["log"] == before["log"]
    log = before["log"].encode()
    assert said["range"] == [str(len(log)), log[2:8].decode()]


def test_it_runs_pipelines(told: Told) -> None:
    """Runs are begun on a branch and as a custom pipeline, one is stopped, and variables kept."""
    said, after = told.part("pipelines"), told.after
    begun, other = after["runs"][len(told.before["runs"]) :]
    assert said["begun"] == [begun["uuid"], other["uuid"]]
    assert said["stopped"] == begun["state"]["result"]["name"] == "STOPPED"
    assert other["target"]["selector"] == {"type": "custom", "pattern": "nightly"}
    assert said["variables"] == each(after["variables"], "key", "value", "secured")
    assert said["variables"][-1] == ["KEPT", "3", False]
    assert len(said["variables"]) == len(told.before["variables"]) + 1


def test_it_lists_permissions(told: Told) -> None:
    """Members, their levels and their rights on repositories are those that are there."""
    said, before = told.part("permissions"), told.before
    assert said["members"] == [one["user"]["uuid"] for one in before["members"]]
    assert len(said["members"]) > 2 * 10
    assert said["member"] == before["members"][0]["user"]["display_name"]
    levels = [[one["user"]["uuid"], one["permission"]] for one in before["levels"]]
    assert said["levels"] == levels
    assert said["owners"] == [uuid for uuid, level in levels if level == "owner"]
    for name, rights in (("all", "rights"), ("of one", "rights on one")):
        assert said[name] == [
            [one["repository"]["full_name"], one["user"]["uuid"], one["permission"]]
            for one in before[rights]
        ]


@pytest.mark.parametrize(("place", "right"), [("repository", "write"), ("project", "create-repo")])
def test_it_grants_permissions(told: Told, place: str, right: str) -> None:
    """One person and one group have what they were granted; what was taken back is gone."""
    said, before, after = told.part("permissions"), told.before, told.after
    kept, back = said["members"][-1], said["members"][-2]

    def users(seen: dict[str, Any]) -> dict[str, str]:
        return {one["user"]["uuid"]: one["permission"] for one in seen[f"users of {place}"]}

    def groups(seen: dict[str, Any]) -> dict[str, str]:
        return {one["group"]["slug"]: one["permission"] for one in seen[f"groups of {place}"]}

    assert users(after) == {**users(before), kept: right}
    assert back not in users(after)
    assert groups(after) == {**groups(before), "developers": right}


def test_it_lists_the_groups_of_a_repository(told: Told) -> None:
    """Groups and what they were granted are those that are there."""
    said, groups = told.part("permissions"), told.after["groups of repository"]
    assert said["groups"] == [[one["group"]["slug"], one["permission"]] for one in groups]
    assert said["group"] == "write"


def test_it_lists_settings(told: Told) -> None:
    """Default reviewers, branch restrictions and webhooks are those that are there."""
    said, before = told.part("settings"), told.before
    assert said["reviewers"] == each(before["reviewers"], "uuid")
    restrictions = each(before["restrictions"], "id", "kind", "pattern")
    assert said["restrictions"] == [[str(id_), *others] for id_, *others in restrictions]
    assert said["hooks"] == each(before["hooks"], "uuid")


def test_it_changes_settings(told: Told) -> None:
    """One of each is made and changed, and another one is deleted."""
    said, before, after = told.part("settings"), told.before, told.after
    people = [one["user"]["uuid"] for one in before["members"]]
    assert [said["reviewer"], said["no reviewer"]] == [people[-1], None]
    assert each(after["reviewers"], "uuid") == [*said["reviewers"], people[-1]]
    (restriction,) = [one for one in after["restrictions"] if one not in before["restrictions"]]
    assert restriction == said["restriction"]
    assert each([restriction], "kind", "pattern") == [["push", "others/*"]]
    assert [one["uuid"] for one in restriction["users"]] == [people[-1]]
    assert [one["slug"] for one in restriction["groups"]] == ["developers"]
    assert said["by pattern"] == [str(restriction["id"])]
    (hook,) = [one for one in after["hooks"] if one not in before["hooks"]]
    assert hook == said["hook"]
    assert each([hook], "description", "active", "events") == [
        ["Kept", False, ["repo:push", "pullrequest:created"]]
    ]
