"""The tables of `bbasync audit`: short enough to be read, and nothing is cut off."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bbasync.fake import FakeBitbucket, Fault

Do = Callable[..., Any]
Place = dict[str, str]


async def test_many_findings_are_counted_by_rule_before_the_worst_are_shown(
    bbasync: Do, credentials: Place
) -> None:
    """The counts add up, and no rule that is as bad waits behind ten of another one."""
    ran = await bbasync("audit", "acme", "--level", "full", **credentials)
    counted, _, shown = ran.out.partition("\nFindings (")
    _, _, rules = counted.partition("Rules that are broken")
    counts = re.findall(r"^ (error|warning|note) +([a-z-]+) +(\d+) ", rules, re.MULTILINE)
    assert len(counts) > 3
    assert sum(int(count) for *_, count in counts) == int(shown.partition(")")[0])
    rules_of_warnings = {rule for severity, rule, _ in counts if severity == "warning"}
    assert len(rules_of_warnings) > 1
    assert rules_of_warnings == set(re.findall(r"^ warning +([a-z-]+)", shown, re.MULTILINE))
    whole = await bbasync("audit", "acme", "--level", "full", "--all", **credentials)
    assert "Rules that are broken" not in whole.out


async def test_what_is_unknown_for_one_reason_is_one_line(
    bbasync: Do, credentials: Place, service: FakeBitbucket
) -> None:
    """A refusal of each of twenty repositories; --all tells each of them, as a report does."""
    service.faults.add("/repositories/*/permissions-config/users", Fault.status(403))
    ran = await bbasync("audit", "acme", "--level", "explain", **credentials)
    assert ran.code == 1
    assert ran.out.count("could not read") == 1
    assert re.search(r"could not read repository-users of acme/\S+ and \d+ more: 403", ran.out)
    ran = await bbasync("audit", "acme", "--level", "explain", "--all", **credentials)
    assert ran.out.count("could not read") > 10
    ran = await bbasync("audit", "acme", "--level", "explain", "--csv", **credentials)
    assert ran.err.count("\n") == 1


async def test_long_names_are_not_cut_off(
    bbasync: Do, credentials: Place, service: FakeBitbucket
) -> None:
    """At 80 columns a name goes on in the next line, and each number stands there whole."""
    place = service.store.workspaces["acme"]
    one = next(one for one in place.repositories.values() if not one.is_private)
    one.slug = one.name = "long-" * 24
    person = service.account("owner")
    object.__setattr__(person, "display_name", "Wolfeschlegelsteinhausenbergerdorff" * 2)
    ran = await bbasync("audit", "acme", **{**credentials, "COLUMNS": "80"})
    assert ran.code == 0
    assert "\N{HORIZONTAL ELLIPSIS}" not in ran.out
    assert f"acme/{one.slug}" in "".join(ran.out.split())
    assert re.search(r"Wolfe.* acme +20 +- +- +20", ran.out)


async def test_a_workspace_without_repositories_is_shown(
    bbasync: Do, credentials: Place, service: FakeBitbucket
) -> None:
    """That nobody has a right is an answer."""
    service.store.workspaces["acme"].repositories.clear()
    ran = await bbasync("audit", "acme", **credentials)
    assert ran.code == 0
    assert re.search(r"acme +0 +0 +\d+ +0 +0 +0 +yes", ran.out)
