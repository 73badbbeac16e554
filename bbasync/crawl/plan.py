"""The plan of a crawl: which workspaces, which of their repositories, and what of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, Self, cast

from attrs import field, frozen

from ..client import Bitbucket
from ..errors import ArgumentError
from ..model.link import methods_of
from ..model.signature import Signature
from ..paging import Pager
from ..query import Condition, field_list, query_texts
from ..resources import Repository
from ..wire.origin import segment
from .record import Checkpoint, Sink
from .walks import REPOSITORIES, WORKSPACES

if TYPE_CHECKING:
    from .driver import Records, Summary
    from .estimate import Estimate
    from .progress import Progress

VERSION: Final = 1
"""That of the plan's text."""
_OURS: Final = frozenset({"page", "unique", "concurrency"})
"""How a list is walked is the crawl's business."""

Reading = Callable[[Repository], Pager[Any]]
"""A step that is a function: the list to read of a repository."""


@frozen
class Selection:
    """Which repositories are read, and what of them."""

    q: str | None = None
    fields: str | None = None


@frozen
class Step:
    """One list of each repository: that of a link method with its options, or of a function."""

    kind: str
    """The name of what it finds."""
    reads: str | Reading
    options: Mapping[str, Any] = field(factory=dict)

    def pager(self, repository: Repository, **more: Any) -> Pager[Any]:
        """The list of one *repository*; *more* options come before the step's own."""
        if not isinstance(self.reads, str):
            made = self.reads(repository)
            if not isinstance(made, Pager):
                raise ArgumentError(f"{self.kind}: a step's function returns a Pager, not {made!r}")
            return made
        # each() has looked at the annotation
        return cast(Pager[Any], getattr(repository, self.reads)(**{**self.options, **more}))

    @property
    def text(self) -> Any:
        """What is read, as JSON can say it."""
        if not isinstance(self.reads, str):
            return {"kind": self.kind}
        options = {name: query_texts(value) for name, value in self.options.items()}
        return {"kind": self.kind, "list": self.reads, "options": options}


@frozen(init=False)
class Crawl:
    """What to read: all of *workspaces*, or of all that the caller has where none is named.

    Each call gives a new plan::

        plan = Crawl("acme").repositories(q=F.is_private == True).each("pullrequests")
    """

    workspaces: tuple[str, ...]
    selection: Selection
    steps: tuple[Step, ...]

    def __init__(self, *workspaces: str) -> None:
        named: dict[str, str] = {}
        for name in workspaces:
            segment("a workspace", name)
            if "/" in name:
                raise ArgumentError(f"{name!r} is no workspace: name one by its slug or its uuid")
            named.setdefault(name.lower(), name)
        self.__attrs_init__(tuple(named.values()), Selection(), ())

    def repositories(
        self, *, q: Condition | str | None = None, fields: str | Sequence[str] | None = None
    ) -> Self:
        """Read only the repositories that *q* chooses, and of each only *fields*.

        *fields* is spelled as for ``bb.repositories.list``; what the crawl needs comes along.
        """
        if q is not None and (not isinstance(q, str | Condition) or not str(q).strip()):
            raise ArgumentError(f"q: a filter is text or made with F, not {q!r}")
        try:
            chosen = None if fields is None else field_list(fields, paged=True)
        except (ValueError, TypeError) as error:
            raise ArgumentError(f"fields: {error}") from error
        return self._with(selection=Selection(None if q is None else str(q), chosen))

    def each(self, reads: str | Reading, /, *, called: str | None = None, **options: Any) -> Self:
        """Read a list of each repository: ``each("pullrequests", state="OPEN")``.

        *reads* is a method of Repository that follows a link to a list, with its *options*; or a
        function from a repository to a Pager. What it finds is of the kind *called*, which is the
        method's or the function's name when not given.
        """
        name = called if called is not None else reads if isinstance(reads, str) else None
        if isinstance(reads, str):
            _check(reads, options)
        elif not callable(reads):
            raise ArgumentError(f"each() takes a link's name or a function, not {reads!r}")
        elif options:
            raise ArgumentError(f"each(): a function takes no {next(iter(options))!r}")
        kind = name if name is not None else _name_of(reads)
        if not isinstance(kind, str) or not kind.isprintable() or "/" in kind or not kind:
            raise ArgumentError(f"called takes a name without a slash, not {kind!r}")
        if kind in {REPOSITORIES, WORKSPACES, *(one.kind for one in self.steps)}:
            raise ArgumentError(f"{kind!r} is read already: give this one a name with called=")
        return self._with(steps=(*self.steps, Step(kind, reads, options)))

    def text(self, since: datetime | None = None) -> str:
        """All that decides what is read, as canonical JSON: what a checkpoint is good for."""
        said = {
            "version": VERSION,
            "workspaces": sorted(self.workspaces),
            "q": self.selection.q,
            "fields": self.selection.fields,
            "steps": [one.text for one in self.steps],
            "since": None if since is None else since.astimezone(UTC).isoformat(),
        }
        return json.dumps(said, sort_keys=True, separators=(",", ":"))

    def run(
        self,
        bb: Bitbucket,
        *,
        concurrency: int = 8,
        since: datetime | None = None,
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        max_requests: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Records:
        """Crawl, and hand out each Found and Missed as it comes, in ``async for``.

        *concurrency* lists are read at a time, and no more than is taken. With *checkpoint* a
        crawl of the same plan goes on where one ended, with what its consumer had not come back
        from. It stops before it has sent more than *max_requests*, where the service tells it to
        wait for longer than the client's ``max_wait``, or at its end: ``summary`` tells which.

        *since* reads what has changed since then: repositories and pull requests by their
        ``updated_on``, commits up to the first page that is older as a whole, other lists
        entirely. The steps are read for all repositories, also for those that are not handed out:
        a pull request changes without its repository.
        """
        from .driver import Drive, Records  # noqa: PLC0415 - plans are made without crawling

        drive = Drive(
            self,
            bb,
            concurrency=concurrency,
            since=since,
            checkpoint=checkpoint,
            max_requests=max_requests,
            on_progress=on_progress,
        )
        return Records(drive)

    async def into(
        self,
        bb: Bitbucket,
        *sinks: Sink,
        concurrency: int = 8,
        since: datetime | None = None,
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        max_requests: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Summary:
        """Crawl into *sinks*, and tell what came of it; otherwise as ``run``.

        With *checkpoint*, each item is in each sink once, however often the crawl was killed.
        """
        from .driver import Drive  # noqa: PLC0415 - as above

        drive = Drive(
            self,
            bb,
            concurrency=concurrency,
            since=since,
            checkpoint=checkpoint,
            max_requests=max_requests,
            on_progress=on_progress,
        )
        return await drive.pour(sinks)

    async def estimate(
        self, bb: Bitbucket, *, since: datetime | None = None, sample: int = 12
    ) -> Estimate:
        """How many requests the crawl will take, and hours: by a few small requests.

        One for each workspace, and one for each step of *sample* repositories.
        """
        from .estimate import estimate  # noqa: PLC0415 - as above

        return await estimate(self, bb, since=since, sample=sample)

    def _with(self, **changes: Any) -> Self:
        made = object.__new__(type(self))
        given = {"workspaces": self.workspaces, "selection": self.selection, "steps": self.steps}
        made.__attrs_init__(**{**given, **changes})
        return made


@cache
def _lists() -> Mapping[str, Signature]:
    """The methods of Repository that walk a list."""
    return {name: one for name, _, one in methods_of(Repository) if one.paged}


def _check(name: str, options: Mapping[str, Any]) -> None:
    """ArgumentError where Repository has no such list, or where it does not take *options*."""
    signature = _lists().get(name)
    if signature is None:
        known = ", ".join(sorted(_lists()))
        raise ArgumentError(f"a repository has no list {name!r}; it has {known}")
    for option in _OURS & options.keys():
        raise ArgumentError(f"{name}: {option} can't be chosen, a crawl reads whole lists")
    try:
        signature.bind(None, (), options)
    except TypeError as error:
        raise ArgumentError(str(error)) from error


def _name_of(function: Any) -> str:
    name = getattr(function, "__qualname__", "")
    if not name or "<lambda>" in name:
        raise ArgumentError(f"{function!r} has no name of its own: give it one with called=")
    return str(name)
