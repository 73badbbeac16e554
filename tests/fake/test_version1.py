"""API 1.0 on the other side: its own addresses, formats and errors."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest


def at(ask: Any, path: str) -> str:
    """An address of API 1.0."""
    return f"{ask.fake.url.removesuffix('/2.0')}/1.0{path}"


@pytest.mark.parametrize("path", ["/groups/acme", "/groups/acme/", "/groups/acme/developers/"])
async def test_a_slash_at_the_end_changes_nothing(path: str, ask: Any) -> None:
    """Of the list, and of one group."""
    bare = await ask(at(ask, path.rstrip("/")))
    assert (bare.status, bare.body) == (200, (await ask(at(ask, path))).body)


async def test_lists_are_arrays(ask: Any) -> None:
    """Without pages, types or links."""
    found = (await ask(at(ask, "/groups/acme"))).json
    assert isinstance(found, list)
    assert not {"type", "links"} & set(found[0])


async def test_errors_are_plain_text(ask: Any) -> None:
    """Those of the routes, of scopes, of a bad credential, and of an address that is none."""
    for path, auth, status in (
        ("/groups/acme/nobody", "owner", 404),
        ("/groups/acme", "member", 403),
        ("/groups/acme", "token", 403),
        ("/groups/acme", "anonymous", 401),
        ("/groups/acme", "Bearer wrong", 401),
        ("/nothing", "owner", 404),
    ):
        answer = await ask(at(ask, path), auth=auth)
        assert answer.status == status
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.body
        with pytest.raises(ValueError, match="Expecting"):
            json.loads(answer.body)


async def test_xml_is_well_formed(ask: Any) -> None:
    """And says the same as JSON."""
    plain = (await ask(at(ask, "/groups/acme"))).json
    answer = await ask(at(ask, "/groups/acme?format=xml"))
    assert answer.headers["Content-Type"].startswith("text/xml")
    slugs = [one.findtext("slug") for one in ET.fromstring(answer.body)]
    assert slugs == [one["slug"] for one in plain]


async def test_yaml_has_a_line_for_each_value(ask: Any) -> None:
    """Nested by indentation."""
    answer = await ask(at(ask, "/invitations/acme/site?format=yaml"), "POST", data={})
    assert answer.status == 400
    answer = await ask(at(ask, "/groups/acme/contractors?format=yaml"))
    lines = answer.body.decode().splitlines()
    assert 'name: "Contractors"' in lines
    assert "permission: null" in lines
    assert "owner:" in lines
    assert '  nickname: "acme"' in lines
    assert (await ask(at(ask, "/groups/acme?format=csv"))).status == 400


async def test_a_deleted_group_is_granted_nothing(ask: Any) -> None:
    """What it was granted by API 2.0 is gone too."""
    bearer = f"Bearer {ask.fake.oauth_token}"
    where = "/repositories/acme/site/permissions-config/groups"
    before = [one["group"]["slug"] for one in await ask.walk(where)]
    assert "reviewers" in before
    assert (await ask(at(ask, "/groups/acme/reviewers"), "DELETE", auth=bearer)).status == 204
    assert "reviewers" not in [one["group"]["slug"] for one in await ask.walk(where)]


async def test_whoever_joins_a_group_joins_the_workspace(ask: Any) -> None:
    """A guest becomes a member."""
    guest = ask.fake.account("outsider")
    bearer = f"Bearer {ask.fake.oauth_token}"
    path = at(ask, f"/groups/acme/developers/members/{guest.uuid}".replace("{", "%7B"))
    answer = await ask(path.replace("}", "%7D"), "PUT", auth=bearer, json={})
    assert answer.json["uuid"] == guest.uuid
    members = [one["user"]["uuid"] for one in await ask.walk("/workspaces/acme/members")]
    assert guest.uuid in members
