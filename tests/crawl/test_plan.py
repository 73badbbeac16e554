"""Plans: what they take, what they refuse at once, and the text that tells one from another."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bbasync import Bitbucket, F
from bbasync.crawl import Crawl, Found, JSONLines
from bbasync.errors import ArgumentError

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def branch_names(repository: Any) -> Any:
    """A step that is a function."""
    return repository.branches(fields="values.name")


def test_each_call_gives_a_new_plan() -> None:
    """A plan that others are made of stays what it was."""
    first = Crawl("acme")
    second = first.repositories(q=F.is_private == True, fields=["values.name"])  # noqa: E712 - a filter
    third = second.each("commits").each(branch_names)
    assert (first.selection.q, first.steps, second.steps) == (None, (), ())
    assert [one.kind for one in third.steps] == ["commits", "branch_names"]
    assert third.selection == second.selection
    with pytest.raises(AttributeError):
        first.steps = third.steps  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("pulls", {}, "has no list 'pulls'; it has .*pullrequests"),
        ("self_", {}, "has no list 'self_'"),
        ("full_name", {}, "has no list 'full_name'"),
        ("commits", {"state": "OPEN"}, "takes no 'state'|unexpected keyword argument 'state'"),
        ("commits", {"pagelen": 101}, "this list takes 1 to 100"),
        ("pullrequests", {"pagelen": 51}, "this list takes 1 to 50"),
        ("branches", {"page": 2}, "page can't be chosen"),
        ("branches", {"unique": True}, "unique can't be chosen"),
        ("branches", {"sort": "a,b"}, "sort takes one field"),
        (7, {}, "a link's name or a function, not 7"),
        (branch_names, {"q": "x"}, "a function takes no 'q'"),
        (lambda one: one.branches(), {}, "has no name of its own: give it one with called="),
        (branch_names, {"called": "a/b"}, "a name without a slash"),
        (branch_names, {"called": "repositories"}, "'repositories' is read already"),
        (branch_names, {"called": "tags"}, "'tags' is read already"),
    ],
)
def test_a_step_that_cannot_be_read_is_refused_when_it_is_named(
    name: Any, options: dict[str, Any], says: str
) -> None:
    """The list, its options and its name are looked at before anything is sent."""
    with pytest.raises(ArgumentError, match=says):
        Crawl("acme").each("tags").each(name, **options)


@pytest.mark.parametrize("name", ["", "..", "acme/site", None, 1.5])
def test_a_workspace_that_cannot_be_one_is_refused(name: Any) -> None:
    """A name that would address something else, or that is none."""
    with pytest.raises(ArgumentError):
        Crawl("acme", name)


@pytest.mark.parametrize(
    "selection", [{"q": ""}, {"q": 7}, {"fields": ""}, {"fields": ["name"]}, {"fields": "-values"}]
)
def test_a_selection_that_cannot_be_asked_for_is_refused(selection: dict[str, Any]) -> None:
    """As a list would refuse it, but before the crawl."""
    with pytest.raises(ArgumentError):
        Crawl("acme").repositories(**selection)


def test_one_list_can_be_read_twice_under_two_names() -> None:
    """``called`` tells what was found of the one from what was found of the other."""
    plan = Crawl("acme").each("pullrequests").each("pullrequests", called="old", state="MERGED")
    assert [one.kind for one in plan.steps] == ["pullrequests", "old"]
    named = Crawl("acme").each(lambda one: one.branches(), called="names")
    assert json.loads(named.text())["steps"] == [{"kind": "names"}]


def test_the_text_of_a_plan_is_the_same_however_it_is_written() -> None:
    """The order of workspaces, the spelling of filters and lists, and the zone do not matter."""
    one = Crawl("b", "a", "b").repositories(q=F.size > 0).each("pullrequests", state=("OPEN",))
    other = Crawl("a", "b").repositories(q="size>0").each("pullrequests", state="OPEN")
    zone = timezone(timedelta(hours=5))
    assert one.text(NOON) == other.text(NOON.astimezone(zone))
    assert one.text() == one.text()


@pytest.mark.parametrize(
    "other",
    [
        Crawl("acme", "more").repositories(q="size>0").each("commits", path="src"),
        Crawl().repositories(q="size>0").each("commits", path="src"),
        Crawl("acme").each("commits", path="src"),
        Crawl("acme").repositories(q="size>0", fields="-values.owner").each("commits", path="src"),
        Crawl("acme").repositories(q="size>0").each("commits"),
        Crawl("acme").repositories(q="size>0").each("commits", path="src", called="changes"),
        Crawl("acme").repositories(q="size>0").each("commits", path="src").each("tags"),
        Crawl("acme").repositories(q="size>0"),
    ],
)
def test_the_text_of_a_plan_says_all_that_decides_what_is_read(other: Crawl) -> None:
    """Whatever differs, the text does."""
    plan = Crawl("acme").repositories(q="size>0").each("commits", path="src")
    assert plan.text() != other.text()
    assert plan.text() != plan.text(NOON)
    assert json.loads(plan.text())["version"] == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"since": NOON.replace(tzinfo=None)}, "aware datetime"),
        ({"since": "2026-11-01"}, "aware datetime"),
        ({"concurrency": 0}, "concurrency takes a whole number"),
        ({"concurrency": True}, "concurrency takes a whole number"),
        ({"max_requests": 0}, "max_requests takes a whole number"),
        ({"max_requests": 1.5}, "max_requests takes a whole number"),
        ({"on_progress": 5}, "on_progress takes a callable"),
    ],
)
async def test_a_run_that_cannot_be_meant_is_refused(
    options: dict[str, Any], says: str, tmp_path: Any
) -> None:
    """At once, by run and into alike, and by a client that is not even open."""
    plan, bb = Crawl("acme"), Bitbucket()
    with pytest.raises(ArgumentError, match=says):
        plan.run(bb, **options)
    with pytest.raises(ArgumentError, match=says):
        await plan.into(bb, JSONLines(tmp_path / "out.jsonl"), **options)
    if "since" in options:
        with pytest.raises(ArgumentError, match=says):
            await plan.estimate(bb, **options)


async def test_a_crawl_goes_somewhere(tmp_path: Any, kept: Any) -> None:
    """No sink, or two of one name, are refused before anything is opened."""
    with pytest.raises(ArgumentError, match="there is no sink"):
        await Crawl("acme").into(Bitbucket(), checkpoint=tmp_path / "a.crawl")
    with pytest.raises(ArgumentError, match="two sinks are called 'kept'"):
        await Crawl("acme").into(Bitbucket(), kept(), kept(), checkpoint=tmp_path / "a.crawl")
    assert not (tmp_path / "a.crawl").exists()


async def test_fields_keep_what_the_crawl_cannot_do_without(opened: Any) -> None:
    """A choice of fields, or their taking away, leaves links, names and times alone."""
    fake, bb = await opened(repositories=3)
    for fields in ("values.description", "-values.links,-values.uuid", "-*,+values.name"):
        plan = Crawl("acme").repositories(fields=fields)
        plan = plan.each("pullrequests", fields="values.title").each(branch_names)
        kinds = [one.kind async for one in plan.run(bb) if isinstance(one, Found)]
        assert kinds.count("repositories") == 3
        assert kinds.count("pullrequests") == 2 * 3
        assert kinds.count("branch_names") > 3
    assert all("description" not in one.query for one in fake.requests if "/pull" in one.path)


async def test_fields_that_make_items_alike_lose_none(opened: Any) -> None:
    """What tells them apart comes along, so that none is taken for one that came before."""
    _, bb = await opened(repositories=2)
    for name in ("tags", "branches", "watchers", "hooks", "commits", "pullrequests"):
        plan = Crawl("acme").each(name)
        whole = [one async for one in plan.run(bb)]
        alike = Crawl("acme").each(name, fields="values.type").run(bb)
        assert len([one async for one in alike]) == len(whole)


async def test_fields_that_take_a_part_of_a_link_leave_it_whole(opened: Any, crawled: Any) -> None:
    """An address without its href can't be followed."""
    _, bb = await opened(repositories=2)
    plan = Crawl("acme").repositories(fields="-values.links.tags.href,-values.*.watchers")
    _, missed, _ = await crawled(plan.each("tags").each("watchers"), bb)
    assert missed == []


async def test_a_workspace_that_is_named_twice_is_read_once(opened: Any, crawled: Any) -> None:
    """In whatever spelling, by its slug and by its uuid."""
    fake, bb = await opened(workspaces=2, repositories=2)
    uuid = fake.store.workspaces["acme"].uuid
    assert Crawl("acme", "ACME", uuid, uuid.upper()).workspaces == ("acme", uuid)
    found, missed, summary = await crawled(Crawl("acme", uuid).each("tags"), bb)
    alone, _, _ = await crawled(Crawl("acme").each("tags"), bb)
    assert (sorted(found), missed, summary.complete) == (sorted(alone), [], True)
    by_uuid, _, _ = await crawled(Crawl("borealis", uuid).each("tags"), bb)
    assert len(by_uuid) == 2 * len(alone)
