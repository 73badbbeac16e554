"""The operations on what differs between commits, a part of the group commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from ..paging import ItemQuery, ListQuery, Pager
from ..resources import Commit, DiffStat, FileConflict
from ..wire.stream import Stream
from .operation import GET, Group


class Differences(Group):
    r"""What differs between commits.

    A *spec* is one commit, compared with its first parent, or ``newer..older``, the other way
    round than in git; the newer one may be in a fork: ``workspace/repository:newer\rolder``.
    """

    @GET(
        "/repositories/{workspace}/{repo_slug}/diff/{spec}",
        scope="repository",
        granular="read:repository",
    )
    def diff(
        self,
        workspace: str,
        repo_slug: str,
        spec: str,
        *,
        context: int = 3,
        path: str | Sequence[str] = (),
        ignore_whitespace: bool = False,
        binary: bool = True,
        renames: bool = True,
        merge: bool = True,
        topic: bool = True,
    ) -> Stream:
        """Read a diff, in the files' own encoding.

        *topic* compares with the commit where both parted instead of *older* itself; *merge* is
        its deprecated form. A diff that takes the service too long is answered 555.
        """

    @GET(
        "/repositories/{workspace}/{repo_slug}/diffstat/{spec}",
        scope="repository",
        granular="read:repository",
        max_pagelen=500,
    )
    def diffstat(
        self,
        workspace: str,
        repo_slug: str,
        spec: str,
        *,
        ignore_whitespace: bool = False,
        merge: bool = True,
        path: str | Sequence[str] = (),
        renames: bool = True,
        topic: bool = True,
        **query: Unpack[ListQuery],
    ) -> Pager[DiffStat]:
        """Walk how much changed in each file; see diff() for the parameters."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/patch/{spec}",
        scope="repository",
        granular="read:repository",
    )
    def patch(self, workspace: str, repo_slug: str, spec: str) -> Stream:
        """Read commits as git sends them by mail, in the files' own encoding.

        Of two, it is those of *newer* that are not in *older*.
        """

    @GET(
        "/repositories/{workspace}/{repo_slug}/merge-base/{revspec}",
        scope="repository",
        granular="read:repository",
    )
    async def get_merge_base(
        self, workspace: str, repo_slug: str, revspec: str, **query: Unpack[ItemQuery]
    ) -> Commit:
        """Get the newest commit that the two of *revspec* descend from; one of them, if several."""

    @GET(
        "/repositories/{workspace}/{repo_slug}/file-conflicts/{spec}",
        scope="repository",
        granular="read:repository",
    )
    def list_file_conflicts(
        self, workspace: str, repo_slug: str, spec: str, **query: Unpack[ListQuery]
    ) -> Pager[FileConflict]:
        """Walk the files that git could not merge."""
