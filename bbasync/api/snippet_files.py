"""The part of the operations on snippets that is about their files and revisions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import EllipsisType
from typing import Any, Unpack

from ..errors import ArgumentError, DecodingError
from ..model.reply import read
from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Snippet, SnippetCommit
from ..wire.body import Body, Content, Part, Progress, Uploads
from ..wire.message import Answer, Request, Safety
from ..wire.multipart import parts_of
from ..wire.origin import segment
from ..wire.stream import Stream
from .operation import GET, Group

_JSON = {"Accept": "application/json"}


class SnippetFiles(Group):
    """Files of snippets, and how they became what they are."""

    async def get_with_files(
        self, workspace: str, encoded_id: str, *, revision: str | None = None
    ) -> tuple[Snippet, Mapping[str, bytes]]:
        """Get a snippet and all its files by name, as of *revision* or now, in one request."""
        where = _address(workspace, encoded_id, revision)
        request = Request("GET", where, headers={"Accept": "multipart/related"})
        answer = await self._sender.send(request)
        try:
            main, *files = parts_of(answer.body, answer.headers.get("Content-Type", ""))
        except DecodingError as error:
            raise DecodingError(f"{answer.method} {answer.url}: {error}") from error
        if main.content_type != "application/json":
            raise DecodingError(f"{answer.method} {answer.url} answered without the snippet itself")
        described = Answer(
            answer.status, answer.headers, main.content, answer.method, answer.url, answer.attempts
        )
        snippet: Snippet = read(described, Snippet, self._sender)
        return snippet, {one.name: one.content for one in files}

    async def create_with_files(
        self,
        workspace: str | None,
        files: Mapping[str, Content],
        *,
        title: str | None = None,
        is_private: bool | None = None,
        scm: str | None = None,
        progress: Progress | None = None,
    ) -> Snippet:
        """Create a snippet with *files* by name, in one request.

        None for a workspace makes it the caller's own.
        """
        _check_files(files)
        if not files:
            raise ArgumentError("files is empty: create() makes a snippet without any")
        private = None if is_private is None else str(is_private).lower()
        fields = {"title": title, "is_private": private, "scm": scm}
        parts = [Part(name, value) for name, value in fields.items() if value is not None]
        async with Uploads() as uploads:
            for name, content in files.items():
                parts.append(Part("file", await uploads.take(content), filename=name))
            body = Body.of_parts(parts, progress=progress)
            where = "/snippets" if workspace is None else _address(workspace)
            return await self._written(Request("POST", where, (), body, _JSON, Safety.NEVER))

    async def change(
        self,
        workspace: str,
        encoded_id: str,
        *,
        title: str | EllipsisType | None = ...,
        is_private: bool | None = None,
        files: Mapping[str, Content] | None = None,
        deletions: Iterable[str] = (),
        revision: str | None = None,
        progress: Progress | None = None,
    ) -> Snippet:
        """Change what is given of a snippet, in one request; everything else stays.

        *title* None takes the title away. *files* are added or replaced by name, *deletions* are
        the names of files to delete; both together rename one. With *revision*, only if that is
        still the newest: else MethodNotAllowedError.
        """
        files = {} if files is None else files
        _check_files(files)
        gone = _names(deletions, files)
        about: dict[str, Any] = {} if title is ... else {"title": title}
        if is_private is not None:
            about["is_private"] = is_private
        if gone:
            about["files"] = {name: {} for name in gone}  # named without a part: deleted
        if not about and not files:
            raise ArgumentError("there is nothing to change: give a title, files or deletions")
        parts = [Part("snippet", json.dumps(about), content_type="application/json")]
        async with Uploads() as uploads:
            for name, content in files.items():
                parts.append(Part(name, await uploads.take(content), filename=name))
            body = Body.of_parts(parts, subtype="related", progress=progress)
            where = _address(workspace, encoded_id, revision)
            # What is deleted can't be deleted again, and a revision is the newest only once.
            again = Safety.NEVER if gone or revision is not None else Safety.REPEATABLE
            return await self._written(Request("PUT", where, (), body, _JSON, again))

    async def _written(self, request: Request) -> Snippet:
        snippet: Snippet = read(await self._sender.send(request), Snippet, self._sender)
        return snippet

    @GET(
        "/snippets/{workspace}/{encoded_id}/files/{path}", scope="snippet", granular="read:snippet"
    )
    def get_file(self, workspace: str, encoded_id: str, path: str) -> Stream:
        """Read a file as it is now."""

    @GET(
        "/snippets/{workspace}/{encoded_id}/{node_id}/files/{path}",
        scope="snippet",
        granular="read:snippet",
    )
    def get_revision_file(self, workspace: str, encoded_id: str, node_id: str, path: str) -> Stream:
        """Read a file as of a revision."""

    @GET("/snippets/{workspace}/{encoded_id}/commits", scope="snippet", granular="read:snippet")
    def list_commits(
        self, workspace: str, encoded_id: str, **query: Unpack[ListQuery]
    ) -> Pager[SnippetCommit]:
        """Walk the changes of a snippet, newest first."""

    @GET(
        "/snippets/{workspace}/{encoded_id}/commits/{revision}",
        scope="snippet",
        granular="read:snippet",
    )
    async def get_commit(
        self, workspace: str, encoded_id: str, revision: str, **query: Unpack[ItemQuery]
    ) -> SnippetCommit:
        """Get a change."""

    @GET(
        "/snippets/{workspace}/{encoded_id}/{revision}/diff",
        scope="snippet",
        granular="read:snippet",
    )
    def get_diff(
        self, workspace: str, encoded_id: str, revision: str, *, path: str | None = None
    ) -> Stream:
        """Read what a change did, or what it did to the file *path*."""

    @GET(
        "/snippets/{workspace}/{encoded_id}/{revision}/patch",
        scope="snippet",
        granular="read:snippet",
    )
    def get_patch(self, workspace: str, encoded_id: str, revision: str) -> Stream:
        """Read a change as a patch, with its author and message."""


def _address(workspace: str, encoded_id: str | None = None, revision: str | None = None) -> str:
    where = f"/snippets/{segment('workspace', workspace)}"
    if encoded_id is not None:
        where += f"/{segment('encoded_id', encoded_id)}"
    return where if revision is None else f"{where}/{segment('revision', revision)}"


def _check_files(files: Mapping[str, Content]) -> None:
    if not isinstance(files, Mapping):
        raise ArgumentError(
            f"files takes a mapping from names to contents, not {type(files).__name__}"
        )
    for name in files:
        if not isinstance(name, str) or not name:
            raise ArgumentError(f"files: {name!r} is no name of a file")


def _names(deletions: Iterable[str], files: Mapping[str, Content]) -> list[str]:
    if isinstance(deletions, str):
        raise ArgumentError(f"deletions takes a list of names, not the one name {deletions!r}")
    names = list(deletions)
    for name in names:
        if not isinstance(name, str) or not name:
            raise ArgumentError(f"deletions: {name!r} is no name of a file")
        if name in files:
            raise ArgumentError(f"{name!r} can't be in both files and deletions")
    return names
