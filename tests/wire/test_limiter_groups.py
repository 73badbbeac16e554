"""Which budget a call counts against."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bbasync.wire.groups import DOCUMENTED, group_of

REPO = "/2.0/repositories/acme/site"


@pytest.mark.parametrize(
    ("method", "path", "group"),
    [
        ("GET", "/2.0/repositories", "api"),
        ("GET", "/2.0/repositories/acme", "api"),
        ("GET", REPO, "api"),
        ("GET", "/2.0//repositories/acme/site", "api"),
        ("GET", "/!api/2.0/repositories/acme/site/commits", "api"),
        ("GET", "/api/2.0/repositories/acme/site/commits", "api"),
        ("GET", "/repositories/acme/site", "api"),
        ("POST", f"{REPO}/src", "api"),
        ("GET", f"{REPO}/src", "api"),
        ("GET", f"{REPO}/src/main/", "api"),
        ("GET", f"{REPO}/src/main/a/b/", "api"),
        ("GET", f"{REPO}/src/main/README.md", "files"),
        ("HEAD", f"{REPO}/src/main/a/b.txt", "files"),
        ("GET", f"{REPO}/downloads", "api"),
        ("GET", f"{REPO}/downloads/a.zip", "files"),
        ("DELETE", f"{REPO}/downloads/a.zip", "api"),
        ("GET", f"{REPO}/hooks", "webhooks"),
        ("DELETE", f"{REPO}/hooks/%7B1%7D", "webhooks"),
        ("GET", "/2.0/workspaces/acme/hooks", "webhooks"),
        ("GET", "/2.0/hook_events/repository", "webhooks"),
        ("PUT", f"{REPO}/properties/app/name", "properties"),
        ("GET", f"{REPO}/commit/abc/properties/app/name", "properties"),
        ("GET", f"{REPO}/pullrequests/1/properties/app/name", "properties"),
        ("GET", "/2.0/users/x/properties/app/name", "properties"),
        ("GET", f"{REPO}/pullrequests/1", "api"),
        ("GET", f"{REPO}/src/main/properties/app", "files"),
        ("GET", "/2.0/workspaces/acme/search/code", "search"),
        ("POST", "/1.0/invitations/acme/site", "invitations"),
        ("PUT", "/1.0/users/acme/invitations", "invitations"),
        ("GET", "/1.0/users/acme/invitations", "other"),
        ("GET", "/1.0/groups/acme", "other"),
        ("GET", "/2.0/user", "other"),
        ("GET", "/2.0/workspaces/acme/members", "other"),
        ("GET", "/acme/site/get/main.zip", "archives"),
        ("GET", "", "other"),
        ("GET", "/2.0", "other"),
    ],
)
def test_calls_are_grouped_as_the_service_does(method: str, path: str, group: str) -> None:
    """Repositories, webhooks, properties, files, archives, invitations, search, and the rest."""
    assert group_of(method, path) == group


@given(st.text(), st.text() | st.lists(st.sampled_from(REPO.split("/"))).map("/".join))
@example("GET", "2.0/1.0/2.0")
def test_every_call_is_in_a_group(method: str, path: str) -> None:
    """No method and no path is in none."""
    assert group_of(method, path) in DOCUMENTED
