"""Snippets with their files: written and read in one request each."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bbasync import Bitbucket
from bbasync.api import snippets as api
from bbasync.errors import (
    ArgumentError,
    DecodingError,
    MethodNotAllowedError,
    NotFoundError,
    PaymentRequiredError,
)
from bbasync.fake import FakeBitbucket
from bbasync.fake.state.snippets import Snippets
from bbasync.resources import Content, Snippet, SnippetComment, SnippetFile
from bbasync.wire.message import Answer, Safety

FILES = {
    "plain.txt": b"one\n",
    "größe (1).txt": "Grö\u00dfe\r\n".encode("latin-1"),
    'quo"ted.bin': bytes(range(256)) + b"\r\n--",
    "empty": b"",
}


async def test_files_come_back_to_the_byte(bb: Bitbucket) -> None:
    """One request creates a snippet with its files, and one reads it with them."""
    made = await bb.snippets.create_with_files("acme", FILES, title="Ü", is_private=False)
    found, files = await bb.snippets.get_with_files("acme", str(made.id))
    assert bb.requests_sent == 2
    assert files == FILES
    assert (found.title, found.is_private, found.id) == ("Ü", False, made.id)
    assert set(found.files or {}) == set(FILES)


async def test_what_is_created_goes_out_as_one_form(bb: Bitbucket, fake: FakeBitbucket) -> None:
    """Files are fields called ``file``, properties are fields, and nothing else is sent."""
    await bb.snippets.create_with_files("acme", {"a.txt": "x"}, title="T", is_private=True)
    [sent] = fake.requests
    assert sent.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert sent.body.count(b"Content-Disposition") == 3
    assert b'name="is_private"\r\n\r\ntrue\r\n' in sent.body
    assert b'name="file"; filename="a.txt"\r\n\r\nx\r\n' in sent.body


async def test_files_are_uploaded_from_wherever_they_are(bb: Bitbucket, tmp_path: Path) -> None:
    """A path, an open file and an async iterable, without ever being sent chunked."""
    path = tmp_path / "a"
    path.write_bytes(b"from disk")

    async def pieces() -> AsyncIterator[bytes]:
        yield b"piece "
        yield b"by piece"

    told: list[tuple[int, int]] = []
    made = await bb.snippets.create_with_files(
        "acme",
        {"a": path, "b": io.BytesIO(b"from memory"), "c": pieces()},
        progress=lambda sent, total: told.append((sent, total)),
    )
    _, files = await bb.snippets.get_with_files("acme", str(made.id))
    assert files == {"a": b"from disk", "b": b"from memory", "c": b"piece by piece"}
    assert told[-1][0] == told[-1][1] > 0


async def test_a_snippet_of_ones_own_needs_no_workspace(bb: Bitbucket) -> None:
    """It belongs to the caller, and is found under his uuid."""
    me = await bb.users.me()
    made = await bb.snippets.create_with_files(None, {"a": "x"})
    assert made.owner is not None
    assert made.owner.uuid == me.uuid
    assert [one.id async for one in bb.snippets.list(str(me.uuid))] == [made.id]


async def test_a_change_leaves_the_rest_as_it_is(bb: Bitbucket) -> None:
    """A file is added, one replaced, one deleted, all in one request; title and others stay."""
    made = await bb.snippets.create_with_files("acme", FILES, title="Kept")
    where = ("acme", str(made.id))
    before = bb.requests_sent
    await bb.snippets.change(
        *where, files={"new": "!", "plain.txt": "two\n"}, deletions=["empty", "größe (1).txt"]
    )
    assert bb.requests_sent == before + 1
    found, files = await bb.snippets.get_with_files(*where)
    assert files == {"plain.txt": b"two\n", "new": b"!", 'quo"ted.bin': FILES['quo"ted.bin']}
    assert found.title == "Kept"


async def test_a_file_is_renamed_in_one_request(bb: Bitbucket) -> None:
    """Deleted under one name and added under another, in one revision."""
    made = await bb.snippets.create_with_files("acme", {"old": "x"})
    where = ("acme", str(made.id))
    await bb.snippets.change(*where, files={"new": "x"}, deletions=["old"])
    assert len(await bb.snippets.list_commits(*where).all()) == 2
    assert (await bb.snippets.get_with_files(*where))[1] == {"new": b"x"}


async def test_a_title_is_changed_taken_away_or_left_alone(bb: Bitbucket) -> None:
    """Text, None, and nothing given are three things."""
    made = await bb.snippets.create_with_files("acme", {"a": "x"}, title="First")
    where = ("acme", str(made.id))
    assert (await bb.snippets.change(*where, is_private=False)).title == "First"
    assert (await bb.snippets.change(*where, title="Second")).title == "Second"
    assert (await bb.snippets.change(*where, title=None)).title == ""
    assert (await bb.snippets.update(*where, Snippet(title="Third"))).title == "Third"
    assert (await bb.snippets.update(*where, Snippet(title=None))).title == ""
    assert (await bb.snippets.get_with_files(*where))[1] == {"a": b"x"}


async def test_an_older_revision_is_read_but_not_changed(bb: Bitbucket) -> None:
    """Whoever changes a snippet on the grounds of what it was learns that it has moved on."""
    made = await bb.snippets.create_with_files("acme", {"a": "1"})
    where = ("acme", str(made.id))
    first = str((await bb.snippets.list_commits(*where).all())[0].hash)
    await bb.snippets.change(*where, files={"a": "2"}, revision=first)
    with pytest.raises(MethodNotAllowedError):
        await bb.snippets.change(*where, files={"a": "3"}, revision=first)
    with pytest.raises(MethodNotAllowedError):
        await bb.snippets.update_revision(*where, first, Snippet(title="T"))
    with pytest.raises(MethodNotAllowedError):
        await bb.snippets.delete_revision(*where, first)
    assert (await bb.snippets.get_with_files(*where, revision=first))[1] == {"a": b"1"}
    assert (await bb.snippets.get_with_files(*where))[1] == {"a": b"2"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "nothing to change"),
        ({"files": {"a": "x"}, "deletions": ["a"]}, "'a'"),
        ({"deletions": "a.txt"}, "deletions"),
        ({"deletions": [""]}, "deletions"),
        ({"files": {"": "x"}}, "files"),
        ({"files": [("a", "x")]}, "files"),
        ({"files": {"a": 1}}, "int can't be uploaded"),
        ({"title": "T", "revision": ""}, "revision"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(
    given: dict[str, Any], named: str, bb: Bitbucket
) -> None:
    """The error names what is wrong, and nothing is sent."""
    with pytest.raises(ArgumentError, match=named):
        await bb.snippets.change("acme", "xyz", **given)
    assert bb.requests_sent == 0


async def test_creating_without_files_is_refused(bb: Bitbucket) -> None:
    """A body of no parts is no body."""
    with pytest.raises(ArgumentError, match="files is empty"):
        await bb.snippets.create_with_files("acme", {})


async def test_only_what_may_be_repeated_is(recorder: Any) -> None:
    """A deletion and a change of one revision would not be the same a second time."""
    sender = recorder(*[{"id": "x"}] * 4)
    snippets = _group(sender)
    await snippets.create_with_files("acme", {"a": "x"})
    await snippets.change("acme", "x", files={"a": "x"})
    await snippets.change("acme", "x", deletions=["a"])
    await snippets.change("acme", "x", title=None, revision="abc")
    assert [one.safety for one in sender.requests] == [
        Safety.NEVER,
        Safety.REPEATABLE,
        Safety.NEVER,
        Safety.NEVER,
    ]


def _group(sender: Any) -> Any:
    return api.Snippets(sender)


async def test_an_answer_without_parts_is_an_error(recorder: Any, answer: Any) -> None:
    """Files are not made up where the service ignored what form was asked for."""
    plain: Answer = answer({"id": "x"}, headers={"Content-Type": "application/json"})
    with pytest.raises(DecodingError, match=r"GET .*/2\.0/x: .*application/json"):
        await _group(recorder(plain)).get_with_files("acme", "x")
    odd = answer(
        body=b"--b\r\nContent-Type: text/plain\r\n\r\n{}\r\n--b--",
        headers={"Content-Type": "multipart/related; boundary=b"},
    )
    with pytest.raises(DecodingError, match="snippet itself"):
        await _group(recorder(odd)).get_with_files("acme", "x")


async def test_watching_is_told_from_there_being_no_snippet(bb: Bitbucket) -> None:
    """Both are 404 to the service; only the first is an answer."""
    made = await bb.snippets.create_with_files("acme", {"a": "x"})
    where = ("acme", str(made.id))
    await bb.snippets.unwatch(*where)
    assert await bb.snippets.is_watching(*where) is False
    await bb.snippets.watch(*where)
    assert await bb.snippets.is_watching(*where) is True
    await bb.snippets.delete(*where)
    with pytest.raises(NotFoundError):
        await bb.snippets.is_watching(*where)


async def test_a_plan_without_snippets_answers_with_text(
    bb: Bitbucket, fake: FakeBitbucket
) -> None:
    """The page is read, and the error comes with the field that is asked for."""
    fake.store.part(fake.store.workspaces["acme"], Snippets).free = True
    found = await bb.snippets.list("acme").all()
    assert [one.to_dict() for one in found] == [
        "A workspace on a Free plan does not support snippets."
    ]
    with pytest.raises(DecodingError, match="Free plan"):
        _ = found[0].title
    with pytest.raises(PaymentRequiredError):
        await bb.snippets.create("acme", Snippet(title="T"))


async def test_one_file_is_read_through_the_redirect(bb: Bitbucket) -> None:
    """By its name as of now, by its name as of a revision, and by its link."""
    made = await bb.snippets.create_with_files("acme", FILES)
    where = ("acme", str(made.id))
    node = str((await bb.snippets.list_commits(*where).all())[0].hash)
    for name, content in FILES.items():
        assert await bb.snippets.get_file(*where, name) == content
        assert await bb.snippets.get_revision_file(*where, node, name) == content
        file = (await bb.snippets.get(*where)).files[name]  # type: ignore[index]
        assert isinstance(file, SnippetFile)
        assert await file.content() == content
    with pytest.raises(NotFoundError, match="nowhere"):
        await bb.snippets.get_file(*where, "nowhere")


async def test_a_diff_is_of_all_files_or_of_one(bb: Bitbucket) -> None:
    """A patch has a head before it."""
    made = await bb.snippets.create_with_files("acme", {"a": "1\n", "b": "1\n"})
    where = ("acme", str(made.id))
    await bb.snippets.change(*where, files={"a": "2\n", "b": "2\n"})
    node = str((await bb.snippets.list_commits(*where).all())[0].hash)
    whole = await bb.snippets.get_diff(*where, node)
    one = await bb.snippets.get_diff(*where, node, path="b")
    assert b"a/a" in whole
    assert one == whole[whole.index(b"diff --git a/b") :]
    assert (await bb.snippets.get_patch(*where, node)).endswith(whole)


async def test_a_comment_is_answered_changed_and_deleted(bb: Bitbucket) -> None:
    """And the answer names what it answers."""
    where = ("acme", str((await bb.snippets.create_with_files("acme", {"a": "x"})).id))
    first = await bb.snippets.create_comment(*where, SnippetComment(content=Content(raw="Why?")))
    body = {"content": {"raw": "So."}, "parent": {"id": first.id}}
    second = await bb.snippets.create_comment(*where, body)
    assert second.parent is not None
    assert second.parent.id == first.id
    said = SnippetComment(content=Content(raw="How?"))
    await bb.snippets.update_comment(*where, first.id or 0, said)
    texts = [one.content.raw async for one in bb.snippets.list_comments(*where) if one.content]
    assert texts == ["How?", "So."]
    await bb.snippets.delete_comment(*where, first.id or 0)
    assert [one.id async for one in bb.snippets.list_comments(*where)] == [second.id]


async def test_listing_watchers_warns(bb: Bitbucket) -> None:
    """The service means to end it, and still answers."""
    listed = await bb.snippets.list("acme").first()
    assert listed is not None
    with pytest.warns(DeprecationWarning, match="is_watching"):
        found = await bb.snippets.list_watchers("acme", str(listed.id)).all()
    assert len(found) > 1
