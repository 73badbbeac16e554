"""Pull requests of a repository: what there are, opening, changing and declining them."""

from typing import Any

from .. import access
from ..bodies import flag, json_object, text
from ..exchange import Call, Reply
from ..pages import Limits, count, cursored, numbered
from ..render.pullrequest import pullrequest, pullrequest_in_full, spec_of
from ..render.repository import home
from ..replies import bad_request, forbidden, not_found
from ..routing import Group
from ..state import history
from ..state.merging import commits_of
from ..state.pulls import SHORT_HASH, End, PullRequest, PullRequests
from ..store import Repository
from ..webhook.telling import of_pullrequest
from .commits import find_in_path, render
from .repositories import ONE

READ = ("read:pullrequest:bitbucket", "pullrequest")
WRITE = ("read:pullrequest:bitbucket write:pullrequest:bitbucket", "pullrequest:write")
SHORT = Limits(maximum=50, typed=False)
ALL = f"{ONE}/pullrequests"
EACH = f"{ALL}/{{pull_request_id}}"
NO_BRANCH = "branch not found"

group = Group()


@group.on("GET", ALL, *READ)
def list_pullrequests(call: Call) -> Reply:
    """List pull requests, newest first: open ones, unless states are asked for."""
    one = access.repository(call)
    chosen = _in_states(call, list(call.store.part(one, PullRequests)))
    return numbered(call, chosen, lambda made: pullrequest(call, one, made), SHORT)


@group.on("GET", "/workspaces/{workspace}/pullrequests/{selected_user}", *READ, login=True)
def list_by_author(call: Call) -> Reply:
    """List the pull requests that somebody opened anywhere in a workspace."""
    place = access.workspace(call)
    author = call.store.find_account(call.params["selected_user"])
    if author is None:
        raise not_found(call.params["selected_user"])
    where: dict[PullRequest, Repository] = {}
    for one in access.visible(call, place):
        every = call.store.part(one, PullRequests)
        where |= {made: one for made in every if made.author == author.uuid}
    chosen = _in_states(call, list(where))
    return numbered(call, chosen, lambda made: pullrequest(call, where[made], made), SHORT)


def _in_states(call: Call, every: list[PullRequest]) -> list[PullRequest]:
    """Choose by state; where there is a filter, it alone chooses."""
    if call.arg("q"):
        return every
    states = set(call.all_args("state")) or {"OPEN"}
    return [made for made in every if made.state in states]


@group.on("GET", f"{ONE}/commit/{{commit}}/pullrequests", *READ)
def list_of_commit(call: Call) -> Reply:
    """List the pull requests that a commit came in with, unless they are still being indexed."""
    one = access.repository(call)
    every = call.store.part(one, PullRequests)
    if not every.linked:
        raise not_found("Pull request commit links have not been indexed yet.")
    named = find_in_path(one, call.params["commit"])
    if every.indexing:
        every.indexing -= 1
        return Reply(202, {"type": "error", "error": {"message": "Still being indexed."}})
    found = [made for made in every if named in commits_of(one, made)]
    limits = Limits(default=30, maximum=50, typed=False)
    return numbered(call, found, lambda made: pullrequest(call, one, made), limits)


@group.on("POST", ALL, *WRITE, login=True)
def create_pullrequest(call: Call) -> Reply:
    """Open a pull request; without a destination it is for the main branch."""
    one, body = access.repository(call), json_object(call)
    every, now = call.store.part(one, PullRequests), call.store.now()
    title = _title(body)
    source = _end(call, one, body, "source")
    if source is None:
        raise bad_request("Bad request", {"source": ["This field is required."]})
    made = PullRequest(
        number=one.pullrequests + 1,
        title=title,
        text=text(body, "description", ""),
        state="OPEN",
        author=actor(call),
        source=source,
        destination=_end(call, one, body, "destination") or _end_at(one, one.mainbranch or ""),
        created_on=now,
        updated_on=now,
        draft=flag(body, "draft", current=False),
        close_source_branch=flag(body, "close_source_branch", current=False),
    )
    made.set_reviewers(_reviewers(call, made, one, body))
    made.happened("update", made.author, now)
    every.add(made)
    of_pullrequest(call, "created", one, made)
    rendered = pullrequest_in_full(call, one, made)
    return Reply(201, rendered, {"Location": rendered["links"]["self"]["href"]})


@group.on("GET", EACH, *READ)
def get_pullrequest(call: Call) -> Reply:
    """Read one pull request, with its reviewers and participants."""
    one, made = subject(call)
    return Reply(body=pullrequest_in_full(call, one, made))


@group.on("PUT", EACH, *WRITE, login=True)
def update_pullrequest(call: Call) -> Reply:
    """Change a pull request that is open; reviewers who are not sent are gone."""
    one, made = subject(call)
    body = json_object(call)
    if made.state != "OPEN":
        raise bad_request("Only open pull requests can be mutated.")
    if made.author != actor(call):
        access.repository(call, "write")
    title, reviewers = _title(body), _reviewers(call, made, one, body)
    destination = _end(call, one, body, "destination") or made.destination
    source = _end(call, one, body, "source") or made.source
    changes: dict[str, Any] = {}
    if title != made.title:
        changes["title"] = {"old": made.title, "new": title}
    made.draft = flag(body, "draft", current=made.draft)
    made.close_source_branch = flag(body, "close_source_branch", current=made.close_source_branch)
    made.text = text(body, "description", made.text)
    made.title, made.destination, made.source = title, destination, source
    made.updated_on = call.store.now()
    made.set_reviewers(reviewers)
    made.happened("update", actor(call), made.updated_on, changes=changes)
    of_pullrequest(call, "updated", one, made)
    return Reply(body=pullrequest_in_full(call, one, made))


@group.on("POST", f"{EACH}/decline", *WRITE, login=True)
def decline(call: Call) -> Reply:
    """Close a pull request without merging it."""
    one, made = subject(call)
    body = json_object(call)
    if made.author != actor(call):
        access.repository(call, "write")
    if made.state != "OPEN":
        raise bad_request("This pull request is already closed.")
    made.state, made.closed_by = "DECLINED", actor(call)
    made.reason = text(body, "reason", "")
    made.updated_on = call.store.now()
    made.happened("update", actor(call), made.updated_on)
    of_pullrequest(call, "rejected", one, made)
    return Reply(body=pullrequest_in_full(call, one, made))


@group.on("GET", f"{EACH}/commits", *READ)
def list_pullrequest_commits(call: Call) -> Reply:
    """List the commits of a pull request; this list hands out cursors."""
    one, made = subject(call)
    return cursored(
        call, commits_of(one, made), lambda each: render(call, each), Limits(filters=False)
    )


@group.on("GET", f"{EACH}/diff", *READ)
@group.on("GET", f"{EACH}/patch", *READ)
@group.on("GET", f"{EACH}/diffstat", *READ)
@group.on("GET", f"{EACH}/conflicts", *READ)
def redirect(call: Call) -> Reply:
    """Send the caller on to the repository's own form, whose separator is an encoded return.

    The parameters of the call go along.
    """
    one, made = subject(call)
    what = call.path.rstrip("/").rpartition("/")[2].replace("conflicts", "file-conflicts")
    more = f"&{call.raw_query}" if call.raw_query else ""
    address = f"{home(call, one)}/{what}/{spec_of(one, made)}{more}"
    return Reply(302, text=b"", headers={"Location": address})


def subject(call: Call, need: str = "read") -> tuple[Repository, PullRequest]:
    """Find the repository and the pull request in the address."""
    one = access.repository(call, need)
    name = call.params["pull_request_id"]
    number = count(name)
    if not 1 <= number <= one.pullrequests:
        raise not_found(name)
    return one, call.store.part(one, PullRequests).find(number)


def actor(call: Call) -> str:
    """Name who calls: a person, or the app behind a workspace's token."""
    if call.account is not None:
        return call.account.uuid
    if call.token_workspace is not None:
        return call.token_workspace.app.uuid
    raise forbidden("Somebody has to be logged in to do this.")


def refuse_unknown(body: dict[str, Any], known: set[str]) -> None:
    """Refuse members of a body that the service does not expect there, `type` among them."""
    strange = {name: "extra keys not allowed" for name in body if name not in known}
    if strange:
        raise bad_request("Bad request", strange)


def _title(body: dict[str, Any]) -> str:
    title = text(body, "title", "")
    if not title.strip():
        raise bad_request("Bad request", {"title": ["This field is required."]})
    return title


def _end(call: Call, one: Repository, body: dict[str, Any], name: str) -> End | None:
    """Read one side of a body; a source may be in a fork."""
    side = body.get(name)
    if side is None:
        return None
    branch = side.get("branch") if isinstance(side, dict) else None
    if not isinstance(branch, dict) or not isinstance(branch.get("name"), str):
        raise bad_request("Bad request", {name: ["expected a branch with its name"]})
    other = side.get("repository")
    if name == "source" and isinstance(other, dict) and "full_name" in other:
        owner, _, slug = str(other["full_name"]).partition("/")
        found = call.store.find_repository(owner, slug)
        if found is None or access.right(call, found) == "none":
            raise bad_request("Bad request", {name: "repository not found"})
        one = found
    return _end_at(one, branch["name"], name)


def _end_at(one: Repository, branch: str, name: str = "destination") -> End:
    tip = next((ref.commit for ref in history.branches(one) if ref.name == branch), None)
    if tip is None:
        raise bad_request(NO_BRANCH, {name: NO_BRANCH})
    return End(branch, tip.hash[:SHORT_HASH], one)


def _reviewers(call: Call, made: PullRequest, one: Repository, body: dict[str, Any]) -> list[str]:
    """Read the reviewers; one who can't be one refuses them all."""
    given = body.get("reviewers") or []
    malformed = ["Malformed reviewers list"]
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise bad_request("Bad request", {"reviewers": malformed})
    chosen: list[str] = []
    for each in given:
        account = call.store.find_account(str(each.get("uuid") or each.get("account_id") or ""))
        if account is None:
            raise bad_request("Bad request", {"reviewers": malformed})
        who = account.display_name
        if account.uuid == made.author:
            problem = f"{who} is the author and cannot be included as a reviewer."
            raise bad_request("Bad request", {"reviewers": [problem]})
        if access.granted(one, account.uuid) == "none":
            problem = (
                f"{who} is not a member of this workspace and cannot be added to this pull request"
            )
            raise bad_request("Bad request", {"reviewers": [problem]})
        chosen.append(account.uuid)
    return list(dict.fromkeys(chosen))
