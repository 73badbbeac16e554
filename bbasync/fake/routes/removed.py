"""Operations that Bitbucket took away; they answer that they are gone, and where it was said."""

from ..access import repository
from ..exchange import Call, Reply
from ..replies import gone
from ..routing import Group

ACROSS, ISSUES = 2770, 3401
METHODS = ("GET", "POST", "PUT", "DELETE")

group = Group()


@group.on("GET", "/repositories", "read:repository:bitbucket", "repository")
@group.on("GET", "/workspaces", "read:workspace:bitbucket", "account")
@group.on("GET", "/user/permissions/workspaces", "read:workspace:bitbucket", "account")
@group.on("GET", "/user/permissions/repositories", "read:repository:bitbucket", "account")
@group.on("GET", "/snippets", "read:snippet:bitbucket", "snippet")
def across_workspaces(_call: Call) -> Reply:
    """Refuse to list things across workspaces."""
    raise gone(ACROSS)


def issue_tracker(call: Call) -> Reply:
    """Refuse everything about issues, once the repository was found."""
    repository(call)
    raise gone(ISSUES)


for _part in ("issues", "components", "milestones", "versions"):
    for _tail in ("", "/{id}", "/{id}/{rest*}"):
        for _method in METHODS:
            _path = f"/repositories/{{workspace}}/{{repo_slug}}/{_part}{_tail}"
            group.on(_method, _path)(issue_tracker)
