"""`bbasync api` where something is wrong: one clear line, its exit code, and nothing on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bbasync.fake import FakeBitbucket

SITE = "/repositories/acme/site"
FAILURES = {
    "unknown path": (["GET", "/frobnicate/acme"], {}, 4, "Resource not found"),
    "typo": (["GET", f"{SITE}/watcher"], {}, 4, "did you mean /repositories/{workspace}/{repo_"),
    "no such thing": (["GET", "/repositories/acme/nowhere"], {}, 4, "no longer exists"),
    "removed": (["GET", f"{SITE}/issues/3"], {}, 4, "CHANGE-3401; Bitbucket has no issues any"),
    "wrong token": (["GET", SITE], {"BITBUCKET_API_TOKEN": "no"}, 3, "check the e-mail address"),
    "other method": (["DELETE", "/repositories/acme"], {}, 2, "this address takes GET"),
    "bad value": (["GET", "/repositories/acme", "-f", "pagelen=0"], {}, 2, "Invalid pagelen"),
    "bad address": (["GET", SITE], {"BITBUCKET_BASE_URL": "ftp://x"}, 2, "base_url must be"),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failure_is_one_clear_line_and_its_exit_code(
    bbasync: Any, credentials: dict[str, str], failure: str
) -> None:
    """What the service says, what was probably meant, and nothing on stdout."""
    arguments, variables, code, text = FAILURES[failure]
    ran = await bbasync("api", *arguments, **{**credentials, **variables})
    assert ran.code == code
    assert text in ran.err
    assert (ran.out, ran.err.count("\n")) == ("", 1)
    assert credentials["BITBUCKET_API_TOKEN"] not in ran.err


async def test_a_path_that_nobody_knows_is_sent_all_the_same(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket
) -> None:
    """The service may have more than is declared here."""
    await bbasync("api", "PUT", "/frobnicate/acme", **credentials)
    sent = service.requests[-1]
    assert (sent.method, sent.path) == ("PUT", "/2.0/frobnicate/acme")
    assert sent.headers["Content-Length"] == "0"


async def test_a_dead_service_is_one_line(bbasync: Any, unused_tcp_port: int) -> None:
    """It names the address and how often it was tried."""
    address = f"http://127.0.0.1:{unused_tcp_port}/2.0"
    ran = await bbasync("api", "GET", SITE, BITBUCKET_BASE_URL=address)
    assert (ran.code, ran.err.count("\n")) == (5, 1)
    assert "tried 4 times" in ran.err


async def test_a_message_cannot_steer_the_terminal(bbasync: Any, serve: Any, say: Any) -> None:
    """Control characters in what the service says are not passed on."""
    server = await serve(say(404, {"error": {"message": "gone \x1b[2J\x07\r\n\u202e now"}}))
    ran = await bbasync("api", "GET", SITE, BITBUCKET_BASE_URL=server.url)
    assert (ran.code, ran.err.count("\n")) == (4, 1)
    assert "gone \ufffd[2J\ufffd \ufffd now" in ran.err


MISTAKES = {
    "no method": (["FETCH", SITE], "FETCH is no method"),
    "dots": (["GET", "/repositories/acme/../../1.0/groups/acme"], "nothing was sent to it"),
    "encoded dots": (["GET", "/repositories/%2e%2e/acme"], "nothing was sent to it"),
    "elsewhere": (["GET", "https://example.com/2.0/user"], "nothing was sent to it"),
    "a blank": (["GET", "/repositories/{workspace}/site"], "write a name for {workspace}"),
    "half a parameter": (["GET", SITE, "-f", "pagelen"], "--query takes name=value"),
    "two orders": (["GET", SITE, "--sort", "a,b"], "sort takes one field"),
    "half a header": (["GET", SITE, "--header", "Accept"], "--header takes 'Name: value'"),
    "a credential": (["GET", SITE, "--header", "Authorization: x"], "can't set Authorization"),
    "body of a GET": (["GET", SITE, "--input", "-"], "GET takes no body"),
    "type of nothing": (["POST", SITE, "--content-type", "text/plain"], "give a file"),
    "no such file": (["POST", SITE, "--input", "/nowhere/x"], "/nowhere/x: No such file"),
    "not JSON": (["POST", SITE, "--input", __file__], "is not JSON"),
    "no boundary": (
        ["POST", SITE, "--input", __file__, "--content-type", "multipart/form-data"],
        "needs its boundary",
    ),
    "no directory": (["GET", SITE, "--output", "/nowhere/x"], "--output /nowhere/x: No such"),
    "walk of a PUT": (["PUT", SITE, "--paginate"], "use it with GET"),
    "headers of a walk": (["GET", SITE, "--paginate", "--include"], "--include"),
    "fields of no item": (["GET", SITE, "--paginate", "--fields", "name"], "values.name"),
    "fields twice": (["GET", f"{SITE}?fields=name", "--fields", "uuid"], "fields is given twice"),
    "a filter twice": (["GET", SITE, "-f", "q=a=1", "--q", "a=2"], "q is given twice"),
    "fields that end a walk": (
        ["GET", "/repositories/acme?pagelen=2&fields=values.name", "--paginate"],
        "give fields by --fields",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_found_before_anything_is_sent(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, mistake: str
) -> None:
    """One line that names it, exit code 2, and no request."""
    arguments, text = MISTAKES[mistake]
    ran = await bbasync("api", *arguments, **credentials)
    assert ran.code == 2
    assert text in ran.err
    assert (ran.out, ran.err.count("\n"), service.requests) == ("", 1, [])


@pytest.mark.parametrize("content", ['{"name": NaN}', "[" * 100_000])
async def test_what_is_no_json_is_found_before_anything_is_sent(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path, content: str
) -> None:
    """Neither is a number that JSON does not have, nor what is nested too deeply to be read."""
    (tmp_path / "body").write_text(content)
    ran = await bbasync("api", "PUT", SITE, "--input", str(tmp_path / "body"), **credentials)
    assert (ran.code, ran.out, ran.err.count("\n"), service.requests) == (2, "", 1, [])
    assert "is not JSON" in ran.err


async def test_walking_over_what_is_no_list_says_so(
    bbasync: Any, credentials: dict[str, str]
) -> None:
    """The option is named."""
    ran = await bbasync("api", "GET", SITE, "--paginate", **credentials)
    assert ran.code == 2
    assert "leave --paginate out" in ran.err
