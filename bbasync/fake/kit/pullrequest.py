"""A pull request, and what people do to it."""

from collections.abc import Mapping
from typing import Self

from attrs import field, frozen

from ..state.history import Commit
from ..state.pulls import Comment, PullRequest, PullRequests
from ..store import Account, Repository
from .inside import Inside
from .keys import path_of
from .people import Person, insider
from .work import Content, commit_in


@frozen
class PullRequestBuilder:
    """A pull request in a test's hands; `stored` is what the fake remembers of it."""

    stored: PullRequest
    repository: Repository = field(repr=False)
    inside: Inside = field(repr=False)

    @property
    def id(self) -> int:
        """Its number."""
        return self.stored.number

    @property
    def state(self) -> str:
        """How it stands: OPEN, MERGED, DECLINED or SUPERSEDED."""
        return self.stored.state

    @property
    def path(self) -> str:
        """Its address, without the version before it."""
        return f"{path_of(self.repository)}/pullrequests/{self.id}"

    def approve(self, by: Person | None = None) -> Self:
        """Let somebody approve of it; by default an owner of the workspace."""
        self._post("approve", by)
        return self

    def request_changes(self, by: Person | None = None) -> Self:
        """Let somebody ask for changes."""
        self._post("request-changes", by)
        return self

    def merge(self, by: Person | None = None) -> Self:
        """Merge it, at once."""
        self._post("merge", by)
        return self

    def decline(self, by: Person | None = None, *, reason: str = "") -> Self:
        """Close it without merging."""
        self._post("decline", by, reason=reason)
        return self

    def comment(
        self,
        text: str,
        by: Person | None = None,
        *,
        path: str | None = None,
        line: int | None = None,
        parent: Comment | None = None,
    ) -> Comment:
        """Let somebody say something: on the whole, on a *line* of a file, or in answer."""
        if line is not None and path is None:
            raise ValueError(f"A comment on line {line} needs the file that it is in: path=")
        body: dict[str, object] = {"content": {"raw": text}}
        if path is not None:
            body["inline"] = {"path": path, "to": line}
        if parent is not None:
            body["parent"] = {"id": parent.id}
        made = self.inside.ask(
            "POST",
            f"{self.path}/comments",
            body,
            place=self.repository.workspace,
            by=self._who(by),
        )
        return self.stored.comments[made["id"]]

    def commit(
        self, files: Mapping[str, Content] | None = None, message: str | None = None
    ) -> Commit:
        """Push a commit to its branch."""
        source = self.stored.source
        if source.repository is None:
            raise ValueError(f"The source of pull request {self.id} is gone")
        made = commit_in(self.inside, source.repository, files, message, source.branch)
        self.inside.store.part(self.repository, PullRequests).find(self.id)  # takes it in
        return made

    def _post(self, what: str, by: Person | None, **body: str) -> None:
        place = self.repository.workspace
        path = f"{self.path}/{what}"
        self.inside.ask("POST", path, dict(body), place=place, by=self._who(by))

    def _who(self, by: Person | None) -> Account | None:
        return None if by is None else insider(self.inside.store, self.repository, by)
