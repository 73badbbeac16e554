"""A repository, and what can be made in it."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from ..exchange import Call
from ..state.builds import Build, Builds
from ..state.deploykeys import DeployKey
from ..state.history import Commit, Ref, branches
from ..state.pulls import PullRequests
from ..state.remarks import Remark, Remarks
from ..state.runs import COMPLETED, Run, Runs
from ..store import Account, Group, Hook, Repository, repository_in
from ..webhook.spans import run_ended
from .inside import Inside
from .keys import hook_on, key_of, path_of
from .people import Person, give, grantee, insider, several
from .pullrequest import PullRequestBuilder
from .work import Content, commit_in, named, ref_in

STATES = ("OPEN", "MERGED", "DECLINED", "SUPERSEDED")
PHASES = ("PENDING", "RUNNING", "PAUSED", "HALTED", *sorted(COMPLETED))


@frozen
class RepositoryBuilder:
    """A repository in a test's hands; `stored` is what the fake remembers of it."""

    stored: Repository
    inside: Inside = field(repr=False)

    @property
    def slug(self) -> str:
        """Its name as addresses have it."""
        return self.stored.slug

    @property
    def full_name(self) -> str:
        """Workspace and repository, as ``acme/site``."""
        return self.stored.full_name

    @property
    def uuid(self) -> str:
        """Its identifier, with braces."""
        return self.stored.uuid

    @property
    def path(self) -> str:
        """Its address, without the version before it."""
        return path_of(self.stored)

    def commit(
        self,
        files: Mapping[str, Content] | None = None,
        message: str | None = None,
        *,
        branch: str | None = None,
        author: Person | None = None,
    ) -> Commit:
        """Make a commit on the main branch or another one, which is begun where there is none.

        *files* maps paths to what they hold, or to None to delete them.
        """
        return commit_in(self.inside, self.stored, files, message, branch, author=self._who(author))

    def branch(self, name: str, at: Commit | str | None = None) -> Ref:
        """Make a branch, at the newest commit of the main one unless told where."""
        return ref_in(self.inside, self.stored, "branches", name, at)

    def tag(self, name: str, at: Commit | str | None = None, message: str = "") -> Ref:
        """Make a tag."""
        return ref_in(self.inside, self.stored, "tags", name, at, message=message)

    def pullrequest(
        self,
        title: str,
        *,
        author: Person | None = None,
        source: str | None = None,
        destination: str | None = None,
        state: str = "OPEN",
        reviewers: Iterable[Person] | Person = (),
        description: str = "",
        draft: bool = False,
    ) -> PullRequestBuilder:
        """Open a pull request, and bring it to a *state*.

        A *source* branch that is not there is made, with a commit on it; its name is made up if
        need be. Everybody who is named has to have a right on the repository.
        """
        if state not in STATES:
            raise ValueError(f"No state {state!r}; there are {', '.join(STATES)}")
        one, store = self.stored, self.inside.store
        who = self._who(author)
        critics = [insider(store, one, each) for each in several(reviewers)]
        branch = source or f"feature/{one.pullrequests + 1}"
        named(one, None)
        if branch == (destination or one.mainbranch):
            raise ValueError(f"A pull request leads from {branch!r} to another branch")
        if branch not in {ref.name for ref in branches(one)}:
            self.commit(message=title, branch=branch, author=who)
        body: dict[str, Any] = {
            "title": title,
            "description": description,
            "draft": draft,
            "source": {"branch": {"name": branch}},
            "reviewers": [{"uuid": account.uuid} for account in critics],
        }
        if destination is not None:
            body["destination"] = {"branch": {"name": destination}}
        made = self._ask("POST", "pullrequests", body, who)
        stored = store.part(one, PullRequests).find(made["id"])
        opened = PullRequestBuilder(stored, one, self.inside)
        match state:
            case "MERGED":
                opened.merge()
            case "DECLINED":
                opened.decline()
            case "SUPERSEDED":  # no call does that
                stored.state, stored.closed_by = state, stored.author
                stored.happened("update", stored.author, store.now())
        return opened

    def grant(self, to: Person | Group, permission: str) -> "RepositoryBuilder":
        """Give a person or a group the right to read, to write, or all: read, write, admin."""
        one = self.stored
        target = grantee(self.inside.store, one.workspace, to)
        give(one.workspace, one, target, permission)
        return self

    def hook(
        self,
        url: str,
        events: Iterable[str] = ("repo:push",),
        secret: str | None = None,
        *,
        active: bool = True,
    ) -> Hook:
        """Subscribe to events; the fake calls addresses on the loopback, see `fake.webhooks`."""
        return hook_on(self.inside, self.stored, url, events, secret, active=active)

    def deploy_key(self, key: str | None = None, *, label: str = "Deployer") -> DeployKey:
        """Add a deploy key, a made-up one unless told which."""
        return key_of(self.inside, self.stored.workspace, self.stored, key, label)

    def pipeline(
        self, branch: str | None = None, *, state: str = "SUCCESSFUL", by: Person | None = None
    ) -> Run:
        """Run a pipeline on a branch, and bring it to a state, where it stays.

        One that is PENDING or RUNNING goes on as clients look at it, to its success.
        """
        if state not in PHASES:
            raise ValueError(f"No state {state!r}; there are {', '.join(PHASES)}")
        one = self.stored
        named(one, branch)
        target = {
            "type": "pipeline_ref_target",
            "ref_type": "branch",
            "ref_name": branch or one.mainbranch,
        }
        made = self._ask("POST", "pipelines", {"target": target}, self._who(by))
        run = self.inside.store.part(one, Runs).runs[made["uuid"]]
        if state != "PENDING":
            run.ahead = ["SUCCESSFUL"] if state == "RUNNING" else []
            self._end(run, state)
        return run

    def _end(self, run: Run, state: str) -> None:
        """Bring a pipeline to a state, and tell of it if that is its end."""

        def work(call: Call) -> None:
            run.enter(state, call.store.now().replace("+00:00", "Z"))
            run_ended(call, self.stored, run)

        place = self.stored.workspace
        self.inside.run("POST", f"{self.path}/pipelines", work, place=place)

    def status(
        self,
        commit: Commit | str | None = None,
        *,
        key: str = "tests",
        state: str = "SUCCESSFUL",
        name: str = "Tests",
        description: str = "",
        url: str = "https://ci.example.com/1",
    ) -> Build:
        """Write a build status on a commit, the newest unless told which."""
        on = named(self.stored, commit)
        body = {"key": key, "state": state, "name": name, "description": description, "url": url}
        self._ask("POST", f"commit/{on.hash}/statuses/build", body, None)
        return self.inside.store.part(self.stored, Builds).of(on)[key]

    def comment(
        self, text: str, *, commit: Commit | str | None = None, by: Person | None = None
    ) -> Remark:
        """Let somebody say something about a commit."""
        on = named(self.stored, commit)
        body = {"content": {"raw": text}}
        made = self._ask("POST", f"commit/{on.hash}/comments", body, self._who(by))
        return self.inside.store.part(self.stored, Remarks).on(on)[made["id"]]

    def fork(self, name: str | None = None) -> "RepositoryBuilder":
        """Fork it in its workspace, under another name."""
        one = self.stored
        body = {"name": name or f"{one.slug}-fork"}
        made = self._ask("POST", "forks", body, None)
        found = repository_in(one.workspace, made["slug"])
        if found is None:
            raise LookupError(f"The fork {made['slug']!r} is gone already")
        found.bare = True
        return RepositoryBuilder(found, self.inside)

    def _ask(self, method: str, path: str, body: dict[str, Any], by: Account | None) -> Any:
        whole = f"{self.path}/{path}"
        return self.inside.ask(method, whole, body, place=self.stored.workspace, by=by)

    def _who(self, by: Person | None) -> Account | None:
        return None if by is None else insider(self.inside.store, self.stored, by)
