"""Differences between commits: as text, as statistics, and the redirects that lead to them."""

from .. import access, history
from ..exchange import Call, Reply
from ..history import Commit
from ..node import Node
from ..pages import Limits, numbered
from ..render.people import link
from ..render.pullrequest import spec_of
from ..render.repository import home
from ..routing import Group
from ..store import Repository
from .commits import find
from .pullrequests import ALL, number_of
from .pullrequests import READ as PULLREQUESTS
from .repositories import ONE, READ

FEW = Limits(default=500, maximum=500)

group = Group()


@group.on("GET", f"{ONE}/diff/{{spec*}}", *READ)
@group.on("GET", f"{ONE}/patch/{{spec*}}", *READ)
def get_diff(call: Call) -> Reply:
    """Show what changed, as text."""
    one = access.repository(call)
    commit = _source(one, call.params["spec"])
    lines = [f"diff --git a/{p} b/{p}\n@@ -1 +1 @@\n-old\n+{commit.hash}\n" for p in _paths(commit)]
    return Reply(text="".join(lines).encode(), content_type="text/plain")


@group.on("GET", f"{ONE}/diffstat/{{spec*}}", *READ)
def get_diffstat(call: Call) -> Reply:
    """Count what changed, file by file."""
    one = access.repository(call)
    commit = _source(one, call.params["spec"])

    def render(path: str) -> Node:
        address = f"{home(call, one)}/src/{commit.hash}/{path}"
        file = {"path": path, "type": "commit_file", "links": {"self": link(address)}}
        counts = {"lines_added": 1, "lines_removed": 1}
        return Node({"type": "diffstat", "status": "modified", "old": None, "new": file} | counts)

    return numbered(call, _paths(commit), render, FEW)


@group.on("GET", f"{ALL}/{{pull_request_id}}/diff", *PULLREQUESTS)
@group.on("GET", f"{ALL}/{{pull_request_id}}/patch", *PULLREQUESTS)
@group.on("GET", f"{ALL}/{{pull_request_id}}/diffstat", *PULLREQUESTS)
def redirect(call: Call) -> Reply:
    """Send the caller on to the repository's own form, whose separator is an encoded return."""
    one = access.repository(call)
    number = number_of(call, one)
    what = call.path.rstrip("/").rpartition("/")[2]
    return Reply(
        302, text=b"", headers={"Location": f"{home(call, one)}/{what}/{spec_of(one, number)}"}
    )


def _source(one: Repository, spec: str) -> Commit:
    """Find the newer end of a specification: `a`, `a..b`, or `workspace/repository:a<CR>b`."""
    ends = spec.rpartition(":")[2].replace("\r", "..").split("..")
    for end in ends:
        find(one, end)
    return find(one, ends[0])


def _paths(commit: Commit) -> list[str]:
    files = [path for path in history.FILES if " " not in path]
    return files[commit.index % 5 :: 5]
