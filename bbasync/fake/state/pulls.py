"""Pull requests as they are remembered: what their numbers make of them, then what callers do."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from attrs import Factory, define, evolve, field, frozen

from ..pattern import one_in
from ..store import Repository
from . import history

STATES = ("OPEN", "MERGED", "OPEN", "DECLINED", "OPEN", "SUPERSEDED")
SHORT_HASH = 12


@frozen
class End:
    """One side of a pull request; of a fork that was deleted nothing but the branch is left."""

    branch: str
    hash: str
    repository: Repository | None = field(repr=False)


@define(eq=False)
class Participant:
    """Somebody who took part; `state` is what they last said of the whole."""

    role: str
    state: str | None = None
    when: str | None = None


@define(eq=False)
class Comment:
    """A comment, on the whole or on a line; `parent` is the comment that it answers."""

    id: int
    author: str
    text: str
    created_on: str
    updated_on: str
    inline: dict[str, Any] | None = None
    parent: int | None = None
    pending: bool = False
    deleted: bool = False
    resolved: tuple[str, str] | None = None
    """Who settled the thread, and when."""


@define(eq=False)
class Task:
    """Something to be done before merging; `comment` is the one it stands under."""

    id: int
    creator: str
    text: str
    created_on: str
    updated_on: str
    comment: int | None = None
    pending: bool = False
    resolved: tuple[str, str] | None = None
    """Who did it, and when."""


@frozen
class Event:
    """What happened: an update, an approval, a request for changes, or a comment by its id."""

    kind: str
    who: str
    when: str
    comment: int = 0
    title: str = ""
    text: str = ""
    state: str = ""
    reason: str = ""
    changes: dict[str, Any] = Factory(dict)


@define(eq=False)
class PullRequest:
    """One pull request; people and apps are named by their uuids."""

    number: int
    title: str
    text: str
    state: str
    author: str
    source: End
    destination: End
    created_on: str
    updated_on: str
    draft: bool = False
    close_source_branch: bool = False
    queued: bool = False
    merge_commit: str | None = None
    closed_by: str | None = None
    reason: str = ""
    reviewers: list[str] = Factory(list)
    participants: dict[str, Participant] = Factory(dict)
    comments: dict[int, Comment] = Factory(dict)
    tasks: dict[int, Task] = Factory(dict)
    events: list[Event] = Factory(list)

    @property
    def comment_count(self) -> int:
        """How many comments are not deleted."""
        return sum(not one.deleted for one in self.comments.values())

    @property
    def task_count(self) -> int:
        """How many tasks are not done."""
        return sum(one.resolved is None for one in self.tasks.values())

    def take_part(self, who: str, when: str, state: str | None = None) -> Participant:
        """Note that somebody did something."""
        role = "REVIEWER" if who in self.reviewers else "PARTICIPANT"
        found = self.participants.setdefault(who, Participant(role))
        found.state, found.when = state or found.state, when
        return found

    def set_reviewers(self, reviewers: list[str]) -> None:
        """Replace the reviewers; who only was one no longer takes part."""
        for gone in set(self.reviewers) - set(reviewers):
            self.participants[gone].role = "PARTICIPANT"
            if self.participants[gone].when is None:
                del self.participants[gone]
        for uuid in reviewers:
            self.participants.setdefault(uuid, Participant("REVIEWER")).role = "REVIEWER"
        self.reviewers = reviewers

    def happened(self, kind: str, who: str, when: str, **more: Any) -> None:
        """Write into the log of activity how things stand now."""
        more |= {"title": self.title, "text": self.text, "state": self.state}
        self.events.append(Event(kind, who, when, reason=self.reason, **more))


@define(eq=False)
class MergeTask:
    """A merge that takes its time."""

    id: str
    number: int
    starter: str
    looks: int
    """How often it is still found unfinished."""


@define(eq=False)
class PullRequests:
    """The pull requests of one repository; each is worked out when somebody first asks for it.

    The switches are for tests: how merging goes.
    """

    repository: Repository = field(repr=False)
    merges_take_long: bool = False
    """Whether a merge that waits becomes a task all the same."""
    looks: int = 1
    """How often a task is found unfinished."""
    merge_failure: int | None = None
    """The status that merging fails with: 400, 409 or 555."""
    merges_anyway: bool = False
    """Whether a merge that is answered 555 was carried out."""
    indexing: int = 0
    """How often asking for the pull requests of a commit is answered that they are not ready."""
    linked: bool = True
    """Whether the app that knows the pull requests of a commit is installed."""
    queued: dict[str, list[int]] = Factory(dict)
    """Merge queues: the numbers that wait for a branch."""
    default_reviewers: list[str] = field(init=False)
    merge_tasks: dict[str, MergeTask] = Factory(dict)
    _known: dict[int, PullRequest] = Factory(dict)
    _made: int = 0

    @default_reviewers.default
    def _first_members(self) -> list[str]:
        return list(self.repository.workspace.members)[1:3]

    def __iter__(self) -> Iterator[PullRequest]:
        """Give them all, newest first."""
        return (self.find(number) for number in range(self.repository.pullrequests, 0, -1))

    def find(self, number: int) -> PullRequest:
        """Give the one of that number."""
        if number not in self._known:
            self._known[number] = worked_out(self.repository, number)
        _follow(self._known[number])
        return self._known[number]

    def add(self, one: PullRequest) -> None:
        """Remember a new one."""
        self.repository.pullrequests = one.number
        self._known[one.number] = one

    def strip(self) -> None:
        """Take the invented default reviewers out again."""
        self.default_reviewers.clear()

    def forget(self, repository: Repository) -> None:
        """Keep of pull requests from a repository that is deleted the name of their branch."""
        for one in self._known.values():
            if one.source.repository is repository:
                one.source = evolve(one.source, repository=None)

    def new_id(self) -> int:
        """Make the next number of a comment or a task."""
        self._made += 1
        return _first_id(self.repository) + 1_000_000 + self._made


def worked_out(one: Repository, number: int) -> PullRequest:
    """Make a pull request of its number, with what was said about it."""
    head = history.commit_at(one, min(number, one.commits - 1))
    oldest = history.commit_at(one, one.commits - 1).hash
    author, state = _author(one, number), STATES[(number - 1) % len(STATES)]
    critics = [uuid for uuid in one.workspace.members if uuid != author]
    start = history.pick(f"{one.uuid}:{number}:reviewers", max(1, len(critics)))
    title = head.message.strip().capitalize()
    others = [ref.name for ref in history.branches(one)[1:]] or ["gone"]
    source = None if one_in(6, number, 4) else one
    made = PullRequest(
        number=number,
        title=title,
        text=f"{title}, so that nobody has to think about it again.",
        state=state,
        author=author,
        source=End(others[number % len(others)], head.hash[:SHORT_HASH], source),
        destination=End(one.mainbranch or "main", oldest[:SHORT_HASH], one),
        created_on=head.date.isoformat(timespec="microseconds"),
        updated_on=history.commit_at(one, 0).date.isoformat(timespec="microseconds"),
        draft=one_in(7, number, 6),
        close_source_branch=one_in(2, number),
        merge_commit=history.commit_at(one, 0).hash[:SHORT_HASH] if state == "MERGED" else None,
        closed_by=None if state == "OPEN" else _author(one, number + 1),
        reason="Not needed any more." if state == "DECLINED" else "",
    )
    made.set_reviewers((critics[start:] + critics[:start])[:2])
    _discuss(made, head.date, _first_id(one) + 1000 * number)
    return made


def _follow(one: PullRequest) -> None:
    """Let an open pull request take in what was pushed to its branch."""
    source = one.source
    if one.state == "OPEN" and source.repository is not None:
        tip = source.repository.work.branches.get(source.branch)
        one.source = evolve(source, hash=tip[:SHORT_HASH]) if tip else source


def _author(one: Repository, number: int) -> str:
    people = list(one.workspace.members)
    if one_in(4, number, 3) or not people:
        return one.workspace.app.uuid
    return people[history.pick(f"{one.uuid}:{number}", len(people))]


def _first_id(one: Repository) -> int:
    return 10_000_000 + history.pick(one.uuid, 500_000_000)


def _discuss(one: PullRequest, start: datetime, first: int) -> None:
    """Let the reviewers say what reviewers say, one thing an hour."""
    hours = [(start + timedelta(hours=n)).isoformat(timespec="microseconds") for n in range(1, 9)]
    one.events.append(
        Event("update", one.author, one.created_on, title=one.title, text=one.text, state="OPEN")
    )
    critics = one.reviewers or [one.author]
    line = {"path": "README.md", "from": None, "to": 3}
    lines = {"path": "src/app/main.py", "from": 9, "to": None, "start_from": 7, "start_to": None}
    said: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (critics[0], "Is there a test for this?", {}),
        (critics[-1], "A typing error.", {"inline": line}),
        (one.author, "There will be.", {"parent": first + 1}),
        (critics[-1], "Was this needed?", {"inline": lines, "resolved": (one.author, hours[4])}),
        (critics[0], "", {"deleted": True}),
        (one.author, "As you like.", {"parent": first + 5}),
    )
    for number, (who, text, more) in enumerate(said, start=1):
        when = hours[number - 1]
        one.comments[first + number] = Comment(first + number, who, text, when, when, **more)
        one.take_part(who, when)
        one.happened("comment", who, when, comment=first + number)
    for number, text, comment, done in (
        (7, "Add a test", first + 1, None),
        (8, "Mend the typing error", None, (one.author, hours[6])),
    ):
        when = done[1] if done else hours[5]
        todo = Task(first + number, critics[0], text, hours[5], when, comment, resolved=done)
        one.tasks[todo.id] = todo
    if one.reviewers:
        one.take_part(critics[0], hours[7], "approved")
        one.happened("approval", critics[0], hours[7])
    if one.state != "OPEN":
        one.happened("update", one.closed_by or one.author, one.updated_on)
