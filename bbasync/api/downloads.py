"""The operations on the files of a repository's downloads section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Unpack

from ..errors import ArgumentError
from ..paging import ListQuery, Pager
from ..resources import Download
from ..wire.body import Body, Content, Part, Progress, Uploads
from ..wire.stream import Stream
from .operation import DELETE, GET, POST, Group


class Downloads(Group, name="downloads"):
    """The files of a repository's downloads section."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/downloads",
        scope="repository",
        granular="read:repository",
    )
    def list(self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]) -> Pager[Download]:
        """Walk the files."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/downloads",
        scope="repository:write",
        granular="write:repository",
    )
    async def create(self, workspace: str, repo_slug: str, body: Body) -> None:
        """Upload what *body* holds in fields called ``files``; upload() makes such a body."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/downloads/{filename}",
        scope="repository",
        granular="read:repository",
    )
    def get(self, workspace: str, repo_slug: str, filename: str) -> Stream:
        """Read a file, from the storage that the service sends callers on to."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/downloads/{filename}",
        scope="repository:write",
        granular="write:repository",
    )
    async def delete(self, workspace: str, repo_slug: str, filename: str) -> None:
        """Delete a file."""

    async def upload(
        self,
        workspace: str,
        repo_slug: str,
        files: Mapping[str, Content] | Iterable[str | PathLike[str]] | PathLike[str],
        *,
        progress: Progress | None = None,
    ) -> None:
        """Upload files: contents by name, or paths of files that keep their names.

        A file of the same name is replaced without a word. *progress* is called with the bytes
        sent and the bytes in all. A workspace on a Free plan is answered 402.
        """
        contents = _by_name(files)
        async with Uploads() as uploads:
            parts = [
                Part("files", await uploads.take(content), name)
                for name, content in contents.items()
            ]
            await self.create(workspace, repo_slug, Body.of_parts(parts, progress=progress))


def _by_name(
    files: Mapping[str, Content] | Iterable[str | PathLike[str]] | PathLike[str],
) -> Mapping[str, Content]:
    """What is uploaded under which name; ArgumentError where that can't be told."""
    if isinstance(files, str | bytes) or not isinstance(files, Iterable | PathLike):
        raise ArgumentError("files takes a mapping of names to contents, or paths")
    if isinstance(files, Mapping):
        found = dict(files)
    else:
        paths = [_path(one) for one in ([files] if isinstance(files, PathLike) else files)]
        found = {path.name: path for path in paths}
        if len(found) < len(paths):
            raise ArgumentError("files: two of the paths have the same name")
    if not found:
        raise ArgumentError("files is empty: there is nothing to upload")
    for name in found:
        if not isinstance(name, str) or name in {"", ".", ".."} or "/" in name:
            raise ArgumentError(f"files: {name!r} can't be the name of a download")
    return found


def _path(one: object) -> Path:
    if not isinstance(one, str | PathLike):
        raise ArgumentError(f"files: {one!r} is no path")
    return Path(one)
