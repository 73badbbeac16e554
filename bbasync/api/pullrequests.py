"""The operations on pull requests, their comments, tasks and reviewers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ArgumentError
from ..model.resource import Resource
from ..resources import Account, Participant, PullRequest
from .default_reviewers import DefaultReviewers
from .operation import DELETE, POST, PUT, Group
from .pullrequest_comments import Comments
from .pullrequest_merges import Merges
from .pullrequest_tasks import Tasks


class PullRequests(Merges, Comments, Tasks, DefaultReviewers, Group, name="pullrequests"):
    """Pull requests, their comments, tasks and reviewers."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/pullrequests",
        scope="pullrequest:write",
        granular="read:pullrequest write:pullrequest",
    )
    async def create(
        self, workspace: str, repo_slug: str, body: PullRequest | Mapping[str, Any]
    ) -> PullRequest:
        """Open a pull request: it needs a ``title`` and a ``source`` with its branch.

        Without a ``destination`` it is for the main branch. Default reviewers are not added: see
        ``list_effective_default_reviewers``.
        """

    @PUT(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}",
        scope="pullrequest:write",
        granular="read:pullrequest write:pullrequest",
    )
    async def update(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        body: PullRequest | Mapping[str, Any],
    ) -> PullRequest:
        """Put a pull request, which must be open, in place of what it was.

        The ``title`` is needed, and ``reviewers`` who are not sent are gone: ``edit`` keeps both.
        """

    async def edit(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        changes: PullRequest | Mapping[str, Any],
    ) -> PullRequest:
        """Change what *changes* names, and keep everything else, reviewers included.

        It reads first, so a reviewer whom somebody adds in between is lost. One reviewer whom the
        service no longer accepts makes it refuse the whole: BadRequestError, see its ``fields``.
        """
        wanted = changes.to_body() if isinstance(changes, Resource) else changes
        if not isinstance(wanted, Mapping) or not wanted:
            raise ArgumentError(f"changes takes what to change, not {changes!r}")
        kept: dict[str, Any] = {}
        if not {"title", "reviewers"} <= set(wanted):
            now = await self._now(workspace, repo_slug, pull_request_id)
            kept = {"title": now.title, "reviewers": _named(_uuids(now.reviewers or ()))}
        return await self.update(workspace, repo_slug, pull_request_id, {**kept, **wanted})

    async def add_reviewers(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        reviewers: Iterable[Account | str],
    ) -> PullRequest:
        """Ask more people, accounts or their uuids, for a review; the others stay."""
        more = _uuids(reviewers)
        now = await self._now(workspace, repo_slug, pull_request_id)
        every = dict.fromkeys([*_uuids(now.reviewers or ()), *more])
        body = {"title": now.title, "reviewers": _named(every)}
        return await self.update(workspace, repo_slug, pull_request_id, body)

    async def remove_reviewers(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        reviewers: Iterable[Account | str],
    ) -> PullRequest:
        """Ask some people no longer; the others stay."""
        gone = set(_uuids(reviewers))
        now = await self._now(workspace, repo_slug, pull_request_id)
        kept = [uuid for uuid in _uuids(now.reviewers or ()) if uuid not in gone]
        body = {"title": now.title, "reviewers": _named(kept)}
        return await self.update(workspace, repo_slug, pull_request_id, body)

    async def _now(self, workspace: str, repo_slug: str, pull_request_id: int | str) -> PullRequest:
        fields = ["title", "reviewers.uuid"]
        return await self.get(workspace, repo_slug, pull_request_id, fields=fields)

    @POST(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/approve",
        scope="pullrequest:write",
        granular="read:pullrequest write:pullrequest",
    )
    async def approve(
        self, workspace: str, repo_slug: str, pull_request_id: int | str
    ) -> Participant:
        """Approve a pull request."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/approve",
        scope="pullrequest:write",
        granular="write:pullrequest",
    )
    async def unapprove(self, workspace: str, repo_slug: str, pull_request_id: int | str) -> None:
        """Withdraw the caller's approval; BadRequestError once it was merged."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/request-changes",
        scope="pullrequest:write",
        granular="read:pullrequest write:pullrequest",
    )
    async def request_changes(
        self, workspace: str, repo_slug: str, pull_request_id: int | str
    ) -> Participant:
        """Ask for changes; BadRequestError once it was merged."""

    @DELETE(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/request-changes",
        scope="pullrequest:write",
        granular="write:pullrequest",
    )
    async def withdraw_request(
        self, workspace: str, repo_slug: str, pull_request_id: int | str
    ) -> None:
        """Withdraw the caller's request for changes; BadRequestError once it was merged."""

    @POST(
        "/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/decline",
        scope="pullrequest:write",
        granular="read:pullrequest write:pullrequest",
    )
    async def decline(
        self,
        workspace: str,
        repo_slug: str,
        pull_request_id: int | str,
        body: PullRequest | Mapping[str, Any] | None = None,
    ) -> PullRequest:
        """Close a pull request without merging it, for good; the body may give a ``reason``.

        ServerTookTooLongError does not tell whether it was declined: read its state.
        """


def _uuids(people: Iterable[Account | str]) -> list[str]:
    """The uuids of *people*, with braces."""
    if isinstance(people, str | Account) or not isinstance(people, Iterable):
        raise ArgumentError("reviewers takes several people: give a list")
    found = []
    for one in people:
        uuid = one.uuid if isinstance(one, Account) else one
        if not isinstance(uuid, str) or not uuid.strip("{}"):
            raise ArgumentError(f"a reviewer is an account or its uuid, not {one!r}")
        found.append(f"{{{uuid.strip('{}')}}}")
    return found


def _named(uuids: Iterable[str]) -> list[dict[str, str]]:
    return [{"uuid": uuid} for uuid in uuids]
