"""What is taken out of cassettes, wherever it was and however it was spelled."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbasync.fake.cassettes import Answered, Body, Recorded, Sent
from bbasync.fake.cassettes.hiding import hide_json, hide_text
from bbasync.fake.cassettes.known import Secrets
from bbasync.fake.cassettes.protocol import PROTOCOL
from tests.fake.cassette_kit import exchange, of_json, written

LETTERS = "abcdefghijklmnopqrstuvwxyzäßéñøłçABCDEFGÄÉÑØŁжшия田中美あ"


def b64(text: str) -> str:
    """As Basic has it."""
    return base64.b64encode(text.encode()).decode()


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "lower percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "twice percent": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "base64": b64,
    "pair": lambda text: b64(f"me@example.com:{text}"),
    "pair turned": lambda text: b64(f"{text}:x"),
    "base64 url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 percent": lambda text: quote(b64(text), safe=""),
    "base64 twice": lambda text: b64(b64(text)),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "html": html.escape,
    "json": lambda text: json.dumps(text)[1:-1],
}


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="*", min_codepoint=33), min_size=8),
    st.sampled_from(sorted(ENCODINGS)),
    st.text("ab /?&=%", max_size=3),
)
def test_a_credential_survives_in_no_encoding(secret: str, encoding: str, beside: str) -> None:
    """Whatever it was planted in: a path, a query, JSON and its keys, a text, bytes, a header."""
    planted = beside + ENCODINGS[encoding](secret) + beside
    raw = b"\0\xff" + planted.encode()
    made = Recorded(
        Sent("GET", f"/{planted}", ((planted, planted),), {"Accept": planted}, of_json(planted)),
        Answered(200, {"Location": planted, "ETag": planted}, of_json({planted: [planted]})),
    )
    text = exchange(body=Body("text", [planted]), answer=Body("base64", b64_of(raw)))
    secrets = Secrets()
    secrets.add_header(f"Basic {b64(f'me@example.com:{secret}')}")
    seen = json.loads(written(made, text, secrets=secrets))
    assert not [one for one in texts(seen) if spelled_in(secret, one)]


def b64_of(raw: bytes) -> str:
    """Bytes as cassettes have them."""
    return base64.b64encode(raw).decode()


def texts(value: Any) -> list[str]:
    """All texts in JSON, its keys as well, and what is behind base64."""
    if isinstance(value, dict):
        found = [text for pair in value.items() for one in pair for text in texts(one)]
        raw = value.get("base64")
        return [*found, base64.b64decode(raw).decode("utf-8", "ignore")] if raw else found
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


def spelled_in(secret: str, text: str) -> bool:
    """Whether a text has a secret in one of the encodings."""
    whole = len(secret.encode()) // 3 * 4
    for name, encode in ENCODINGS.items():
        spelled = encode(secret)
        if name.startswith("base64") and name != "base64 percent":
            spelled = spelled[: max(8, whole)]
        if spelled in text:
            return True
    return False


names = st.text(LETTERS, min_size=3, max_size=9).filter(lambda one: one.lower() not in PROTOCOL)
SPELLINGS = ("plain", "percent", "form", "html", "json")


@given(names, names, st.sampled_from(SPELLINGS), st.sampled_from(["upper", "lower", "title"]))
def test_a_name_survives_nowhere(first: str, last: str, spelling: str, case: str) -> None:
    """Once somebody was seen, the name and its parts go from every text, in any case."""
    person = {"type": "user", "display_name": f"{first} {last}", "nickname": f"{first}.{last}9"}
    for told in (f"{first} {last}", first, last, f"{first}.{last}9"):
        planted = ENCODINGS[spelling](getattr(told, case)() if told.isascii() else told)
        made = exchange(
            f"/2.0/users/{planted}",
            query=(("q", f'name="{planted}"'),),
            answer=of_json({"title": f"Ask {planted}, or (@{planted})", "to": person}),
        )
        text = written(made, exchange(body=Body("text", [f"Thanks, {planted}!\n"]))).lower()
        assert planted.lower() not in text


@pytest.mark.parametrize(
    ("planted", "gone"),
    [
        ("mail jane.doe+x@corp.example.org now", "jane.doe"),
        ("q=mail%3D%22jane%40corp.example.org%22", "jane"),
        ("Author: Jane van Doe <jvd@corp.org>", "Doe"),
        ("&lt;a href='x'&gt; Jörg &lt;j@corp.org&gt;", "Jörg"),
        ("{0d2f1a3b-1111-4222-8333-123456789abc}", "0d2f1a3b"),
        ("%7B0D2F1A3B-1111-4222-8333-123456789ABC%7D", "0D2F1A3B"),
        ("557058:0d2f1a3b-1111-4222-8333-123456789abc", "0d2f1a3b"),
        ("from 10.11.12.13:8080", "10.11.12"),
        ("from [2a02:8070:1:2::77]", "2a02:8070"),
        ("https://jane@bitbucket.org/acme/site.git", "jane"),
        ("https://jane:pa55-word@bitbucket.org/acme/site.git", "pa55-word"),
        ("https://x.example.org/f?Signature=abc-def&Expires=1", "abc-def"),
        ("https://x.example.org/f?anything=abc-def", "abc-def"),
        ("/2.0/x?access_token=abc-def&page=2", "abc-def"),
        ("grant_type=x&client_secret=abc-def", "abc-def"),
        ("/2.0/x?jwt=abc-def", "abc-def"),
        ("key ATATT3xFfGF0abcdefgh= end", "abcdefgh"),
        ("Authorization: Bearer abcdef0123456789", "abcdef"),
        ("eyJhbGciOiJI.eyJpc3MiOiJ.c2lnbmF0dXJl", "c2lnbmF0"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 jane@laptop", "jane@laptop"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----", "MIIabc"),
        ("-----BEGIN PRIVATE KEY-----\nMIIabc", "MIIabc"),
        ("https://secure.gravatar.com/avatar/0123abcd?d=mm", "0123abcd"),
        ("+ export API_TOKEN=abcdef0123", "abcdef0123"),
        ("registry.password: abcdef0123", "abcdef0123"),
        ("x = {'secret-key' : 'abcdef'}", "abcdef"),
        ('log {"password": "abcdef"} end', "abcdef"),
        (r"log {\"access_key\":\"abcdef\"", "abcdef"),
        ("@{5d0123456789abcdef012345} please look", "5d0123456789"),
        ("Fix it\n\nReviewed-by: Jane Quillfeather\n", "Quillfeather"),
    ],
)
def test_what_looks_personal_or_secret_goes(planted: str, gone: str) -> None:
    """In a body that is JSON, in one that is text, and in a query; without anybody known."""
    for made in (
        exchange(answer=of_json({"raw": planted})),
        exchange(body=Body("text", [planted])),
        exchange(query=(("q", planted),)),
    ):
        assert gone not in written(made)


@pytest.mark.parametrize(
    "planted",
    [
        {"access_token": "s-e-c-r-e-t"},
        {"refresh_token": "s-e-c-r-e-t", "token_type": "bearer"},
        {"clientSecret": "s-e-c-r-e-t"},
        {"secret": "s-e-c-r-e-t", "url": "https://x.example.org"},
        {"private_key": ["s-e-c-r-e-t"]},
        {"key": "PASSWORD", "value": "s-e-c-r-e-t", "secured": True},
        {"key": "PLAIN", "value": "s-e-c-r-e-t", "secured": False},
        {"variables": [{"key": "A", "value": "s-e-c-r-e-t"}]},
        {"type": "webhook_subscription", "url": "https://x.example.org/s-e-c-r-e-t"},
        {"fingerprint": "x", "comment": "s-e-c-r-e-t"},
        {"payload": json.dumps({"password": "s-e-c-r-e-t"})},
        {"payload": json.dumps([json.dumps({"a": {"password": "s-e-c-r-e-t"}})])},
        {"secret_key": "s-e-c-r-e-t"},
        {"accessKey": "s-e-c-r-e-t"},
        {"X-Api-Key": "s-e-c-r-e-t"},
        {"passwords": {"a": ["s-e-c-r-e-t"]}},
        {"Cookie": "session=s-e-c-r-e-t"},
        {"name": "API_TOKEN", "value": "s-e-c-r-e-t"},
        {"type": "user", "display_name": "Jane Doe", "location": "s-e-c-r-e-t"},
    ],
)
def test_what_is_secret_by_its_key_goes(planted: Any) -> None:
    """In a request, in an answer, deep down, and from wherever else it is repeated if secured."""
    made = exchange(body=of_json(planted), answer=of_json({"values": [planted]}))
    assert "s-e-c-r-e-t" not in written(made)


def test_a_hidden_value_is_hidden_wherever_it_is_repeated() -> None:
    """A secret that one exchange tells by its key is known in all of them."""
    made = exchange(body=of_json({"secret": "s-e-c-r-e-t"}))
    assert "s-e-c-r-e-t" not in written(exchange("/2.0/s-e-c-r-e-t"), made)


def test_the_same_value_gets_the_same_pseudonym_all_over() -> None:
    """In paths, queries and bodies, in every spelling, so that links still lead somewhere."""
    uuid = "0d2f1a3b-1111-4222-8333-123456789abc"
    user = {"type": "user", "uuid": f"{{{uuid}}}", "display_name": "Jane Doe", "nickname": "jdoe"}
    href = f"https://api.bitbucket.org/2.0/users/%7B{uuid}%7D"
    made = exchange(
        f"/2.0/users/%7B{uuid.upper()}%7D",
        query=(("q", f'author.uuid="{{{uuid}}}" AND nickname="jdoe"'),),
        answer=of_json({**user, "links": {"self": {"href": href}}, "text": f"{uuid} Jane"}),
    )
    text = written(made, exchange(query=(("q", "JaneDoe"),)))
    assert "JaneDoe" not in text
    assert text.count("00000000-0000-4000-8000-000000000001") == 5
    assert '"/2.0/users/%7B00000000-0000-4000-8000-000000000001%7D"' in text
    assert 'nickname=\\"person1\\"' in text
    assert "00000000-0000-4000-8000-000000000001 Person1" in text


def test_what_is_nobody_s_stays() -> None:
    """Slugs, hashes, dates, words of the protocol, and clone addresses."""
    value = {
        "type": "repository",
        "full_name": "acme/site",
        "hash": "65a11858a895d502de78eee7dc39c619d4faef6e",
        "created_on": "2024-06-27T15:22:06.085517+00:00",
        "state": "OPEN",
        "clone": "git@bitbucket.org:acme/site.git",
        "ssh": "ssh://git@bitbucket.org/acme/site.git",
        "self": "https://api.bitbucket.org/2.0/repositories/acme/site?page=2&fields=%2Bvalues.x",
        "html": "https://bitbucket.org/acme/site/src/?at=main",
        "text": "Bearer of news: std::vector at 12:30:45, 127.0.0.1, key=value; tokens",
        "code": "def f(token: str, password: str) -> None: token = read(); secret: none",
        "data": '{"a":  [1, "b"]}',
    }
    user = {"type": "user", "display_name": "Open Repository", "nickname": "user"}
    made = exchange("/2.0/repositories/acme/site", answer=of_json([value, user]))
    seen = json.loads(written(made))["exchanges"][0]
    assert seen["request"]["path"] == "/2.0/repositories/acme/site"
    assert seen["answer"]["body"]["json"][0] == value
    assert seen["answer"]["body"]["json"][1]["display_name"] == "Person 1"
    assert seen["answer"]["body"]["json"][1]["type"] == "user"


@given(st.text("a/?&=#:@. *", max_size=30).map(lambda text: f"https://x?token=ab&{text}"))
def test_hiding_twice_is_hiding_once(text: str) -> None:
    """So that a request that is played back may be hidden again."""
    once = hide_text(text)
    assert hide_text(once) == once
    assert hide_json(hide_json({"url": text, "events": []})) == hide_json(
        {"url": text, "events": []}
    )


def test_a_public_key_stays_one_and_can_be_told_from_others() -> None:
    """The same key twice is seen to be the same, whatever its comment."""
    keys = ("ssh-rsa AAAAB3NzaC1 jane@a", "ssh-rsa AAAAB3NzaC1 joe@b", "ssh-rsa AAAAB3NzaC2")
    one, same, other = map(hide_text, keys)
    assert one == same != other
    assert hide_text(one) == one
    assert one.startswith("ssh-rsa AAAA")
