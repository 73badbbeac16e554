"""`bbasync hooks replay`: what it sends, how often, and what it says of it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bbasync.cli.hooks_replay import Wanted, start_replay
from bbasync.cli.hooks_secret import Source
from bbasync.webhooks import sign, verify
from bbasync.webhooks.sending import Courier, Outcome, Outgoing
from tests.cli.conftest import COMMAND, environment
from tests.cli.hook_places import PUSH, SECRET, SIGNED, lines_of, listening, made

Serve = Callable[..., Awaitable[Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def heard(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a listener has kept: two pushes and a fork."""
    path = tmp_path_factory.mktemp("heard") / "kept.jsonl"
    async with listening("--to", str(path), **SIGNED) as listener:
        await listener.sent(made(id="first"), made({"x": 1}, "repo:fork", id="second"), made())
        await listener.ended()
    return path.read_bytes()


@pytest.fixture
def kept(heard: bytes, tmp_path: Path) -> Path:
    """A file of it."""
    path = tmp_path / "kept.jsonl"
    path.write_bytes(heard)
    return path


async def test_what_was_kept_comes_again_as_it_came(
    bbasync: Any, kept: Path, tmp_path: Path
) -> None:
    """From listener to listener, with its own ids and signatures, and no secret at hand."""
    there = tmp_path / "there.jsonl"
    async with listening("--to", str(there), **SIGNED) as listener:
        ran = await bbasync("hooks", "replay", str(kept), "--to-url", listener.url)
        await listener.ended()
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[2:] for line in ran.out.splitlines()] == [["202", "accepted"]] * 3
    first, second = ([{**one, "at": ""} for one in lines_of(path)] for path in (kept, there))
    assert first == second


async def test_it_is_signed_anew_with_another_secret(
    bbasync: Any, kept: Path, serve: Serve, say: Any
) -> None:
    """Over the same bytes."""
    server = await serve(say(200))
    variables = {"OTHER": "another"}
    ran = await bbasync(
        *("hooks", "replay", str(kept), "--to-url", server.url, "--secret-env", "OTHER"),
        **variables,
    )
    assert ran.code == 0
    for heard in server.heard:
        assert verify(heard.body, heard.headers["X-Hub-Signature"], "another")


async def test_a_body_is_sent_as_bitbucket_does(
    bbasync: Any, serve: Serve, say: Any, tmp_path: Path
) -> None:
    """With its headers, and the bytes of the file."""
    body, server = tmp_path / "body.json", await serve(say(204, body=b""))
    body.write_bytes(json.dumps(PUSH, indent=3).encode() + b"\n")
    ran = await bbasync(
        *("hooks", "replay", str(body), "--event", "repo:push", "--delivery-id", "mine"),
        *("--to-url", server.url),
        **SIGNED,
    )
    (heard,) = server.heard
    headers = heard.headers
    assert ran.code == 0
    assert (heard.method, heard.body) == ("POST", body.read_bytes())
    assert headers["User-Agent"] == "Bitbucket-Webhooks/2.0"
    assert headers["Content-Type"] == "application/json"
    assert (headers["X-Event-Key"], headers["X-Request-UUID"]) == ("repo:push", "mine")
    assert headers["X-Attempt-Number"] == "1"
    assert headers["X-Hook-UUID"]
    assert headers["X-Hub-Signature"] == sign(heard.body, SECRET)


async def test_a_body_without_a_secret_goes_unsigned_and_says_so(
    bbasync: Any, serve: Serve, say: Any, tmp_path: Path
) -> None:
    """As of a webhook that has none."""
    body, server = tmp_path / "body.json", await serve(say(200))
    body.write_text("{}")
    ran = await bbasync(
        "hooks", "replay", str(body), "--event", "repo:fork", "--to-url", server.url
    )
    assert ran.code == 0
    assert "without a signature" in ran.err
    assert "X-Hub-Signature" not in server.heard[0].headers


async def test_a_5xx_is_tried_twice_more(bbasync: Any, kept: Path, serve: Serve, say: Any) -> None:
    """Under the same id, with the number of the attempt; what is taken then has not failed."""
    server = await serve(say(503), say(500), say(200))
    ran = await bbasync(
        *("hooks", "replay", str(kept), "--to-url", server.url, "--pause", "0"),
        *("--delivery-id", "first"),
    )
    heard = [
        (one.headers["X-Request-UUID"], one.headers["X-Attempt-Number"]) for one in server.heard
    ]
    assert heard == [("first", "1"), ("first", "2"), ("first", "3")]
    assert ran.code == 0
    assert ran.out.rstrip().endswith("(3 attempts)")


@pytest.mark.parametrize(
    ("status", "sent", "code"), [(500, 9, 5), (404, 3, 5), (302, 3, 5), (401, 3, 3), (403, 3, 3)]
)
async def test_failures_have_their_codes(
    bbasync: Any, kept: Path, serve: Serve, say: Any, status: int, sent: int, code: int
) -> None:
    """What is no 5xx is not tried again, and no redirect is followed."""
    server = await serve(say(status, headers={"Location": "/elsewhere"}))
    ran = await bbasync("hooks", "replay", str(kept), "--to-url", server.url, "--pause", "0")
    assert (ran.code, len(server.heard)) == (code, sent)
    assert ran.out.count(f"  {status}") == 3
    assert "3 of 3 were not taken" in ran.err


async def test_some_that_were_not_taken_are_another_code(
    bbasync: Any, kept: Path, serve: Serve, say: Any
) -> None:
    """1, as for all that is done but for something."""
    server = await serve(say(400), say(200))
    ran = await bbasync("hooks", "replay", str(kept), "--to-url", server.url)
    assert ran.code == 1
    assert "1 of 3 were not taken" in ran.err


async def test_silence_is_tried_again_and_no_connection_is_not(
    bbasync: Any, kept: Path, serve: Serve, raw: Any, port: int
) -> None:
    """Each says what it was."""
    server = await serve(raw(b"", "hold"))
    options = ("--timeout", "0.1", "--pause", "0", "--event", "repo:fork")
    ran = await bbasync("hooks", "replay", str(kept), "--to-url", server.url, *options)
    assert (ran.code, len(server.heard)) == (5, 3)
    assert "no answer within 0.1 s (3 attempts)" in ran.out
    nobody = f"http://127.0.0.1:{port}"
    ran = await bbasync("hooks", "replay", str(kept), "--to-url", nobody, *options)
    assert ran.code == 5
    assert ran.out.endswith("no connection (Connection refused)\n")


async def test_a_new_id_and_a_count_make_new_deliveries(
    bbasync: Any, kept: Path, serve: Serve, say: Any
) -> None:
    """Without a new id it is the same one again, which receivers know."""
    server = await serve(say(200))
    options = ("--to-url", server.url, "--delivery-id", "first", "--count", "3")
    assert (await bbasync("hooks", "replay", str(kept), *options)).code == 0
    assert {one.headers["X-Request-UUID"] for one in server.heard} == {"first"}
    server.heard.clear()
    assert (await bbasync("hooks", "replay", str(kept), *options, "--new-id")).code == 0
    ids = {one.headers["X-Request-UUID"] for one in server.heard}
    assert len(ids) == 3
    assert "first" not in ids


async def test_of_what_was_kept_some_can_be_chosen(
    bbasync: Any, kept: Path, serve: Serve, say: Any
) -> None:
    """By key; and it is an error to choose none."""
    server = await serve(say(200))
    options = ("hooks", "replay", str(kept), "--to-url", server.url, "--event")
    assert (await bbasync(*options, "repo:fork")).out.count("\n") == 1
    assert (await bbasync(*options, "repo:*")).out.count("\n") == 3
    ran = await bbasync(*options, "pullrequest:*")
    assert (ran.code, ran.out) == (2, "")
    assert "none of its 3 deliveries" in ran.err


async def test_an_answer_does_not_steer_the_terminal(
    bbasync: Any, kept: Path, serve: Serve, say: Any
) -> None:
    """It is on the delivery's line, and only its beginning."""
    server = await serve(say(200, body=b"a\x1b[2J\nb" + b"c" * 100_000))
    ran = await bbasync("hooks", "replay", str(kept), "--to-url", server.url)
    assert ran.out.count("\n") == 3
    assert "\x1b" not in ran.out
    assert len(ran.out) < 1500


def spoil(kept: Path, line: str) -> None:
    """Have *line* behind the first one, and no other."""
    first = kept.read_text("utf-8").splitlines()[0]
    kept.write_text(f"{first}\n{line}\n", "utf-8")


def cut(kept: Path, number: int) -> None:
    """Leave only the beginning of a line."""
    lines = kept.read_text("utf-8").splitlines()
    lines[number - 1] = lines[number - 1][:50]
    kept.write_text("\n".join(lines), "utf-8")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"headers": {}, "body": "{}"}', "line 2: X-Event-Key is not there"),
        ('{"headers": {"X-Event-Key": "repo:push"}, "body": 5}', "line 2: its body can't be read"),
        ('{"headers": {"X-Event-Key": "a\\r\\nX: y"}, "body": ""}', "X-Event-Key is no header"),
        ('{"headers": {}, "body_base64": "?"}', "line 2: its body can't be read"),
        ('{"headers": {"X-Event-Key": "repo:push"}}', "line 2: it is no delivery that was kept"),
    ],
)
async def test_a_damaged_file_is_told_of_before_anything_is_sent(
    bbasync: Any, kept: Path, serve: Serve, say: Any, line: str, told: str
) -> None:
    """With the number of its line."""
    server = await serve(say(200))
    spoil(kept, line)
    ran = await bbasync("hooks", "replay", str(kept), "--to-url", server.url)
    assert (ran.code, ran.err.count("\n"), server.heard) == (2, 1, [])
    assert told in ran.err


@pytest.mark.parametrize("command", ["replay", "verify"])
async def test_a_line_that_a_crash_has_cut_is_told_of_and_spoils_no_other(
    bbasync: Any, kept: Path, serve: Serve, say: Any, command: str
) -> None:
    """Wherever it is: a listener ends it, and goes on behind it."""
    server = await serve(say(200))
    options = {"replay": ("--to-url", server.url), "verify": ()}[command]
    for number in (3, 1):
        cut(kept, number)
        ran = await bbasync("hooks", command, str(kept), *options, **SIGNED)
        assert (ran.code, ran.out.count("\n")) == (0, 2 if number == 3 else 1)
        assert f"line {number}: it was cut off, and is left out" in ran.err


async def test_bytes_that_are_no_text_are_kept_and_sent_too(
    bbasync: Any, tmp_path: Path, serve: Serve, say: Any
) -> None:
    """In Base64, where a file was made so."""
    path, server = tmp_path / "kept.jsonl", await serve(say(200))
    headers = {"X-Event-Key": "repo:push", "X-Request-UUID": "one"}
    path.write_text(json.dumps({"headers": headers, "body_base64": "/w=="}))
    assert (await bbasync("hooks", "replay", str(path), "--to-url", server.url)).code == 0
    assert server.heard[0].body == b"\xff"


async def test_a_great_count_takes_no_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is to be sent is not listed before; the first that goes is enough to see it."""
    sent: list[Outgoing] = []

    async def send(_: Courier, one: Outgoing) -> Outcome:
        sent.append(one)
        raise KeyboardInterrupt

    monkeypatch.setattr(Courier, "send", send)
    (tmp_path / "body.json").write_bytes(b"{}")
    wanted = Wanted(
        file=str(tmp_path / "body.json"),
        to_url="http://127.0.0.1:9/",
        secret=Source(None, None),
        event="repo:push",
        delivery_id=None,
        new_id=False,
        count=10**15,
        timeout=1,
        pause=0,
    )
    with pytest.raises(KeyboardInterrupt):
        await start_replay(wanted)
    assert len(sent) == 1
    assert "without a signature" in capsys.readouterr().err


async def test_a_reader_that_has_left_ends_it_and_is_no_success(
    kept: Path, serve: Serve, say: Any
) -> None:
    """Since not all was sent."""
    server = await serve(say(200))
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "hooks", "replay", str(kept), "--to-url", server.url),
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
        env=environment({}),
    )
    os.close(writing)
    os.close(reading)
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert said == b"bbasync: whoever read stdout has left: ended, after 1 deliveries\n"
    assert len(server.heard) == 1
