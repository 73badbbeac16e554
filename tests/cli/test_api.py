"""`bbasync api`: any call from a shell, as a person and as a program meet it."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from bbasync import BasicAuth, Bitbucket
from bbasync.fake import FakeBitbucket
from tests.cli.terminal import typed_at

SITE = "/repositories/acme/site"


async def fetched(service: FakeBitbucket, address: str) -> bytes:
    """What the library gets."""
    auth = BasicAuth(service.email, service.api_token)
    async with Bitbucket(auth, base_url=service.url) as bb:
        return (await bb.request("GET", address)).body


@pytest.mark.parametrize("path", [SITE, SITE[1:], f"/2.0{SITE}", f"{SITE}?fields=name,uuid"])
async def test_an_answer_goes_to_stdout_as_it_came(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, path: str
) -> None:
    """A program reads the service's bytes, however the path is spelled, and nothing else."""
    ran = await bbasync("api", "get", path, **credentials)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.encode() == await fetched(service, path if path[0] == "/" else f"/{path}")


async def test_an_absolute_address_of_the_api_is_called_too(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket
) -> None:
    """Whatever stands in an answer as a link can be pasted."""
    ran = await bbasync("api", "GET", f"{service.url}{SITE}", **credentials)
    assert ran.out.encode() == await fetched(service, SITE)


async def test_json_is_indented_at_a_terminal(credentials: dict[str, str]) -> None:
    """A person reads it line by line; its value is the same."""
    ran = await typed_at([], "api", "GET", SITE, "--fields", "name,links.self", **credentials)
    assert ran.code == 0
    assert json.loads(ran.out)["name"] == "site"
    assert '\n  "name": "site"' in ran.out


async def test_what_limits_an_answer_is_sent(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket
) -> None:
    """Fields, filter, order and any other parameter are in the query, each encoded."""
    given = ["--fields", "values.slug", "--q", 'name ~ "a"', "--sort", "-name", "-f", "pagelen=3"]
    ran = await bbasync("api", "GET", "/repositories/acme", *given, **credentials)
    slugs = [one["slug"] for one in json.loads(ran.out)["values"]]
    assert slugs == sorted(slugs, reverse=True)
    assert len(slugs) == 3
    assert service.requests[-1].query.startswith("pagelen=3&q=name%20~%20%22a%22&sort=-name&")


@pytest.mark.parametrize("from_file", [True, False], ids=["a file", "stdin"])
async def test_a_body_is_sent_as_it_is_given(
    start: Any,
    credentials: dict[str, str],
    service: FakeBitbucket,
    tmp_path: Path,
    from_file: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A file or standard input is sent byte by byte, as JSON, and what comes back is shown."""
    body = b'{ "description": "\xc3\xa4 new one" }\n'
    (tmp_path / "body.json").write_bytes(body)
    name = str(tmp_path / "body.json") if from_file else "-"
    process = await start("api", "PUT", SITE, "--input", name, **credentials)
    out, err = await process.communicate(b"" if from_file else body)
    assert (process.returncode, err) == (0, b"")
    assert json.loads(out)["description"] == "ä new one"
    assert service.requests[-1].body == body
    assert service.requests[-1].headers["Content-Type"] == "application/json"


async def test_a_body_that_is_not_json_is_sent_with_its_type_and_length(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path
) -> None:
    """A form, whose answer is a list like any other."""
    form = tmp_path / "form"
    form.write_text("include=main")
    kind = "application/x-www-form-urlencoded"
    given = ["--input", str(form), "--content-type", kind]
    ran = await bbasync("api", "POST", f"{SITE}/commits", *given, **credentials)
    assert json.loads(ran.out)["values"]
    sent = service.requests[-1]
    assert (sent.headers["Content-Type"], sent.headers["Content-Length"]) == (kind, "12")


@pytest.mark.parametrize("path", ["/repositories/acme", f"{SITE}/refs/tags", f"{SITE}/commits"])
async def test_a_walk_writes_an_item_a_line(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, path: str
) -> None:
    """Numbered pages, opaque cursors and contexts are walked to the end; items are as they came."""
    ran = await bbasync("api", "GET", path, "--paginate", "-f", "pagelen=1", **credentials)
    assert (ran.code, ran.err) == (0, "")
    whole = json.loads(await fetched(service, f"{path}?pagelen=100"))["values"]
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert len(lines) > 1
    assert lines == whole
    assert [list(one) for one in lines] == [list(one) for one in whole]


async def test_a_walk_asks_for_the_largest_pages(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket
) -> None:
    """Twenty repositories are one request, and what the walk needs is kept in partial answers."""
    given = ["--paginate", "--fields", "values.slug"]
    ran = await bbasync("api", "GET", "/repositories/acme", *given, **credentials)
    assert len(ran.out.splitlines()) == 20
    [request] = service.requests
    assert "pagelen=100" in request.query
    assert "next" in request.query


async def test_ctrl_c_in_the_middle_of_a_walk_leaves_whole_lines(
    start: Any, serve: Any, say: Any, raw: Any
) -> None:
    """What was written can be used, and how much that is stands on stderr."""
    server = await serve(
        say(data={"values": [{"n": 1}, {"n": 2}], "next": "/2.0/things?page=2"}), raw(end="hold")
    )
    process = await start("api", "GET", "/things", "--paginate", BITBUCKET_BASE_URL=server.url)
    lines = [await process.stdout.readline() for _ in range(2)]
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert [json.loads(line) for line in lines] == [{"n": 1}, {"n": 2}]
    assert out == b""
    assert process.returncode == 130
    assert "2 items were written" in err.decode()
    assert "Traceback" not in err.decode()


async def test_an_error_on_a_later_page_is_not_the_end(bbasync: Any, serve: Any, say: Any) -> None:
    """The items before it are there, and the exit code says that they are not all."""
    server = await serve(
        say(data={"values": [{"n": 1}], "next": "/2.0/things?page=2"}),
        say(403, {"error": {"message": "Not this page"}}),
    )
    ran = await bbasync("api", "GET", "/things", "--paginate", BITBUCKET_BASE_URL=server.url)
    assert ran.out == '{"n":1}\n'
    assert ran.code == 3
    assert "1 item was written" in ran.err
    assert "Not this page" in ran.err


async def test_a_page_elsewhere_is_not_the_path_s_fault(bbasync: Any, serve: Any, say: Any) -> None:
    """A ``next`` that leaves the API is refused, and counts as the service's failure."""
    server = await serve(
        say(data={"values": [{}], "next": "https://example.com/2.0/things?page=2"})
    )
    ran = await bbasync("api", "GET", "/things", "--paginate", BITBUCKET_BASE_URL=server.url)
    assert ran.code == 5
    assert "example.com" in ran.err


async def test_status_and_headers_are_shown_beside_the_answer(
    bbasync: Any, credentials: dict[str, str]
) -> None:
    """They stand on stderr, so that stdout is still the answer alone."""
    ran = await bbasync("api", "GET", SITE, "--include", **credentials)
    assert json.loads(ran.out)["slug"] == "site"
    assert ran.err.startswith("HTTP 200\n")
    assert "\nX-Credential-Type: api_token\n" in ran.err
    assert credentials["BITBUCKET_API_TOKEN"] not in ran.err


async def test_a_header_is_sent(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket
) -> None:
    """What the library has no parameter for can be said."""
    await bbasync("api", "GET", SITE, "--header", "If-None-Match: abc", **credentials)
    assert service.requests[-1].headers["If-None-Match"] == "abc"


def _files(directory: Path) -> dict[str, str]:
    return {one.name: one.read_text() for one in directory.iterdir()}


BYTES = b"\x89PNG\r\n\x1a\n\0\xff"


async def test_bytes_reach_a_pipe_and_a_file_but_no_terminal(
    start: Any, serve: Any, say: Any, tmp_path: Path
) -> None:
    """A pipe gets them as they came, a file too; a terminal is told what to do instead."""
    server = await serve(say(body=BYTES, headers={"Content-Type": "image/png"}))
    call = ("api", "GET", "/image")
    process = await start(*call, BITBUCKET_BASE_URL=server.url)
    assert await process.communicate() == (BYTES, b"")
    process = await start(*call, "--output", str(tmp_path / "a.png"), BITBUCKET_BASE_URL=server.url)
    assert await process.communicate() == (b"", b"")
    assert (tmp_path / "a.png").read_bytes() == BYTES
    ran = await typed_at([], *call, BITBUCKET_BASE_URL=server.url)
    assert ran.code == 2
    assert "--output FILE" in ran.out
    assert "PNG" not in ran.out


async def test_a_call_that_fails_leaves_the_file_as_it_was(
    bbasync: Any, credentials: dict[str, str], tmp_path: Path
) -> None:
    """A file is replaced by a whole answer or not at all, and nothing lies about."""
    (tmp_path / "kept").write_text("before")
    call = ("api", "GET", "/repositories/acme/nowhere", "--output", str(tmp_path / "kept"))
    ran = await bbasync(*call, **credentials)
    assert ran.code == 4
    assert _files(tmp_path) == {"kept": "before"}


async def test_a_walk_that_fails_keeps_its_whole_lines(
    bbasync: Any, serve: Any, say: Any, tmp_path: Path
) -> None:
    """A file has what came before the error; without a line, it stays as it was."""
    kept = tmp_path / "kept"
    kept.write_text("before")
    first = {"values": [{"n": 1}], "next": "/2.0/things?page=2"}
    call = ("api", "GET", "/things", "--paginate", "--output", str(kept))
    server = await serve(say(404), say(data=first), say(403, {}))
    for code, text in ((4, "before"), (3, '{"n":1}\n')):
        ran = await bbasync(*call, BITBUCKET_BASE_URL=server.url)
        assert (ran.code, ran.out) == (code, "")
        assert _files(tmp_path) == {"kept": text}


async def test_without_a_credential_the_call_is_anonymous(
    bbasync: Any, service: FakeBitbucket
) -> None:
    """Public things can be read; where that is not enough, it says what to set."""
    service.store.workspaces["acme"].repositories["site"].is_private = False
    ran = await bbasync("api", "GET", SITE, BITBUCKET_BASE_URL=service.url)
    assert (ran.code, ran.err) == (0, "")
    ran = await bbasync("api", "GET", "/user", BITBUCKET_BASE_URL=service.url)
    assert ran.code == 3
    assert "no credential was sent: set BITBUCKET_EMAIL" in ran.err


async def test_the_demo_answers_without_a_service(bbasync: Any) -> None:
    """Any call can be tried offline."""
    ran = await bbasync("api", "GET", "/workspaces/acme", "--demo")
    assert json.loads(ran.out)["slug"] == "acme"


async def test_output_takes_a_device(bbasync: Any, credentials: dict[str, str]) -> None:
    """What has a name but is no file is written to, and not replaced."""
    ran = await bbasync("api", "GET", SITE, "--output", "/dev/stdout", **credentials)
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["name"] == "site"


async def test_an_address_of_a_later_page_is_walked_on(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket
) -> None:
    """The fields of a walk stand in the address of its next page, with all that it needs."""
    where = "/repositories/acme?pagelen=15&page=2&fields=values.name,next,size,page,pagelen"
    ran = await bbasync("api", "GET", where, "--paginate", **credentials)
    assert (ran.code, ran.out.count("\n"), len(service.requests)) == (0, 5, 1)
