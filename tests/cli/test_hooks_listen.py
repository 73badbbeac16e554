"""`bbasync hooks listen`: real deliveries, over real sockets, to a process of its own."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import stat
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession

from bbasync.cli.hooks_kept import kept_of, opened
from bbasync.webhooks.sending import Courier
from tests.cli.hook_places import PUSH, SECRET, SIGNED, lines_of, listening, made
from tests.cli.terminal import typed_at

HEAD: Final = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"


async def test_a_delivery_is_a_line() -> None:
    """When, what, where, who, and what was pushed; all else is on stderr."""
    async with listening(**SIGNED) as listener:
        (outcome,) = await listener.sent(made())
        line = await listener.line()
        ran = await listener.ended()
    assert outcome.status == 202
    assert re.fullmatch(
        r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ  repo:push  acme/site  Ada  main: 1 commit\n", line
    )
    assert (ran.code, ran.out) == (130, "")
    assert "1 accepted" in ran.err
    assert "http://127.0.0.1:" in listener.said


async def test_sigterm_ends_it_as_ctrl_c_does() -> None:
    """With the code of an interruption."""
    async with listening(**SIGNED) as listener:
        ran = await listener.ended(signal.SIGTERM)
    assert ran.code == 130
    assert "none" in ran.err


async def test_what_is_forged_is_refused_and_not_shown(tmp_path: Path) -> None:
    """Without a signature or with another's, and nothing of it is kept."""
    kept = tmp_path / "kept.jsonl"
    async with listening("--to", str(kept), **SIGNED) as listener:
        outcomes = await listener.sent(made(secret=None), made(secret="another"), made())
        line = await listener.line()
        ran = await listener.ended()
    assert [one.status for one in outcomes] == [401, 401, 202]
    assert "main" in line
    assert ran.out == ""
    assert "2 refused" in ran.err
    assert SECRET not in ran.err + listener.said
    assert len(lines_of(kept)) == 1


async def test_unsigned_takes_what_anybody_sends() -> None:
    """It says so, and a JSON line tells that nothing was checked."""
    async with listening("--unsigned", "--json", **SIGNED) as listener:
        (outcome,) = await listener.sent(made(secret=None))
        line = json.loads(await listener.line())
        await listener.ended()
    assert outcome.ok
    assert line["signed"] is False
    assert "anybody" in listener.said


async def test_json_is_the_whole_delivery() -> None:
    """A line each, with what the headers say and the payload as it came."""
    sent = made({**PUSH, "huge": 2**70, "word": "Zo\u00eb"})
    async with listening("--json", **SIGNED) as listener:
        await listener.sent(sent)
        line = json.loads(await listener.line())
        await listener.ended()
    assert (line["key"], line["id"], line["hook_uuid"]) == ("repo:push", sent.id, "1e8c2b3c")
    assert (line["attempt"], line["signed"]) == (1, True)
    assert line["payload"] == json.loads(sent.body)


async def test_what_comes_twice_is_shown_and_kept_once(tmp_path: Path) -> None:
    """And the second is answered as taken."""
    kept, sent = tmp_path / "kept.jsonl", made()
    async with listening("--to", str(kept), **SIGNED) as listener:
        outcomes = await listener.sent(sent, sent)
        ran = await listener.ended()
    assert [one.status for one in outcomes] == [202, 200]
    assert ran.out.count("\n") == len(lines_of(kept)) == 1
    assert "1 that came again" in ran.err


async def test_only_the_events_that_are_asked_for_are_shown() -> None:
    """Others are taken, so that the service does not send them again."""
    async with listening("--event", "pullrequest:*", "--event", "repo:fork", **SIGNED) as listener:
        keys = ("repo:push", "repo:fork", "pullrequest:approved", "issue:created")
        outcomes = await listener.sent(*(made({}, key) for key in keys))
        ran = await listener.ended()
    assert all(one.ok for one in outcomes)
    assert [line.split()[1] for line in ran.out.splitlines()] == [
        "repo:fork",
        "pullrequest:approved",
    ]


async def test_a_key_that_is_not_known_is_taken_and_told_of() -> None:
    """The service has new ones now and then; a typing error is seen."""
    async with listening("--event", "repo:psuh", "--event", "new:kind", **SIGNED) as listener:
        await listener.sent(made({}, "repo:psuh"), made({}, "new:kind"), made({}))
        ran = await listener.ended()
    assert listener.said.count("no such key is known here") == 2
    assert [line.split()[1] for line in ran.out.splitlines()] == ["repo:psuh", "new:kind"]


async def test_bodies_and_headers_are_kept_as_they_came(tmp_path: Path) -> None:
    """Byte for byte, behind what an earlier run has kept, and no credential with them."""
    kept = tmp_path / "kept.jsonl"
    odd = json.dumps(PUSH, indent=3).encode() + b"\r\n"
    for _ in range(2):
        async with listening("--to", str(kept), **SIGNED) as listener:
            await listener.sent(made(odd))
            await listener.ended()
    first, second = lines_of(kept)
    assert first["body"].encode() == second["body"].encode() == odd
    assert first["headers"]["X-Hub-Signature"] == made(odd).signature
    assert set(first["headers"]) == {
        *("Content-Type", "User-Agent", "X-Event-Key", "X-Hook-UUID", "X-Request-UUID"),
        *("X-Attempt-Number", "X-Hub-Signature"),
    }


async def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    """A body with its signature is as good as new; a file that is there stays as it is."""
    kept, other = tmp_path / "kept.jsonl", tmp_path / "other.jsonl"
    other.touch(0o640)
    mode = other.stat().st_mode
    for one in (kept, other):
        opened(str(one)).close()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert other.stat().st_mode == mode


async def test_a_header_that_can_not_be_sent_again_spoils_no_file(
    tmp_path: Path, bbasync: Any
) -> None:
    """Anybody may send one to a listener that takes what is not signed."""
    kept = tmp_path / "kept.jsonl"
    async with listening("--unsigned", "--to", str(kept)) as listener, ClientSession() as session:
        for odd in ("a\tb", "x" * 2000, "\xe9"):
            headers = {**made(secret=None).headers(1), "Content-Type": odd}
            async with session.post(listener.url, data=b"{}", headers=headers) as answer:
                assert answer.status == 202
        await listener.ended()
    ran = await bbasync("hooks", "verify", str(kept), **SIGNED)
    assert (ran.code, ran.out.count("not valid: it is empty")) == (3, 3)


def test_credentials_are_not_kept() -> None:
    """Connect's hooks carry a token; names are found in any case, and kept as they are known."""
    headers = {"authorization": "JWT x", "Cookie": "y", "x-event-key": "repo:push"}
    assert kept_of(headers, b"").headers == {"X-Event-Key": "repo:push"}


async def test_a_line_that_a_crash_has_cut_spoils_no_other(tmp_path: Path) -> None:
    """What comes next begins a line of its own."""
    kept = tmp_path / "kept.jsonl"
    kept.write_text('{"at": "x", "headers": {}, "body": ""}\n{"at": "2026')
    async with listening("--to", str(kept), **SIGNED) as listener:
        await listener.sent(made())
        await listener.ended()
    assert json.loads(kept.read_text().splitlines()[-1])["body"]


async def test_nothing_in_a_payload_steers_the_terminal() -> None:
    """Names and titles are on one line, without escapes; brackets are no markup."""
    title = "[red]x[/red]\x1b[2J\nsecond"
    pull = {"type": "pullrequest", "id": 7, "title": title}
    event = {**PUSH, "actor": {"display_name": "A\x1bda"}, "pullrequest": pull}
    async with listening(**SIGNED) as listener:
        await listener.sent(made(event, "pullrequest:created"))
        line = await listener.line()
        await listener.ended()
    assert "[red]x[/red]\ufffd[2J second" in line
    assert "\x1b" not in line


async def test_json_has_what_would_steer_the_terminal_escaped() -> None:
    """Also what JSON need not escape; a program reads the same."""
    title = "\x1b[2J\x9b2J\x7f\u202egpj.\u2066 \N{SNOWMAN}"
    async with listening("--json", **SIGNED) as listener:
        await listener.sent(made({"title": title}))
        line = await listener.line()
        await listener.ended()
    assert json.loads(line)["payload"]["title"] == title
    assert all(one.isprintable() for one in line.removesuffix("\n"))
    assert "\N{SNOWMAN}" in line


async def test_a_payload_that_is_not_as_documented_is_a_line_too() -> None:
    """What can't be read of it is said in its place."""
    event = {"actor": 5, "repository": {"full_name": "acme/site"}, "push": {"changes": "none"}}
    async with listening(**SIGNED) as listener:
        await listener.sent(made(event))
        line = await listener.line()
        await listener.ended()
    assert line.count("(not as documented)") == 2
    assert "acme/site" in line


async def test_a_reader_that_has_left_ends_it(tmp_path: Path) -> None:
    """As with ``| head -1``: it ends well, and what came is kept."""
    kept = tmp_path / "kept.jsonl"
    async with listening("--to", str(kept), **SIGNED) as listener:
        listener.process.leave()
        (outcome,) = await listener.sent(made())
        ran = await listener.ended(None)
    assert outcome.ok
    assert ran.code == 0
    assert len(lines_of(kept)) == 1


async def test_a_full_disk_ends_it_and_names_what_is_lost() -> None:
    """One line has the delivery's id, another the file."""
    sent = made()
    async with listening("--to", "/dev/full", **SIGNED) as listener:
        await listener.sent(sent)
        ran = await listener.ended(None)
    assert ran.code == 1
    assert f"not kept: repo:push {sent.id}" in ran.err
    assert "/dev/full: No space left on device" in ran.err


async def test_deliveries_are_passed_on_as_they_came(tmp_path: Path) -> None:
    """With their signature, which the other side can check; one that it refuses is told of."""
    kept = tmp_path / "there.jsonl"
    async with (
        listening("--to", str(kept), **SIGNED) as there,
        listening("--forward", there.url, **SIGNED) as here,
    ):
        sent = made(json.dumps(PUSH, indent=1).encode())
        await here.sent(sent)
        await there.line()
        assert (await there.ended()).code == 130
        await here.sent(made())
        ran = await here.ended()
    (line,) = lines_of(kept)
    assert (line["body"].encode(), line["headers"]["X-Request-UUID"]) == (sent.body, sent.id)
    assert ran.out.count("\n") == 2
    assert "not passed on: repo:push" in ran.err
    assert "1 of them not passed on" in ran.err


async def test_ctrl_c_lets_what_was_accepted_be_passed_on() -> None:
    """What is on its way when it is interrupted arrives."""
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(slow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, listening("--forward", f"http://127.0.0.1:{port}", **SIGNED) as listener:
        await listener.sent(made())
        await asyncio.wait_for(asked.wait(), 30)
        listener.process.send_signal(signal.SIGINT)
        assert listener.process.stderr is not None
        told = await asyncio.wait_for(listener.process.stderr.readline(), 30)
        answer.set()
        ran = await listener.ended(None)
    assert b"waiting for 1 that" in told
    assert (ran.code, "not passed on" in ran.err) == (130, False)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("head", [b"", HEAD], ids=["idle", "asked"])
async def test_what_can_not_be_passed_on_is_kept_and_told_of(
    tmp_path: Path, head: bytes, by: signal.Signals
) -> None:
    """All that was accepted, though more than are passed on at a time; a second signal ends it.

    It does also while the server waits for the rest of a request.
    """
    kept = tmp_path / "kept.jsonl"

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    there = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    options = ("--to", str(kept), "--forward", there)
    async with server, listening(*options, **SIGNED) as listener:
        await listener.sent(*(made() for _ in range(20)))
        for _ in range(20):
            assert "repo:push" in await listener.line()
        assert len(lines_of(kept)) == 20
        port = int(listener.url.split(":")[2].strip("/"))
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        async with ClientSession() as session, session.get(listener.url) as answer:
            assert answer.status == 405  # and what was sent before it has come too
        listener.process.send_signal(by)
        assert listener.process.stderr is not None
        told = await asyncio.wait_for(listener.process.stderr.readline(), 30)
        assert b"waiting for 20 that" in told
        ran = await listener.ended(by)
        writer.close()
    assert ran.code == 130
    assert "20 accepted, 20 of them not passed on" in ran.err
    assert "not passed on: repo:push" not in ran.err  # nobody waited until they failed


async def test_paths_other_than_its_own_are_not_there() -> None:
    """The address has the path that was asked for."""
    async with listening("--path", "/in/hooks", **SIGNED) as listener:
        assert listener.url.endswith("/in/hooks")
        async with Courier(listener.url.replace("/in/hooks", "/"), pause=0) as courier:
            other = await courier.send(made())
        (outcome,) = await listener.sent(made())
        await listener.ended()
    assert (other.status, outcome.status) == (404, 202)


async def test_a_delivery_to_another_path_is_told_of_and_counted() -> None:
    """Each path once, since a typing error in the webhook's address looks like silence."""
    async with listening("--path", "/in/hooks", **SIGNED) as listener:
        for other in ("/in/hook", "/in/hook?token=between-us", "/in/%1B%5B2J", f"/{'x' * 999}"):
            async with Courier(listener.url.replace("/in/hooks", other)) as courier:
                assert (await courier.send(made())).status == 404
        async with ClientSession() as session, session.get(listener.url + "/favicon") as answer:
            assert answer.status == 404
        await listener.sent(made())
        ran = await listener.ended()
    told = [line for line in ran.err.splitlines() if "answered 404" in line]
    assert len(told) == 3
    assert "a delivery came to /in/hook, and was answered 404: it is /in/hooks that" in told[0]
    assert "between-us" not in ran.err
    assert "\x1b" not in ran.err
    assert max(map(len, told)) < 400
    assert "favicon" not in ran.err
    assert "deliveries: 1 accepted, 4 to other paths" in ran.err


async def test_other_paths_are_named_up_to_a_number() -> None:
    """They are anybody's words; all are counted."""
    async with listening("--path", "/in/hooks", **SIGNED) as listener:
        for number in range(14):
            async with Courier(listener.url.replace("/in/hooks", f"/{number}")) as courier:
                await courier.send(made())
        ran = await listener.ended()
    assert ran.err.count("answered 404") == 10
    assert ran.err.count("more other paths") == 1
    assert "deliveries: 14 to other paths" in ran.err


async def test_what_is_forged_takes_no_delivery_s_place(tmp_path: Path) -> None:
    """One with the same id that comes later is kept with its own body."""
    kept, real = tmp_path / "kept.jsonl", made(id="x")
    async with listening("--to", str(kept), **SIGNED) as listener:
        outcomes = await listener.sent(made(b'{"forged":1}', secret="another", id="x"), real)
        ran = await listener.ended()
    assert [one.status for one in outcomes] == [401, 202]
    assert [line["body"].encode() for line in lines_of(kept)] == [real.body]
    assert "acme/site" in ran.out


async def test_a_port_that_is_taken_is_one_line(bbasync: Any) -> None:
    """The error names it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = await bbasync("hooks", "listen", "--port", port, **SIGNED)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert f"port {port}, can't be listened at: Address already in use" in ran.err


async def test_it_warns_where_other_machines_can_reach_it() -> None:
    """And does not, where only this one can."""
    async with listening("--host", "0.0.0.0", **SIGNED) as listener:
        await listener.ended()
        assert "other machines" in listener.said
    async with listening(**SIGNED) as listener:
        await listener.ended()
        assert "other machines" not in listener.said


async def test_noise_at_the_port_is_no_traceback() -> None:
    """What is no HTTP, and TLS that somebody tries, changes nothing."""
    async with listening(**SIGNED) as listener:
        port = int(listener.url.split(":")[2].strip("/"))
        for noise in (b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n"):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(noise)
            writer.write_eof()
            writer.close()
        (outcome,) = await listener.sent(made())
        ran = await listener.ended()
    assert outcome.ok
    assert ran.out.count("\n") == 1


async def test_at_a_terminal_the_secret_is_asked_for() -> None:
    """It is not shown; an empty one begins nothing."""
    ran = await typed_at([("(not shown): ", "\n")], "hooks", "listen")
    assert ran.code == 2
    assert "no secret was entered" in ran.out
    typing = [("(not shown): ", f"{SECRET}\n"), ("Ctrl-C ends it", "\x03")]
    ran = await typed_at(typing, "hooks", "listen")
    assert ran.code == 130
    assert SECRET not in ran.out


@pytest.mark.parametrize(
    "typed", ["--secret-env SOME", "--secret-file secret", "--secret-file marked"]
)
async def test_the_secret_comes_from_where_it_is_said(typed: str, tmp_path: Path) -> None:
    """A newline at a file's end is no part of it, nor is the mark that editors put in front."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "marked").write_text(f"{SECRET}\n", "utf-8-sig")
    option, name = typed.split()
    options = (option, name if name == "SOME" else str(tmp_path / name))
    async with listening(*options, SOME=SECRET, BITBUCKET_WEBHOOK_SECRET="other") as listener:
        (outcome,) = await listener.sent(made())
        await listener.ended()
    assert outcome.ok
