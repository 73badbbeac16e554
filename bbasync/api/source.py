"""The operations on files and directories, and commits made of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Literal, Unpack

from ..model.make import from_wire
from ..model.reply import pager_of
from ..model.reply import read as read_answer
from ..model.signature import Signature
from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Commit, CommitFile, Content, TreeEntry
from ..wire.body import Body, Progress, Uploads
from ..wire.body import Content as Uploaded
from ..wire.message import Answer, Query, Request
from ..wire.origin import path_tail, segment
from ..wire.stream import Stream
from .operation import GET, POST, Group
from .reference import by_name, finding
from .source_changes import Changes, full_hash, hash_in, texts

ROOT: Final = "HEAD"
"""The newest commit of the main branch."""


class Source(Group, name="source"):
    """Files and directories, and commits made of them.

    A *commit* is named by its hash, by a branch or by a tag; ``HEAD`` is the main branch's newest.
    """

    @GET(
        "/repositories/{workspace}/{repo_slug}/src", scope="repository", granular="read:repository"
    )
    def list_root(
        self, workspace: str, repo_slug: str, **query: Unpack[ListQuery]
    ) -> Pager[TreeEntry]:
        """Walk the top directory of the main branch."""

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/src/{commit}/{path}",
        scope="repository",
        granular="read:repository",
    )
    def read(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        path: str,
        *,
        format: Literal["meta", "rendered"] | None = None,
        max_depth: int | None = None,
        **query: Unpack[ListQuery],
    ) -> Stream:
        """Read a file as it is, nothing decoded; of a symbolic link, the path that it leads to.

        A file in LFS comes from the storage that the service sends callers on to. What is no file
        in itself comes as the bytes of its JSON, which *format* and the rest are for: ``list``,
        ``get_meta`` and ``render`` decode them.
        """

    def list(
        self,
        workspace: str,
        repo_slug: str,
        commit: str = ROOT,
        path: str = "",
        *,
        max_depth: int | None = None,
        **query: Unpack[ListQuery],
    ) -> Pager[TreeEntry]:
        """Walk what is in a directory, the top one without *path*.

        *max_depth* includes what is so many directories below, nearest first; more than the
        service gets done in time is answered 555.
        """
        where = (workspace, repo_slug, commit, path)
        call = _LISTING.bind(self, where, {"max_depth": max_depth, **query})
        sender = finding(self._sender, workspace, repo_slug, commit)
        request = Request("GET", _address(**call.path), call.query)
        return pager_of(TreeEntry, sender, request, call.walk)

    async def get_meta(
        self,
        workspace: str,
        repo_slug: str,
        commit: str = ROOT,
        path: str = "",
        **query: Unpack[ItemQuery],
    ) -> TreeEntry:
        """Get what is known of a file or a directory, such as its size, without reading it."""
        call = _META.bind(self, (workspace, repo_slug, commit, path), query)
        sender = finding(self._sender, workspace, repo_slug, commit)
        request = _view(_address(**call.path), "meta", call.query)
        found: TreeEntry = read_answer(await sender.send(request), TreeEntry, sender)
        return found

    async def render(self, workspace: str, repo_slug: str, commit: str, path: str) -> Content:
        """Get a text as HTML; for markup by the name of the file, such as ``.md`` and ``.rst``."""
        sender = finding(self._sender, workspace, repo_slug, commit)
        request = _view(_address(workspace, repo_slug, commit, path), "rendered")
        found: Content = read_answer(await sender.send(request), Content, sender)
        return found

    @by_name
    @GET(
        "/repositories/{workspace}/{repo_slug}/filehistory/{commit}/{path}",
        scope="repository",
        granular="read:repository",
    )
    def list_history(
        self,
        workspace: str,
        repo_slug: str,
        commit: str,
        path: str,
        *,
        renames: bool = True,
        **query: Unpack[ListQuery],
    ) -> Pager[CommitFile]:
        """Walk what a file was at each commit that changed it, newest first.

        Earlier names of it are followed unless *renames* is False.
        """

    @POST(
        "/repositories/{workspace}/{repo_slug}/src",
        scope="repository:write",
        granular="write:repository",
    )
    async def create(self, workspace: str, repo_slug: str, body: Body) -> Answer:
        """Make a commit of a form made by hand; commit() makes one."""

    async def commit(
        self,
        workspace: str,
        repo_slug: str,
        files: Mapping[str, Uploaded] | None = None,
        *,
        deletions: Collection[str] = (),
        executables: Collection[str] = (),
        links: Collection[str] = (),
        message: str | None = None,
        branch: str | None = None,
        parents: str | None = None,
        author: str | None = None,
        progress: Progress | None = None,
    ) -> Commit:
        """Make a commit of *files*, contents by path, and return it as a stub with its hash.

        Paths among *executables* and *links* (whose content is the path that they lead to) have
        to be in *files*, at every change anew. The commit goes on top of *branch*, without one of
        the main branch; a *branch* that is not there yet begins at *parents*, the full hash of
        one commit, or at the main branch. Where *parents* is not the tip of a branch that is
        there, the service answers 409 and nothing is changed: give both, and no other's work is
        built upon unseen. *author* is ``Name <address>``, the caller if not given. *progress* is
        called with the bytes sent and the bytes in all.
        """
        changes = Changes.checked(files or {}, deletions, executables, links)
        parent = full_hash("parents", parents)
        said = texts({"message": message, "branch": branch, "parents": parent, "author": author})
        async with Uploads() as uploads:
            parts = await changes.parts(uploads, said)
            body = Body.of_parts(parts, progress=progress)
            answer = await self.create(workspace, repo_slug, body)
        where = answer.headers.get("Location", "")
        made = {"type": "commit", "hash": hash_in(where), "links": {"self": {"href": where}}}
        return from_wire(made, Commit, self._sender)


def _address(workspace: str, repo_slug: str, commit: str, path: str) -> str:
    """Where an entry is; the top directory's address ends with a slash."""
    inside = path.strip("/") if isinstance(path, str) else path
    where = (
        segment("workspace", workspace),
        segment("repo_slug", repo_slug),
        "src",
        segment("commit", commit),
        "" if inside == "" else path_tail("path", inside),
    )
    return f"/repositories/{'/'.join(where)}"


def _view(address: str, view: str, query: Query = ()) -> Request:
    return Request("GET", address, (("format", view), *query))


_IN_PATH: Final = frozenset({"workspace", "repo_slug", "commit", "path"})
_LISTING: Final = Signature(Source.list, _IN_PATH)
_META: Final = Signature(Source.get_meta, _IN_PATH)
