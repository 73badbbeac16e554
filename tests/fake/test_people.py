"""Workspaces, their members, and the caller."""

import json

from bbasync.fake import FakeBitbucket
from tests.fake.conftest import Asker


async def test_own_workspaces_have_no_names(ask: Asker) -> None:
    """The list of own workspaces tells slugs and who administrates, and can be narrowed."""
    one = (await ask("/user/workspaces")).json["values"][0]
    assert one["administrator"] is True
    assert set(one["workspace"]) == {"type", "slug", "uuid", "links"}
    assert (await ask("/user/workspaces?administrator=false")).json["size"] == 0
    assert (await ask("/user/workspaces?sort=-slug")).status == 200
    assert (await ask("/user/workspaces?sort=name")).status == 400


async def test_members_are_found_by_e_mail_by_administrators(
    ask: Asker, fake: FakeBitbucket
) -> None:
    """Up to 90 addresses find members, and come back only when they are asked for."""
    email = fake.account("member").email
    path = f"/workspaces/acme/members?q=user.email%20IN%20(%22{email}%22)"
    plain = (await ask(path)).json["values"]
    assert len(plain) == 1
    assert email not in json.dumps(plain)
    shown = (await ask(f"{path}&fields=%2Bvalues.user.email")).json["values"]
    assert shown[0]["user"]["email"] == email
    assert (await ask(path, auth="member")).status == 403
    many = ",".join(f"%22{n}@example.com%22" for n in range(91))
    assert (await ask(f"/workspaces/acme/members?q=user.email+IN+({many})")).status == 400
    hidden = (await ask("/workspaces/acme/members?fields=%2Bvalues.user.email")).json
    assert "@example.com" not in json.dumps(hidden)


async def test_owners_are_found_by_their_link(ask: Asker) -> None:
    """The link of a workspace to its owners gives the owners."""
    place = (await ask("/workspaces/acme")).json
    owners = await ask.walk(place["links"]["owners"]["href"])
    assert len(owners) == 2
    assert place["links"]["repository"]["templated"] == "true"
    levels = await ask.walk("/workspaces/acme/permissions?q=permission%3D%22owner%22")
    assert len(levels) == 2
    assert "+" not in levels[0]["added_on"]
    assert "Z" not in levels[0]["added_on"]


async def test_people_and_apps_have_profiles(ask: Asker, fake: FakeBitbucket) -> None:
    """People are found by uuid and account id, an access token's identity by its uuid."""
    account = fake.account("member")
    for name in (account.account_id, account.uuid, account.uuid[1:-1]):
        one = (await ask(f"/users/{name}", auth="anonymous")).json
        assert one["nickname"] == account.nickname
        assert "username" not in one
    app = next(iter(fake.store.apps.values()))
    assert (await ask(f"/users/{app.uuid}")).json["type"] == "app_user"
    assert (await ask("/users/nobody")).status == 404
