"""What looks secret or personal in contents, and what only seems to."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from bbasync.fake.cassettes import Body
from bbasync.fake.cassettes.hiding import hide_json, hide_text
from bbasync.fake.cassettes.known import Secrets
from tests.fake.cassette_kit import exchange, of_json, of_text, written

API = "https://api.bitbucket.org/2.0/repositories"
JANE = {
    "type": "user",
    "display_name": "Jane Quillfeather",
    "nickname": "jquill",
    "uuid": "{0d2f1a3b-1111-4222-8333-123456789abc}",
}


@pytest.mark.parametrize(
    ("planted", "gone"),
    [
        ("authorization: bearer abcdef0123456789abc", "abcdef"),
        ("Authorization: Bearer abcdefghijklmnop", "abcdefgh"),
        ("Authorization: Token abcdefghijkl", "abcdefgh"),
        ("sent Bearer abcdefghijklmnopqrst along", "abcdefgh"),
        ("Bearer%20abcdef0123456789", "abcdef"),
        ("\x1b[32mBearer abcdef0123456789", "abcdef"),
        ('log {"password": "correct horse 1 battery"} end', "horse"),
        (r"""log {"password": "it's 1 \"odd\" one"} end""", "odd"),
        ("password => 'hunter22x9'", "hunter22"),
        ("//password = hunter22x9", "hunter22"),
        ("token := `x`; secret := abcdef0123", "abcdef"),
        ("?x-api-key=abcdefgh&page=2", "abcdefgh"),
        ("api-key=abcdefgh", "abcdefgh"),
        ("<server><password>x9hunter</password></server>", "x9hunter"),
        ("curl -s -u me:hunter22x9 https://x.example.org", "hunter22"),
        ("curl --user 'me:hunter22x9' https://x.example.org", "hunter22"),
        ("key ghp_abcdefghijklmnopqrstuvwxyz end", "abcdefgh"),
        ("key github_pat_11ABCDEFG_abcdefgh end", "abcdefgh"),
        ("key glpat-abcdefgh_ijklmnop end", "abcdefgh"),
        ("key xoxb-1234-abcdefgh end", "abcdefgh"),
        ("\x1b[32meyJhbGciOiJI.eyJpc3MiOiJ.c2lnbmF0dXJl", "c2lnbmF0"),
        ("https://hooks.slack.com/services/T000/B000/abcdefgh", "abcdefgh"),
        ('{"auths": {"x": {"auth": "bWU6cGFzc3dvcmQ="}}}', "bWU6"),
        ('say: {"auth":"bWU6cGFzc3dvcmQ="}', "bWU6"),
        ("\x1b[32mATATT3xFfGF0abcdefgh\x1b[0m", "abcdefgh"),
        (r"\nATATT3xFfGF0abcdefgh", "abcdefgh"),
        ("x_ATATT3xFfGF0abcdefgh", "abcdefgh"),
        ("\x1b[32mhttps://jane:pa55-word@bitbucket.org/x", "pa55-word"),
        ("see 5d0123456789abcdef012345", "5d0123456789"),
        ('author.account_id="5D0123456789ABCDEF012345"', "5D0123456789"),
    ],
)
def test_what_looks_secret_goes(planted: str, gone: str) -> None:
    """In a body that is JSON, in texts, in bytes and in a query; twice is as once."""
    raw = base64.b64encode(b"\xff" + planted.encode()).decode()
    for made in (
        exchange(answer=of_json({"raw": planted})),
        exchange(body=of_text(planted)),
        exchange(query=(("q", planted),)),
    ):
        assert gone not in written(made)
    answer = json.loads(written(exchange(answer=Body("base64", raw))))["exchanges"][0]["answer"]
    assert gone.encode() not in base64.b64decode(answer["body"]["base64"])
    assert hide_text(hide_text(planted)) == hide_text(planted)


@pytest.mark.parametrize(
    "text",
    [
        f"{API}/acme/token-service/commits?pagelen=100&page=2",
        f"{API}/acme/secrets/diff/acme/secrets:65a11858a895%0Dfaefb4bc5efc?topic=true",
        "/2.0/repositories/acme/secrets/diff/acme%2Fsecrets:65a11858a895%0Dfaefb4bc5efc",
        "/2.0/repositories/acme/token-service/src/main/a=long-name.txt",
        "The bearer certificates and basic authentication are strange",
        "curl -u $NAME:$PASSWORD_1 https://x.example.org",
        "see https://hooks.slack.com/services for more",
        'curl -u "${NAME}:${PASSWORD_1}" https://x.example.org',
    ],
)
def test_what_only_seems_secret_stays(text: str) -> None:
    """Slugs, paths and prose are what they were."""
    assert hide_text(text) == text


@pytest.mark.parametrize(
    ("told", "repeated", "gone"),
    [
        (
            {"url": "https://ci.example.org/h/T0PSECRET", "events": []},
            "no answer from ci.example.org/h/T0PSECRET",
            "T0PSECRET",
        ),
        ({"url": "https://ci.example.org/h/T0PSECRET", "events": []}, "/h/T0PSECRET", "T0PSECRET"),
        (
            {"url": "https://ci.example.org/secretly", "events": []},
            "bad: https://ci.example.org/secretly",
            "secretly",
        ),
        ("https://jane:pa55-word-x@x.example.org/", "the pa55-word-x", "pa55-word-x"),
        ("https://jane:pa55%40word@x.example.org/", "the pa55@word", "pa55@word"),
        ("<password>sw0rdfish</password>", "the sw0rdfish", "sw0rdfish"),
        ("https://hooks.slack.com/services/T0/B0/XY", "to services/T0/B0/XY", "B0/XY"),
    ],
)
def test_a_secret_is_looked_for_wherever_it_is_repeated(
    told: Any, repeated: str, gone: str
) -> None:
    """A webhook's path, a password in an address, and what else was found."""
    made = exchange(body=of_json(told), answer=of_json({"error": {"message": repeated}}))
    assert gone not in written(made)


def test_a_webhook_s_path_that_is_a_repository_s_hides_no_repository() -> None:
    """Else nothing of it could be played back."""
    hook = {"url": "https://ci.example.org/acme/site", "events": []}
    made = exchange("/2.0/repositories/acme/site/hooks", body=of_json(hook))
    assert '"/2.0/repositories/acme/site/hooks"' in written(made)


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[32mjquill\x1b[0m by \x1b[1mJane\x1b[0m \x1b[1;31mQuillfeather\x1b[0m",
        r"\u001b[32mjquill\u001b[0m",
        r'{"message": "Fix\nJane Quillfeather\tjquill"',
        r"C:\Users\jquill\Jane",
    ],
)
def test_a_name_is_found_behind_colours_and_escapes(text: str) -> None:
    """As logs have them, and JSON that is shown as a text."""
    said = written(exchange(answer=of_json(JANE)), exchange(answer=of_text(text))).lower()
    assert [one for one in ("jquill", "jane", "quillfeather") if one in said] == []


def test_a_name_that_starts_like_an_escape_is_found_behind_a_backslash() -> None:
    """In a path of Windows the letter is the name's own."""
    nina = {"type": "user", "display_name": "Nina Tern", "nickname": "tern9"}
    made = exchange(answer=of_text(r"C:\nina\tern9 and \nnina"))
    said = written(exchange(answer=of_json(nina)), made).lower()
    assert "nina" not in said
    assert "tern9" not in said


def test_people_are_learned_from_forms_files_and_escaped_texts() -> None:
    """Nobody else has to show them."""
    form = "author=Jane+Quillfeather+%3Cjane%40corp.org%3E&message=Fix"
    escaped = r"Fixed\nJane Quillfeather <jane@corp.org>"
    coloured = "\x1b[1mJane Quillfeather\x1b[0m <jane@corp.org>"
    for made in (
        exchange(body=of_text(form)),
        exchange(answer=of_text(escaped)),
        exchange(answer=of_text(coloured)),
        exchange(answer=of_text(json.dumps(JANE))),
    ):
        said = written(made, exchange(query=(("q", "Jane, Quillfeather"),)))
        assert "Jane" not in said
        assert "Quillfeather" not in said


def test_secrets_are_learned_from_files_that_are_json() -> None:
    """By their keys, as from other JSON; the file keeps its layout."""
    file = '{"variables":  [{"key": "A",\n "value": "s-e-c-r-e-t", "secured": true}]}'
    said = written(exchange(answer=of_text(file)), exchange("/2.0/s-e-c-r-e-t"))
    assert "s-e-c-r-e-t" not in said
    assert r'"{\"variables\":  [{' in said


def test_an_account_of_version_1_has_a_name_in_two_parts() -> None:
    """Both go, short ones too, and also from elsewhere."""
    user = {"username": "lij", "first_name": "Li", "last_name": "Quillfeather"}
    said = written(exchange(answer=of_json([user, {"text": "Thanks, Quillfeather"}])))
    assert "Li" not in said
    assert "Quillfeather" not in said
    kept = written(exchange(answer=of_json(user)), keep=frozenset({"li"}))
    assert '"first_name": "Li"' in kept


def test_an_account_that_nobody_shows_has_the_same_stand_in_all_over() -> None:
    """And another one than those who are shown; who is shown keeps his own."""
    shown, hidden = "5d0123456789abcdef012345", "70123456789abcdef0123456"
    made = exchange(
        f"/2.0/users/{hidden}",
        query=(("q", f'author.account_id="{hidden.upper()}"'),),
        answer=of_json([JANE | {"account_id": shown}, f"@{{{shown}}} and @{{{hidden}}}"]),
    )
    said = written(made)
    assert said.count(f"5d{1:022x}") == 3
    assert said.count(f"{1:024x}") == 2
    assert hidden in written(made, keep=frozenset({hidden}))


def test_a_workspace_s_slug_stays_as_a_whole_only() -> None:
    """The names that it is made of go where they stand alone."""
    workspace = {"type": "workspace", "slug": "jane-quillfeather"}
    text = "Thanks Jane! Bye, Quillfeather: see Jane-Quillfeather/site"
    said = written(exchange(answer=of_json([workspace, JANE, text])))
    assert "Thanks Jane" not in said
    assert "Bye, Quillfeather" not in said
    assert '"slug": "jane-quillfeather"' in said
    assert "see Jane-Quillfeather/site" in said


def test_a_repository_keeps_its_name_though_somebody_has_it_too() -> None:
    """It is in addresses; somebody's username is none the less replaced."""
    repository = {"type": "repository", "full_name": "acme/shop"}
    other = {"type": "repository", "full_name": "acme/tomshop9"}
    tom = {"type": "user", "display_name": "Tom Shop", "username": "tomshop9"}
    made = exchange("/2.0/repositories/acme/shop", answer=of_json([repository, tom]))
    said = written(made, exchange(answer=of_json(other)))
    assert '"/2.0/repositories/acme/shop"' in said
    assert '"full_name": "acme/shop"' in said
    assert "Tom Shop" not in said
    assert "tomshop9" not in said


@pytest.mark.parametrize("word", ["bitbucket", "repository", "Repository", "password"])
def test_a_weak_secret_hides_no_word_of_the_protocol(word: str) -> None:
    """It is hidden where it stands, and links and types stay what they are."""
    made = exchange(
        body=of_json({"secret": word}),
        answer=of_json({"type": "repository", "next": "https://api.bitbucket.org/2.0/user"}),
    )
    said = written(made)
    assert f'"secret": "{word}"' not in said
    assert '"secret": "***"' in said
    assert '"type": "repository"' in said
    assert '"next": "https://api.bitbucket.org/2.0/user"' in said


def test_keys_that_become_equal_lose_nothing() -> None:
    """Each has its value; whether mails, secrets or what looks like one."""
    mails = {"jane@x.org": 1, "Jane@x.org": 2}
    looks = {"ATATT3xFfGF0abcdefgh": 1, "ATATT3xFfGF0ijklmnop": 2}
    known = {"s-e-c-r-e-t": 1, "t-e-r-c-e-s": 2}
    assert list(hide_json(looks).values()) == [1, 2]
    assert hide_json(hide_json(looks)) == hide_json(looks)
    secrets = Secrets()
    for secret in known:
        secrets.add(secret)
    said = written(exchange(answer=of_json([mails, looks, known])), secrets=secrets)
    body = json.loads(said)["exchanges"][0]["answer"]["body"]["json"]
    assert [list(one.values()) for one in body] == [[1, 2]] * 3
