"""The audit as one stream of rows: facts, and what the rules find in them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from os import PathLike
from typing import TypeAlias

from ..client import Bitbucket
from ..errors import ArgumentError
from .facts import Level
from .findings import Finding
from .found import Fact
from .gather import Watcher, gather
from .journal import Journal
from .policy import Policy

Row: TypeAlias = Fact | Finding
"""Each has a *kind*, and all but a person their *workspace*."""


async def audit(
    bb: Bitbucket,
    workspaces: str | Sequence[str] = (),
    *,
    level: Level | None = None,
    rules: Policy | str | Sequence[str] = (),
    concurrency: int = 4,
    max_requests: int | None = None,
    checkpoint: str | PathLike[str] | Journal | None = None,
    watcher: Watcher = lambda _: None,
) -> AsyncGenerator[Row, None]:
    """Audit *workspaces* (all of the caller's when none is named), row by row.

    The rows of a workspace come once it is read: members, groups, projects, repositories, grants,
    rights and so on, then what *rules* find, be it a `Policy` or names of rules. What could not be
    read is a row too, of kind ``unknown``. Without a *level*, it is what the rules need, or
    ``effective``. At a given one, rules of a policy that need more are not checked (see
    ``Policy.unchecked``), and ArgumentError is raised for those that were named. All else is as in
    `gather`, which gives whole workspaces.
    """
    policy = _policy_of(rules)
    if policy is not None and level is not None and not isinstance(rules, Policy):
        _check_level(level, policy)
    wanted = level or (policy.needs if policy is not None else "effective")
    walk = gather(
        bb,
        workspaces,
        level=wanted,
        concurrency=concurrency,
        max_requests=max_requests,
        checkpoint=checkpoint,
        watcher=watcher,
    )
    async with aclosing(walk):
        async for found in walk:
            for fact in found.facts():
                yield fact
            for finding in policy.check(found) if policy is not None else ():
                yield finding


def _policy_of(rules: Policy | str | Sequence[str]) -> Policy | None:
    if isinstance(rules, Policy):
        return rules
    names = [rules] if isinstance(rules, str) else list(rules)
    return Policy.of(*names) if names else None


def _check_level(level: Level, policy: Policy) -> None:
    unchecked = policy.unchecked(level)
    if unchecked:
        raise ArgumentError(
            f"level={level!r} reads too little for {', '.join(unchecked)}: take "
            f"level={policy.needs!r}, or leave them out of rules"
        )
