"""The plan: how many requests an audit will send, asked for beforehand by a few small ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from math import ceil
from typing import Any, Final

from attrs import define, field, frozen

from ..client import Bitbucket
from ..crawl import fan_out
from ..crawl.progress import seconds_by_quota
from ..errors import ArgumentError, BitbucketError, ForbiddenError, NotFoundError, RateLimitedError
from ..wire.budget import Budget
from ..wire.groups import API, DOCUMENTED, OTHER, WEBHOOKS
from .facts import LEVELS, Level, Part
from .gather import by_workspace, name_of
from .grants import CLOSED
from .lists import Lists, own_workspaces
from .reading import Listing, Reader, Turnstile

_PAGE: Final = 100
_HOUR: Final = 3600
_OF_PEOPLE: Final[Sequence[Part]] = ("project-users", "repository-users", "default-reviewers")


@frozen
class Plan:
    """How many requests ``gather`` will send, if nothing changes meanwhile and nothing fails.

    Every list is counted with the pages that it has, as far as those are asked for: of the lists
    of single repositories and projects, each is taken for one page. So the numbers are exact where
    neither *at_most* nor *at_least* names the part. That a request is repeated is not foreseen,
    nor what a checkpoint has already.
    """

    level: Level
    requests: Mapping[Part, int]
    """By what they read; ``workspaces`` is the list of the caller's own."""
    workspaces: Mapping[str, Mapping[Part, int]]
    """The same, by workspace."""
    budgets: Mapping[str, int]
    """By the budget of the service that they count against, see ``Bitbucket.quota``."""
    hours: float | None
    """At least, at the present quota; None where no limit is known of any of the budgets."""
    spent: int
    """Requests that the plan itself took."""
    at_most: frozenset[Part]
    """The parts that may take fewer: repositories on which only owners have rights are not asked
    whom they give something, and repositories that were named may be of the same project."""
    at_least: frozenset[Part]
    """The parts that may take more: lists that do not tell how long they are, or single ones that
    may be longer than a page. One of people is not, where no more are members of the workspace."""
    missed: Mapping[str, BitbucketError] = field(factory=dict)
    """The workspaces of which something could not be asked, each with the first error: what needs
    it is missing from the numbers."""

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.requests.values())


async def plan(
    bb: Bitbucket,
    workspaces: str | Sequence[str] = (),
    *,
    level: Level = "effective",
    concurrency: int = 4,
) -> Plan:
    """Count what ``gather`` of the same arguments will send, by some six requests a workspace."""
    if level not in LEVELS:
        raise ArgumentError(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    if type(concurrency) is not int or concurrency < 1:
        raise ArgumentError(f"concurrency must be at least 1, not {concurrency!r}")
    wanted: Mapping[str, Sequence[str]] = by_workspace(bb, workspaces)
    gate = Turnstile(bb, concurrency=concurrency)
    counts: dict[str, _Count] = {}
    listed = 0 if wanted else None

    async def count(name: str | None) -> list[str]:
        gate.enter()
        if name is None:
            return await _own(gate)
        counts[name] = one = _Count(Lists(gate, name), gate, level, wanted[name])
        await one.count()
        return []

    if listed is None:
        names = await _run([None], count, concurrency)
        listed, wanted = gate.sent, dict.fromkeys(names, ())
    await _run(list(wanted), count, concurrency)
    return _put_together(bb, gate, level, {name: counts[name] for name in wanted}, listed)


async def _run(things: Sequence[str | None], job: Any, concurrency: int) -> list[str]:
    found: list[str] = []
    async with aclosing(fan_out(things, job, concurrency=concurrency)) as outcomes:
        async for outcome in outcomes:
            if outcome.error is not None:
                raise outcome.error
            found += outcome.result or []
    return found


async def _own(gate: Turnstile) -> list[str]:
    read = await Reader(gate).read(own_workspaces(gate), name_of)
    for error in (*filter(None, (read.error,)), *read.odd):
        raise error
    return list(dict.fromkeys(read.facts))


def _put_together(
    bb: Bitbucket, gate: Turnstile, level: Level, counts: Mapping[str, _Count], listed: int
) -> Plan:
    requests: Counter[Part] = Counter({"workspaces": listed} if listed else {})
    budgets: Counter[str] = Counter({OTHER: listed} if listed else {})
    for one in counts.values():
        requests.update(one.requests)
        budgets.update(one.budgets)
    return Plan(
        level,
        dict(requests),
        {name: dict(one.requests) for name, one in counts.items()},
        dict(budgets),
        _hours(budgets, bb.quota),
        gate.sent,
        frozenset[Part]().union(*(one.at_most for one in counts.values())),
        frozenset[Part]().union(*(one.at_least for one in counts.values())),
        {name: one.missed for name, one in counts.items() if one.missed is not None},
    )


def _hours(budgets: Mapping[str, int], quota: Mapping[str, Budget]) -> float | None:
    """How long the requests take at the least; the budgets are used beside each other."""
    hours: list[float] = []
    for group, requests in budgets.items():
        limit, window = DOCUMENTED[group]
        budget = quota.get(group) or Budget(
            group, limit, window, 0, limit, None, None, source="assumed"
        )
        if budget.limit is not None:
            hours.append(seconds_by_quota(requests, budget) / _HOUR)
    return max(hours, default=None)


@define(eq=False)
class _Count:
    """Counts the requests of one workspace, in the order in which they will be sent."""

    lists: Lists
    gate: Turnstile
    level: Level
    only: Sequence[str]
    requests: Counter[Part] = field(factory=Counter)
    budgets: Counter[str] = field(factory=Counter)
    at_most: set[Part] = field(factory=set)
    at_least: set[Part] = field(factory=set)
    missed: BitbucketError | None = None
    _members: int = 0
    _short_groups: bool = False
    """Whether no list of groups can be longer than a page."""

    async def count(self) -> None:
        """Ask how long the lists are."""
        size, error = await self._size(self.lists.members())
        self._members = self._add_pages("members", size, OTHER)
        if isinstance(error, NotFoundError):
            return
        administered = await self._rights()
        if self.level != "effective":
            await self._explain(administered)

    async def _rights(self) -> int | None:
        """How many repositories the caller administers, where it is not the whole workspace."""
        if self.only:
            self._each("rights", len(self.only), OTHER)
            return None
        size, error = await self._size(self.lists.rights(), closed=(ForbiddenError,))
        self._add_pages("rights", size, OTHER)
        if not isinstance(error, ForbiddenError):
            return None
        own, _ = await self._size(self.lists.own_rights())
        self._add_pages("rights", own, OTHER)
        ours, _ = await self._size(self.lists.own_rights(administered=True))
        self._each("rights", ours or 0, OTHER)
        return ours or 0

    async def _explain(self, administered: int | None) -> None:
        if self.only:
            repositories = projects = len(self.only)
            self._add("repositories", repositories, API)
            if projects > 1:
                self.at_most |= {"project-users", "project-groups"}
                self.at_most |= {"deploy-keys", "default-reviewers"} if self._full else set()
        else:
            told, _ = await self._size(self.lists.repositories())
            repositories = self._add_pages("repositories", told, API)
            told, _ = await self._size(self.lists.projects())
            projects = self._add_pages("projects", told, OTHER)
        ours = repositories if administered is None else administered
        await self._groups(ours)
        self._each("project-users", projects, OTHER)
        self._each("project-groups", projects, OTHER)
        self._each("repository-users", ours, API)
        self.at_most |= {"repository-users"} if ours else set()
        if self._full:
            self._each("deploy-keys", ours, API)
            self._each("deploy-keys", projects, OTHER)
            self._each("webhooks", ours + (not self.only), WEBHOOKS)
            self._each("branch-restrictions", ours, API)
            self._each("default-reviewers", repositories, API)
            self._each("default-reviewers", projects, OTHER)

    @property
    def _full(self) -> bool:
        return self.level == "full"

    async def _groups(self, repositories: int) -> None:
        """Ask API 1.0 for the groups: whether it answers decides how their rights are read."""
        one = self.lists.groups(await self._slug())
        read = await Reader(self.gate).read(one, lambda row: row.slug)
        if isinstance(read.error, RateLimitedError):
            raise read.error
        self._add("groups", 1, OTHER)
        if isinstance(read.error, CLOSED):
            self._each("repository-groups", repositories, API)
            return
        self._add("repository-groups", len(self.only) or 1, OTHER)
        self._short_groups = read.error is None and len(read.facts) <= _PAGE

    async def _slug(self) -> str:
        name = self.lists.workspace
        if not name.startswith("{"):
            return name
        try:
            found = await self.gate.repositories.list(name, fields="values.full_name").first()
        except BitbucketError as error:
            self._miss(error)
            return name
        return name if found is None else (found.full_name or name).partition("/")[0]

    async def _size(
        self, one: Listing[Any], *, closed: tuple[type[BitbucketError], ...] = ()
    ) -> tuple[int | None, BitbucketError | None]:
        """How many items are in a list, where it tells; an error that is no news is not noted."""
        try:
            return await one.size(), None
        except BitbucketError as error:
            if not isinstance(error, closed):
                self._miss(error)
            return 0, error

    def _miss(self, error: BitbucketError) -> None:
        if isinstance(error, RateLimitedError) or self.gate.is_fatal(error):
            raise error
        self.missed = self.missed or error

    def _add(self, part: Part, requests: int, budget: str) -> None:
        if requests:
            self.requests[part] += requests
            self.budgets[budget] += requests

    def _add_pages(self, part: Part, size: int | None, budget: str) -> int:
        """Count the pages of a list, and give how many items it has."""
        if size is None:
            self.at_least.add(part)
        self._add(part, max(1, ceil((size or 0) / _PAGE)), budget)
        return size or 0

    def _each(self, part: Part, lists: int, budget: str) -> None:
        """Count lists of a page each."""
        self._add(part, lists, budget)
        short = part in _OF_PEOPLE and self._members <= _PAGE
        if lists and not short and not (part == "project-groups" and self._short_groups):
            self.at_least.add(part)
