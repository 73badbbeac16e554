"""The keys that say an attribute in a line of a report, and how to read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeAlias, TypeVar, get_args

from attrs import asdict, define, field, frozen

from ...errors import DecodingError
from ..address import host_of
from ..facts import Person, Project, Repo, Source, SourceKind
from ..findings import Allowance

Row: TypeAlias = Mapping[str, Any]
"""A line, as JSON has it."""
T = TypeVar("T")

_VISIBILITY: Final = {None: "unknown", True: "private", False: "public"}
_PRIVATE: Final = {said: private for private, said in _VISIBILITY.items()}
_REST: Final = ("project", "main_branch", "parent", "parent_name")
"""What only a repository's own line says of it."""
_NARROWED: Final = ("workspace", "repository", "project", "person", "group", "thing")
"""What an allowance can be narrowed to."""


@define
class Things:
    """What lines have named so far: each is one object, however often it is named."""

    repositories: dict[str, Repo] = field(factory=dict)
    """Those that have a line of their own, by uuid: other lines say less of them."""
    kept: dict[Any, Any] = field(factory=dict)

    def same(self, thing: T) -> T:
        """The first that was equal to *thing*."""
        found: T = self.kept.setdefault(thing, thing)
        return found


@frozen
class Keyed:
    """An attribute, and how the keys that say it are written and read."""

    attribute: str
    write: Callable[[Any, Things], Row]
    read: Callable[[Row, Things], Any]


def must(row: Row, key: str, kind: type[T]) -> T:
    """What *row* has at *key*; DecodingError where that is nothing, or of another type."""
    value = row.get(key)
    if type(value) is kind:
        return value
    if value is None:
        raise DecodingError(f"it has no {key!r}")
    raise DecodingError(f"its {key!r} can't be {value!r:.80}")


def may(row: Row, key: str, kind: type[T]) -> T | None:
    """What *row* has at *key*, None where it has nothing; DecodingError for another type."""
    value = row.get(key)
    if value is None or type(value) is kind:
        return value
    raise DecodingError(f"its {key!r} can't be {value!r:.80}")


def plain(name: str, kind: type, key: str = "", *, default: Any = None) -> Keyed:
    """An attribute that JSON can say; where the line says nothing of it, it is *default*."""
    key = key or name

    def read(row: Row, _: Things) -> Any:
        value = may(row, key, kind)
        return default if value is None else value

    return Keyed(name, lambda value, _: {key: value}, read)


def needed(name: str, kind: type, key: str = "") -> Keyed:
    """An attribute that JSON can say, and that is never None."""
    key = key or name

    def read(row: Row, things: Things) -> Any:
        value: Any = must(row, key, kind)
        return things.same(value) if kind is str else value  # many lines say the same text

    return Keyed(name, lambda value, _: {key: value}, read)


def address(name: str) -> Keyed:
    """The address of a webhook, of which a report has no more than scheme and host."""
    one = needed(name, str)
    return Keyed(name, lambda value, _: {name: host_of(value)}, one.read)


def choice(name: str, among: Sequence[str]) -> Keyed:
    """An attribute that is one *among* these texts."""

    def read(row: Row, _: Things) -> Any:
        value = must(row, name, str)
        if value not in among:
            raise DecodingError(f"its {name!r} is {value!r:.80}, not {' or '.join(among)}")
        return value

    return Keyed(name, lambda value, _: {name: value}, read)


def texts(name: str, *, default: tuple[str, ...] | None = ()) -> Keyed:
    """A list of texts; *default* where the line has none."""

    def read(row: Row, _: Things) -> Any:
        value = may(row, name, list)
        if value is None:
            return default
        if any(type(one) is not str for one in value):
            raise DecodingError(f"its {name!r} can't be {value!r:.80}")
        return tuple(value)

    return Keyed(name, lambda value, _: {name: None if value is None else list(value)}, read)


def private(key: str) -> Keyed:
    """Whether something is private, told in a word."""
    return Keyed(
        "is_private",
        lambda value, _: {key: _VISIBILITY[value]},
        lambda row, _: _private(row, key),
    )


def moment(name: str) -> Keyed:
    """A moment, or None."""
    return Keyed(
        name,
        lambda value, _: {name: value and value.isoformat()},
        lambda row, _: None if row.get(name) is None else moment_of(row, name),
    )


def moment_of(row: Row, key: str) -> datetime:
    """The moment that *row* has at *key*."""
    said = must(row, key, str)
    try:
        found = datetime.fromisoformat(said)
        found.astimezone(UTC)  # which fails at the ends of time
    except (ValueError, OverflowError) as error:
        raise DecodingError(f"its {key!r} is no date with its time: {said!r:.80}") from error
    return found


def person(*, optional: bool = False) -> Keyed:
    """A person, by ``user``, ``user_uuid`` and ``account_id``."""

    def write(value: Person | None, _: Things) -> Row:
        if value is None:
            return {"user": None, "user_uuid": None, "account_id": None}
        return {"user": value.name, "user_uuid": value.uuid, "account_id": value.account_id}

    def read(row: Row, things: Things) -> Person | None:
        if optional and row.get("user_uuid") is None:
            return None
        uuid, name = must(row, "user_uuid", str), must(row, "user", str)
        return things.same(Person(uuid, name, may(row, "account_id", str)))

    return Keyed("person", write, read)


def repository(*, optional: bool = False) -> Keyed:
    """A repository, by ``repository``, ``repository_uuid`` and ``visibility``.

    The rest of it is in its own line. Where what is written differs from that, it is all here.
    """

    def write(value: Repo | None, things: Things) -> Row:
        if value is None:
            return {"repository": None, "repository_uuid": None, "visibility": None}
        row: dict[str, Any] = {
            "repository": value.full_name,
            "repository_uuid": value.uuid,
            "visibility": _VISIBILITY[value.is_private],
        }
        own = things.repositories.get(value.uuid)
        if own is not value and own != value:
            rest = {f"repository_{key}": getattr(value, key) for key in _REST}
            if own is not None or any(one is not None for one in rest.values()):
                row |= rest
        return row

    def read(row: Row, things: Things) -> Repo | None:
        if optional and row.get("repository_uuid") is None:
            return None
        uuid, name = must(row, "repository_uuid", str), must(row, "repository", str)
        own = things.repositories.get(uuid)
        if own is not None and "repository_project" not in row:
            return own
        rest = [may(row, f"repository_{key}", str) for key in _REST]
        return things.same(Repo(uuid, name, _private(row, "visibility"), *rest))

    return Keyed("repository", write, read)


def project() -> Keyed:
    """A project or None, by ``project`` (its key) and more keys that begin like that."""

    def write(value: Project | None, _: Things) -> Row:
        return {
            "project": value and value.key,
            "project_uuid": value and value.uuid,
            "project_name": value and value.name,
            "project_visibility": value and _VISIBILITY[value.is_private],
        }

    def read(row: Row, things: Things) -> Project | None:
        if row.get("project_uuid") is None:
            return None
        workspace, uuid, key, name = (must(row, one, str) for one in _PROJECT)
        return things.same(Project(workspace, uuid, key, name, _private(row, "project_visibility")))

    return Keyed("project", write, read)


_PROJECT: Final = ("workspace", "project_uuid", "project", "project_name")


def sources(name: str = "sources") -> Keyed:
    """Where a right comes from: a list of objects, the strongest first."""

    def write(value: tuple[Source, ...], _: Things) -> Row:
        return {name: [_said(one) for one in value]}

    def read(row: Row, things: Things) -> Any:
        found = may(row, name, list) or []
        return things.same(tuple(_source(one, name, things) for one in found))

    return Keyed(name, write, read)


def _said(source: Source) -> Row:
    said = {"kind": source.kind, "permission": source.permission}
    if source.group is not None:
        said["group"] = source.group
    if source.project is not None:
        said["project"] = source.project
    return said


def _source(said: Any, name: str, things: Things) -> Source:
    if type(said) is not dict:
        raise DecodingError(f"its {name!r} can't have {said!r:.80}")
    kind, permission = _SOURCE_KIND.read(said, things), must(said, "permission", str)
    return things.same(Source(kind, permission, may(said, "group", str), may(said, "project", str)))


_SOURCE_KIND: Final = choice("kind", get_args(SourceKind))


def allowed() -> Keyed:
    """An allowance or None, as an object."""

    def write(value: Allowance | None, _: Things) -> Row:
        if value is None:
            return {"allowed": None}
        said = asdict(value, filter=lambda _, one: one is not None)
        return {"allowed": said | {"until": value.until.isoformat()}}

    def read(row: Row, things: Things) -> Allowance | None:
        said = may(row, "allowed", dict)
        if said is None:
            return None
        rule, reason, until = (must(said, key, str) for key in ("rule", "reason", "until"))
        try:
            day = date.fromisoformat(until)
        except ValueError as error:
            raise DecodingError(f"its 'allowed' ends at no day: {until!r:.80}") from error
        narrowed = {key: may(said, key, str) for key in _NARROWED}
        place = may(said, "place", str) or ""
        return things.same(Allowance(rule, reason, day, **narrowed, place=place))

    return Keyed("allowed", write, read)


def _private(row: Row, key: str) -> bool | None:
    said = must(row, key, str)
    if said not in _PRIVATE:
        raise DecodingError(f"its {key!r} can't be {said!r:.80}")
    return _PRIVATE[said]
