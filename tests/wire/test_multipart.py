"""Answers in several parts: the bytes of each, whatever they are and however they were sent."""

from __future__ import annotations

import json
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbasync.errors import DecodingError
from bbasync.wire.body import Body, Part
from bbasync.wire.multipart import parts_of

KIND = "multipart/related; boundary=b"


def of_mail(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    """What Python's own mail writer makes of a snippet: lines that end at a line feed alone."""
    mail = MIMEMultipart("related", boundary="===============14381==")
    about = MIMEApplication(json.dumps({"id": "x"}), "json", _encoder=lambda _: None)
    about["Content-ID"] = "snippet"
    mail.attach(about)
    for name, content in files:
        part = MIMEApplication(content)
        part["Content-ID"] = f'"{name}"'
        part.add_header("Content-Disposition", "attachment", filename=name)
        mail.attach(part)
    head, _, body = mail.as_bytes().partition(b"\n\n")
    assert b"\r" not in head
    return body, mail["Content-Type"].replace("\n", "")


@given(st.dictionaries(st.text("abc ä.", min_size=1), st.binary(), max_size=4))
def test_parts_come_back_to_the_byte(files: dict[str, bytes]) -> None:
    """Whatever a file holds, ends of lines at its ends and boundaries look-alikes included."""
    parts = [Part(name, content, filename=name) for name, content in files.items()]
    body = Body.of_parts([Part("snippet", b"{}"), *parts], subtype="related")
    assert isinstance(body.content, bytes)
    main, *found = parts_of(body.content, body.content_type)
    assert main.content == b"{}"
    assert {one.name: one.content for one in found} == files


@given(st.binary())
def test_what_a_mail_writer_encodes_is_decoded(content: bytes) -> None:
    """Base64 is undone, and lines may end without a carriage return."""
    body, kind = of_mail(("image.png", content), ("b.bin", content[::-1]))
    main, *found = parts_of(body, kind)
    assert (main.content_type, main.content) == ("application/json", b'{"id": "x"}')
    assert [(one.name, one.content) for one in found] == [
        ("image.png", content),
        ("b.bin", content[::-1]),
    ]


def test_text_keeps_its_own_ends_of_lines() -> None:
    """Of the line end before a boundary only the boundary's own is taken away."""
    for end, content in ((b"\n", b"x\r"), (b"\r\n", b"x\n"), (b"\n", b"x\n"), (b"\n", b"")):
        part = b"Content-ID: a" + end + end + content + end
        body = b"--b" + end + part + b"--b--" + end
        assert parts_of(body, KIND)[0].content == content


def test_a_text_part_is_read_as_bytes() -> None:
    """Quoted-printable is undone, and no character set is guessed."""
    text = MIMEText("größe = 1\n", "plain", "iso-8859-1")
    body = b"--b\n" + text.as_bytes() + b"\n--b--"
    assert parts_of(body, KIND)[0].content == "größe = 1\n".encode("iso-8859-1")


def test_the_main_part_comes_first() -> None:
    """Wherever it stands, if the head says which it is."""
    body = b"--b\r\nContent-ID: a\r\n\r\n1\r\n--b\r\nContent-ID: <main>\r\n\r\n2\r\n--b--\r\n"
    found = parts_of(body, 'multipart/related; start="main"; boundary="b"')
    assert [one.name for one in found] == ["main", "a"]
    assert [one.name for one in parts_of(body, KIND)] == ["a", "main"]


def test_a_part_without_a_head_has_no_name() -> None:
    """It is read all the same."""
    assert parts_of(b"--b\r\n\r\n1\r\n--b--", KIND)[0].content == b"1"


def test_what_stands_before_and_behind_the_parts_is_none_of_them() -> None:
    """A preamble and an epilogue are for those who can't read parts."""
    body = b"not read\r\n--b \r\n\r\n1\r\n--b--\r\nnot read\r\n--b\r\n"
    assert [one.content for one in parts_of(body, KIND)] == [b"1"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"{}", ""),
        (b"--b\r\n\r\n1\r\n--b--", "multipart/related"),
        (b"", KIND),
        (b"--b--", KIND),
        (b"--b\r\n\r\n1", KIND),
        (b"--b\r\n\r\n1\r\n--b\r\n\r\n2", KIND),
        (b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\nabc\r\n--b--", KIND),
    ],
)
def test_what_is_not_whole_is_an_error(body: bytes, kind: str) -> None:
    """A file is never cut short in silence."""
    with pytest.raises(DecodingError, match=r"part"):
        parts_of(body, kind)
