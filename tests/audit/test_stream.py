"""The audit as one stream of rows."""

from __future__ import annotations

from collections import Counter

import pytest

from bbasync import Bitbucket
from bbasync.audit import Finding, Policy, Right, audit, gather
from bbasync.errors import ArgumentError
from bbasync.fake import FakeBitbucket


async def test_rows_are_the_facts_of_each_workspace_and_then_what_rules_find(bb: Bitbucket) -> None:
    """In the order of `gather` and `Policy.check`; nothing is left out."""
    rows = [one async for one in audit(bb, "acme", level="explain", rules=Policy())]
    (whole,) = [one async for one in gather(bb, "acme", level="explain")]
    assert rows == [*whole.facts(), *Policy().check(whole)]
    kinds = Counter(one.kind for one in rows)
    assert set(kinds) >= {"member", "group", "project", "repository", "grant", "right", "finding"}
    assert all(one.workspace == "acme" for one in rows)


async def test_without_rules_there_are_facts_alone(bb: Bitbucket) -> None:
    """At `effective`, unless more is asked for."""
    rows = [one async for one in audit(bb, ["acme"])]
    assert {one.kind for one in rows} == {"member", "repository", "right"}
    assert all(one.sources == () for one in rows if isinstance(one, Right))


async def test_rules_decide_the_level_where_none_is_given(bb: Bitbucket) -> None:
    """A rule of grants has grants read."""
    rows = [one async for one in audit(bb, "acme", rules="grants-beside-groups")]
    found = [one for one in rows if isinstance(one, Finding)]
    assert {one.rule for one in found} == {"grants-beside-groups"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"level": "effective", "rules": ["stale-deploy-keys"]}, "level='full'"),
        ({"rules": ["stale-deploy-key"]}, "stale-deploy-keys"),
        ({"level": "everything"}, "everything"),
        ({"max_requests": -1}, "max_requests"),
        ({"concurrency": 0}, "concurrency"),
    ],
)
async def test_what_cannot_be_is_refused_before_any_request(
    bb: Bitbucket, service: FakeBitbucket, options: dict[str, object], text: str
) -> None:
    """The error names the argument, and what would be right."""
    with pytest.raises(ArgumentError, match=text):
        _ = [one async for one in audit(bb, "acme", **options)]
    assert not service.requests
