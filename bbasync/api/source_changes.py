"""A commit before it is made: which files are written, deleted, executable, or links."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from attrs import frozen

from ..errors import ArgumentError, DecodingError
from ..wire.body import Content, Part, Uploads

_HASH = re.compile(r"[0-9a-fA-F]{40}")
_AT_THE_END = re.compile(r"/commits?/([0-9a-f]{7,64})/*(?:\?.*)?$")
_NOT_NAMES: Final = frozenset({"", ".", ".."})


@frozen
class Changes:
    """Paths without a slash before them, each once."""

    files: Mapping[str, Content]
    deletions: tuple[str, ...]
    executables: frozenset[str]
    links: frozenset[str]

    @classmethod
    def checked(
        cls,
        files: Mapping[str, Content],
        deletions: Collection[str],
        executables: Collection[str],
        links: Collection[str],
    ) -> Changes:
        """What is to be changed; ArgumentError where that contradicts itself."""
        if not isinstance(files, Mapping):
            raise ArgumentError(f"files takes a mapping of paths to contents, not {files!r}")
        written = dict(zip(_paths("files", files), files.values(), strict=True))
        gone = _paths("deletions", deletions)
        marked = {
            "executables": frozenset(_paths("executables", executables)),
            "links": frozenset(_paths("links", links)),
        }
        for path in gone:
            if path in written:
                raise ArgumentError(f"deletions: {path!r} is among the files too")
        for name, paths in marked.items():
            for path in sorted(paths - set(written)):
                raise ArgumentError(f"{name}: {path!r} is not among the files")
        for path in sorted(marked["executables"] & marked["links"]):
            raise ArgumentError(f"links: {path!r} can't be executable too")
        return cls(written, gone, **marked)

    async def parts(self, uploads: Uploads, said: Mapping[str, str]) -> list[Part]:
        """The fields of the form.

        The service takes a part with a file name for a file, whatever its name; the slash keeps a
        path from being taken for what is *said* of the commit even so.
        """
        fields = [Part(name, text) for name, text in said.items()]
        fields += [Part("files", f"/{path}") for path in self.deletions]
        for path, content in self.files.items():
            taken = await uploads.take(content)
            name = path.rpartition("/")[2]
            fields.append(Part(f"/{path}", taken, name, attributes=self._attributes(path)))
        return fields

    def _attributes(self, path: str) -> tuple[str, ...]:
        if path in self.links:
            return ("link",)
        return ("executable",) if path in self.executables else ()


def texts(said: Mapping[str, str | None]) -> dict[str, str]:
    """What is said of a commit, without what is not; ArgumentError for what is no text."""
    found = {name: text for name, text in said.items() if text is not None}
    for name, text in found.items():
        if not isinstance(text, str):
            raise ArgumentError(f"{name} takes text, not {text!r}")
    return found


def full_hash(name: str, value: str | None) -> str | None:
    """*value*, a hash in full or nothing; ArgumentError otherwise."""
    if value is not None and not (isinstance(value, str) and _HASH.fullmatch(value)):
        raise ArgumentError(f"{name} takes the 40 digits of one commit, not {value!r}")
    return value


def hash_in(location: str) -> str:
    """The hash of the commit that was made; DecodingError where the service does not tell it."""
    found = _AT_THE_END.search(location)
    if found is None:
        raise DecodingError(
            f"the commit was made, but the service did not say which: its Location is {location!r}"
        )
    return found[1]


def _paths(what: str, given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str | bytes):
        raise ArgumentError(f"{what} takes several paths, not {given!r}")
    found: dict[str, None] = {}
    for one in given:
        path = _path(what, one)
        if path in found:
            raise ArgumentError(f"{what}: {path!r} is there twice")
        found[path] = None
    return tuple(found)


def _path(what: str, given: object) -> str:
    if not isinstance(given, str):
        raise ArgumentError(f"{what}: a path is text, not {given!r}")
    path = given.removeprefix("/")
    if any(part in _NOT_NAMES for part in path.split("/")) or any(c in path for c in "\r\n\0"):
        raise ArgumentError(f"{what}: {given!r} is no path of a file in a repository")
    return path
