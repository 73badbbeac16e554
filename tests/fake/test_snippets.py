"""Snippets on the other side: who sees and changes them, and the forms they are sent in."""

from __future__ import annotations

from typing import Any

import aiohttp


async def private_and_public(ask: Any) -> tuple[str, str]:
    """The addresses of a snippet of each kind."""
    listed = (await ask("/snippets/acme")).json["values"]
    assert [one["is_private"] for one in listed] == [True, False, True]
    return f"/snippets/acme/{listed[0]['id']}", f"/snippets/acme/{listed[1]['id']}"


async def test_a_list_has_no_files_and_single_ones_have(ask: Any) -> None:
    """Their addresses are by name, in an object."""
    listed = (await ask("/snippets/acme")).json
    assert listed["pagelen"] == 30
    assert len(listed["values"]) == 3
    assert "files" not in listed["values"][0]
    one = (await ask(f"/snippets/acme/{listed['values'][0]['id']}")).json
    assert set(one["files"]) == {"notes.md", "logo.png"}
    assert isinstance(one["id"], str)


async def test_private_snippets_are_for_members(ask: Any) -> None:
    """Strangers get 403, nobody in particular 401, and public ones are everybody's."""
    private, public = await private_and_public(ask)
    assert (await ask(private, auth="member")).status == 200
    assert (await ask(private, auth="outsider")).status == 403
    assert (await ask(private, auth="anonymous")).status == 401
    assert (await ask(public, auth="outsider")).status == 200
    assert (await ask(public, auth="anonymous")).status == 200


async def test_strangers_change_nothing(ask: Any) -> None:
    """Not even what they may see."""
    _, public = await private_and_public(ask)
    assert (await ask(public, "PUT", auth="outsider", json={"title": "x"})).status == 403
    assert (await ask(public, "DELETE", auth="outsider")).status == 403
    assert (await ask("/snippets/acme", "POST", auth="outsider", json={})).status == 403
    assert (await ask(public, "PUT", auth="member", json={"title": "x"})).status == 200


async def test_a_form_makes_and_changes_a_snippet(ask: Any) -> None:
    """Files are fields called ``file``; a name in ``files`` without one is deleted."""
    form = aiohttp.FormData()
    form.add_field("file", b"1", filename="a.txt")
    form.add_field("file", b"2", filename="b.txt")
    form.add_field("title", "T")
    form.add_field("is_private", "false")
    made = await ask("/snippets/acme", "POST", data=form)
    assert made.status == 201
    assert made.headers["Location"].endswith(f"/2.0/snippets/acme/{made.json['id']}")
    assert (made.json["title"], made.json["is_private"]) == ("T", False)
    form = aiohttp.FormData()
    form.add_field("files", "a.txt")
    form.add_field("file", b"3", filename="c.txt")
    changed = await ask(f"/snippets/acme/{made.json['id']}", "PUT", data=form)
    assert set(changed.json["files"]) == {"b.txt", "c.txt"}
    assert changed.json["title"] == "T"


async def test_json_does_not_touch_files(ask: Any) -> None:
    """It can't hold any, and an object that was read and sent back deletes none."""
    private, _ = await private_and_public(ask)
    before = (await ask(private)).json
    after = (await ask(private, "PUT", json=before | {"title": None})).json
    assert set(after["files"]) == set(before["files"])
    assert after["title"] == ""


async def test_a_file_that_is_not_there_is_not_deleted(ask: Any) -> None:
    """The whole change is refused."""
    private, _ = await private_and_public(ask)
    form = aiohttp.FormData()
    form.add_field("files", "nowhere", content_type="text/plain")
    answer = await ask(private, "PUT", data=form)
    assert answer.status == 400
    assert "files" in answer.json["error"]["fields"]


async def test_a_raw_file_is_a_redirect_at_the_head(ask: Any) -> None:
    """And an attachment without a character set at its revision."""
    private, _ = await private_and_public(ask)
    moved = await ask(f"{private}/files/notes.md")
    assert moved.status == 302
    found = await ask(moved.headers["Location"])
    assert found.status == 200
    assert found.headers["Content-Disposition"] == "attachment"
    assert "charset" not in found.headers["Content-Type"]


async def test_revisions_are_found_by_their_start(ask: Any) -> None:
    """Seven digits are enough, six are not."""
    private, _ = await private_and_public(ask)
    newest = (await ask(f"{private}/commits")).json["values"][0]
    assert (await ask(f"{private}/{newest['hash'][:7]}")).status == 200
    assert (await ask(f"{private}/{newest['hash'][:6]}")).status == 404
    assert newest["snippet"]["id"] in private
    assert len(newest["parents"]) == 1


async def test_watching_is_told_by_the_status(ask: Any) -> None:
    """204 for who does; 404 for who does not, and for nobody in particular."""
    _, public = await private_and_public(ask)
    await ask(f"{public}/watch", "PUT", auth="outsider")
    assert (await ask(f"{public}/watch", auth="outsider")).status == 204
    assert (await ask(f"{public}/watch", auth="anonymous")).status == 404
    await ask(f"{public}/watch", "DELETE", auth="outsider")
    assert (await ask(f"{public}/watch", auth="outsider")).status == 404


async def test_comments_are_changed_by_who_wrote_them(ask: Any) -> None:
    """And deleted by administrators too."""
    _, public = await private_and_public(ask)
    said = {"content": {"raw": "Hm"}}
    made = (await ask(f"{public}/comments", "POST", auth="outsider", json=said)).json
    where = f"{public}/comments/{made['id']}"
    assert made["content"]["html"] == "<p>Hm</p>"
    assert (await ask(where, "PUT", json=said)).status == 403
    assert (await ask(where, "DELETE", auth="member")).status == 403
    assert (await ask(where, "PUT", auth="outsider", json={"content": {}})).status == 400
    assert (await ask(where, "DELETE")).status == 204
    assert (await ask(where)).status == 404


async def test_lists_are_of_what_the_caller_is_to_a_snippet(ask: Any) -> None:
    """Strangers see what is public; roles narrow that down."""
    # The workspace itself is closed to strangers only where it is private.
    ask.fake.store.workspaces["acme"].is_private = False
    seen = (await ask("/snippets/acme", auth="outsider")).json["values"]
    assert [one["is_private"] for one in seen] == [False]
    owned = (await ask("/snippets/acme?role=owner")).json["values"]
    me = ask.fake.account("owner").uuid
    assert {one["creator"]["uuid"] for one in owned} == {me}
    watched = (await ask("/snippets/acme?role=contributor")).json["values"]
    assert len(watched) >= len(owned) > 0
