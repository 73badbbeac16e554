"""What `bbasync crawl` is asked for: its options as the library's words, or what is wrong."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from ..errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..crawl import Crawl
    from ..model.signature import Signature

_READ: Final = re.compile(r"(?:(?P<kind>[^=:]*)=)?(?P<list>[^=:]*)(?::(?P<options>.*))?", re.DOTALL)
_COMMA: Final = re.compile(r',(?=\w+=)(?=(?:[^"]*"[^"]*")*[^"]*$)')
"""Between options: one that a name follows, and that is in no text of a filter."""
_NUMBERS: Final = frozenset({"pagelen"})
_AGO: Final = re.compile(r"(\d{1,6})\s*(minute|hour|day|week)s?(?:\s+ago)?", re.IGNORECASE)


@frozen
class Wanted:
    """The command line."""

    workspaces: Sequence[str]
    read: Sequence[str]
    to: str | None
    q: str | None
    since: str | None
    resume: bool
    overwrite: bool
    checkpoint: str | None
    plan: bool
    max_requests: int | None
    concurrency: int
    max_wait: float
    json: bool
    demo: bool


def check(wanted: Wanted) -> None:
    """ArgumentError for options that don't go together."""
    if wanted.resume and wanted.overwrite:
        raise ArgumentError("choose one of --resume and --overwrite")
    if wanted.resume and wanted.plan:
        raise ArgumentError("choose one of --resume and --plan, which is of a whole crawl")
    if wanted.resume and wanted.to is None and wanted.checkpoint is None:
        raise ArgumentError("--resume goes on with a file: name it with --to, or its --checkpoint")
    if wanted.demo and (wanted.resume or wanted.checkpoint is not None):
        raise ArgumentError("--demo has new data each time, which can't be resumed")
    if wanted.json and wanted.to is None and not wanted.plan:
        raise ArgumentError("--json writes to stdout, where the items go: name a file with --to")


def plan_of(wanted: Wanted) -> Crawl:
    """What is to be read; ArgumentError where there is no such thing."""
    from ..crawl import Crawl  # noqa: PLC0415 - a shell that completes does without

    plan = Crawl(*wanted.workspaces)
    if wanted.q is not None:
        with _of("--q"):
            plan = plan.repositories(q=wanted.q)
    for text in wanted.read:
        plan = _with_list(plan, text)
    return plan


def _with_list(plan: Crawl, text: str) -> Crawl:
    found = _READ.fullmatch(text)
    name = found["list"].strip() if found else ""
    known = _known_lists()
    if found is None or name not in known:
        near = get_close_matches(name, known, 1) or sorted(known)
        raise ArgumentError(
            f"--read {text}: a repository has no list {name!r}; "
            + (f"did you mean {near[0]}?" if len(near) == 1 else f"it has {', '.join(near)}")
        )
    kind = found["kind"] if found["kind"] is not None else name
    if any(one.kind == kind for one in plan.steps):
        raise ArgumentError(
            f"--read {text}: {kind} is read already: give it a name, as in more={text}"
        )
    with _of(f"--read {text}"):
        return plan.each(name, called=kind, **_options(found["options"] or ""))


def _options(text: str) -> dict[str, Any]:
    """``state=OPEN,state=MERGED`` as keywords; a name that comes twice has a list."""
    options: dict[str, Any] = {}
    for one in _COMMA.split(text) if text else ():
        name, equals, value = one.partition("=")
        if not equals or not value or not name.strip():
            raise ArgumentError(f"write OPTION=VALUE instead of {one!r}")
        name, value = name.strip(), value.strip()
        if name in options:
            before = options[name]
            options[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            options[name] = int(value) if name in _NUMBERS and value.isdecimal() else value
    return options


@contextmanager
def _of(option: str) -> Iterator[None]:
    """Say which *option* an ArgumentError in the block is about."""
    try:
        yield
    except ArgumentError as error:
        raise ArgumentError(f"{option}: {error}") from error


def complete_list(incomplete: str) -> list[tuple[str, str]]:
    """The lists that begin so, each with what it is; for the shell."""
    return [
        (name, (one.function.__doc__ or "").strip().partition("\n")[0])
        for name, one in sorted(_known_lists().items())
        if name.startswith(incomplete)
    ]


def _known_lists() -> Mapping[str, Signature]:
    from ..model.link import methods_of  # noqa: PLC0415 - loads all resources
    from ..resources import Repository  # noqa: PLC0415 - as above

    return {name: one for name, _, one in methods_of(Repository) if one.paged}


def is_relative(since: str | None) -> bool:
    """Whether *since* counts from now."""
    return since is not None and _AGO.fullmatch(since.strip()) is not None


def since_of(text: str | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Any:
    """The moment that *text* means; None where there is none."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago is not None:
            return now() - timedelta(**{f"{ago[2].lower()}s": int(ago[1])})
        moment = datetime.fromisoformat(text.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ArgumentError(
            f'--since {text}: write a date as 2026-11-01, a time as 2026-11-01T12:00, or "7 days"'
        ) from error
    if moment > now():
        raise ArgumentError(f"--since {text}: that is still to come, and nothing has changed since")
    return moment


def command_to_resume(arguments: Sequence[str] | None = None) -> str:
    """The command that goes on with what *arguments* have begun; the process's own by default."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    rest = [one for one in given[given.index("crawl") + 1 :] if one not in {"--resume", _ANEW}]
    return shlex.join(["bbasync", "crawl", "--resume", *rest])


_ANEW: Final = "--overwrite"
