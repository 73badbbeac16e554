"""`bbasync crawl` where something is wrong: one clear line, its exit code, and nothing lost."""

from __future__ import annotations

import json
import resource
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bbasync.fake import FakeBitbucket, Fault
from tests.cli.crawl_files import LISTS, lines, names, resuming


async def test_a_list_that_is_missed_is_told_and_read_another_time(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path
) -> None:
    """The first ten have a line each; where the reason may have passed, a resume reads them."""
    to = tmp_path / "out.sqlite"
    rule = "/repositories/acme/*/pullrequests"
    service.faults.add(rule, Fault.status(500), times=None)
    command = ("crawl", "--read", "pullrequests", "--to", str(to))
    ran = await bbasync(*command, **credentials)
    assert ran.code == 1
    said = ran.err.splitlines()
    assert said[0].startswith("bbasync: complete: ")
    told = [line for line in said if line.startswith("bbasync: missed pullrequests of acme/")]
    assert len(told) == 10
    assert "bbasync: missed 10 more lists" in said
    refused = await bbasync(*command, **credentials)
    assert refused.code == 2
    assert "lists that were missed" in refused.err
    service.faults.clear()
    ran = await bbasync(*resuming(ran.err), **credentials)
    assert ran.code == 0, ran.err
    assert names(tmp_path) == ["out.sqlite"]
    with closing(sqlite3.connect(to)) as database:
        assert database.execute("SELECT count(*) FROM missed").fetchone() == (0,)


async def test_what_is_there_already_is_kept_unless_told_otherwise(
    bbasync: Any, credentials: dict[str, str], tmp_path: Path
) -> None:
    """Neither a complete file nor an incomplete one is lost by a command that forgot about it."""
    to = tmp_path / "out.jsonl"
    command = ("crawl", "acme", "--read", "tags", "--to", str(to))
    assert (await bbasync(*command, **credentials)).code == 0
    whole = to.read_bytes()
    cases = {(): "--overwrite replaces it", ("--resume",): "nothing to resume"}
    for options, said in cases.items():
        ran = await bbasync(*command, *options, **credentials)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert said in ran.err
    ran = await bbasync(*command, "--overwrite", "--max-requests", "3", **credentials)
    assert ran.code == 1
    assert to.read_bytes() == whole
    ran = await bbasync(*command, **credentials)
    assert ran.code == 2
    assert resuming(ran.err)[:3] == ["crawl", "--resume", "acme"]
    other = ("crawl", "acme", "--read", "branches", "--to", str(to), "--resume")
    ran = await bbasync(*other, **credentials)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "checkpoint of another plan" in ran.err
    assert "go on with" not in ran.err
    (tmp_path / "kept").mkdir()
    (tmp_path / "out.jsonl.crawl").rename(tmp_path / "kept" / "acme.crawl")
    ran = await bbasync(*command, "--resume", **credentials)
    assert ran.code == 2
    assert "whose checkpoint is not at" in ran.err
    elsewhere = ("--checkpoint", f"{tmp_path}/kept/acme.crawl", "--resume")
    ran = await bbasync(*command[:-1], f"{tmp_path}/other.jsonl", *elsewhere, **credentials)
    assert ran.code == 2
    assert "is of a crawl that writes to" in ran.err
    assert (await bbasync(*command, *elsewhere, **credentials)).code == 0
    assert sorted(whole.splitlines()) == sorted(to.read_bytes().splitlines())


@pytest.mark.parametrize("end", ["out.jsonl", "out.sqlite", "out/"])
async def test_what_was_found_before_is_kept_where_now_nothing_is(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path, end: str
) -> None:
    """--overwrite with a mistyped name, or while the service is ill, destroys nothing."""
    to = tmp_path / end
    command = ("--to", f"{tmp_path}/{end}", "--overwrite")
    assert (await bbasync("crawl", "acme", *command, **credentials)).code == 0
    before, about = _bytes(to), names(tmp_path)
    ran = await bbasync("crawl", "acm", *command, **credentials)
    assert (ran.code, _bytes(to), names(tmp_path)) == (4, before, about)
    assert ran.err.startswith(f"bbasync: complete: nothing found, {tmp_path}/{end} is as it was; ")
    assert "missed repositories of acm" in ran.err
    service.faults.add("/repositories/acme", Fault.status(403), times=None)
    ran = await bbasync("crawl", "acme", *command, "--json", **credentials)
    told = json.loads(ran.out)
    assert (ran.code, told["to"], told["resume"], told["missed"]) == (3, None, None, 1)
    assert (_bytes(to), names(tmp_path)) == (before, about)


async def test_an_empty_result_that_is_right_replaces_what_was_there(
    bbasync: Any, credentials: dict[str, str], tmp_path: Path
) -> None:
    """Nothing was missed: there is no such repository any more."""
    to = tmp_path / "out.jsonl"
    command = ("crawl", "acme", "--to", str(to))
    assert (await bbasync(*command, **credentials)).code == 0
    ran = await bbasync(*command, "--overwrite", "--q", 'name = "nothing"', **credentials)
    assert (ran.code, to.read_bytes()) == (0, b"")


async def test_a_plan_names_the_workspaces_that_it_is_without(
    bbasync: Any, credentials: dict[str, str]
) -> None:
    """The others are estimated, and the exit code says that something is missing."""
    ran = await bbasync("crawl", "acme", "nowhere", "--plan", "--json", **credentials)
    told = json.loads(ran.out)
    assert (ran.code, told["repositories"], told["missed"]) == (1, 20, ["nowhere"])
    assert ran.err.startswith("bbasync: missed repositories of nowhere: 404 ")
    assert ran.err.count("\n") == 1


def _bytes(place: Path) -> dict[str, bytes]:
    """What is in a file, or in the files of a directory."""
    files = place.iterdir() if place.is_dir() else [place]
    return {one.name: one.read_bytes() for one in files}


MISTAKES = {
    "unknown list": (["--read", "pulrequests"], {}, 2, "did you mean pullrequests?"),
    "far from any list": (["--read", "x"], {}, 2, "it has branches, commits, downloads"),
    "not an option": (["--read", "commits:stat=x"], {}, 2, "commits() takes no 'stat'"),
    "no option": (["--read", "pullrequests:OPEN"], {}, 2, "OPTION=VALUE instead of 'OPEN'"),
    "a list of a number": (["--read", "tags:pagelen=x"], {}, 2, "pagelen: takes a whole number"),
    "one page": (["--read", "tags:page=2"], {}, 2, "a crawl reads whole lists"),
    "a list twice": (["--read", "tags", "--read", "tags"], {}, 2, "as in more=tags"),
    "bad since": (["--since", "yesterday"], {}, 2, "write a date as 2026-11-01"),
    "since the future": (["--since", "3026-11-01"], {}, 2, "still to come"),
    "since long ago": (["--since", "999999 weeks"], {}, 2, "write a date as"),
    "bad q": (["--q", "nonsense ~~ 3"], {}, 2, "missed repositories of acme"),
    "bad q for a plan": (["--plan", "--q", "nonsense ~~ 3"], {}, 2, "Expected a value"),
    "empty q": (["--q", " "], {}, 2, "--q: q: a filter is text"),
    "what kind of file": (["--to", "out.txt"], {}, 2, "its end tells what to write"),
    "no such directory": (["--to", "nowhere/out.jsonl"], {}, 2, "there is no directory nowhere"),
    "one file for both": (
        ["--to", "x.jsonl", "--checkpoint", "./x.jsonl"],
        {},
        2,
        "--to writes there",
    ),
    "two ways": (["--resume", "--overwrite"], {}, 2, "one of --resume and --overwrite"),
    "resume what": (["--resume"], {}, 2, "name it with --to"),
    "the demo again": (["--demo", "--resume", "--to", "a.db"], {}, 2, "can't be resumed"),
    "two on stdout": (["--json"], {}, 2, "name a file with --to"),
    "a repository": (["acme/site"], {}, 2, "'acme/site' is no workspace"),
    "unknown workspace": (["nowhere"], {}, 4, "No workspace with identifier 'nowhere'"),
    "unknown, planned": (["nowhere", "--plan"], {}, 4, "No workspace with identifier"),
    "several unknown, planned": (
        ["nowhere", "nothing", "--plan"],
        {},
        4,
        "repositories of nothing",
    ),
    "wrong token": ([], {"BITBUCKET_API_TOKEN": "wrong"}, 3, "check the e-mail address"),
    "not one request": (["--max-requests", "0"], {}, 2, "greater than or equal to 1"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_clear_and_has_its_exit_code(
    bbasync: Any, credentials: dict[str, str], mistake: str
) -> None:
    """No traceback, nothing but that on stdout, and the text names what is wrong."""
    arguments, variables, code, text = MISTAKES[mistake]
    given = [] if any(one in {"nowhere", "acme/site"} for one in arguments) else ["acme"]
    ran = await bbasync("crawl", *given, *arguments, **{**credentials, **variables})
    assert ran.code == code, ran.err
    assert text in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert all("error" in json.loads(line) for line in ran.out.splitlines())
    assert credentials["BITBUCKET_API_TOKEN"] not in ran.err


async def test_what_failed_before_it_found_anything_leaves_nothing(
    bbasync: Any, credentials: dict[str, str], unused_tcp_port: int, tmp_path: Path
) -> None:
    """The right command can be given at once, without a word about what is left of the wrong."""
    command = ("crawl", "--to", f"{tmp_path}/out.jsonl")
    ran = await bbasync(*command, "acm", "--q", "nonsense", **credentials)
    assert (ran.code, names(tmp_path)) == (4, [])
    wrong = {**credentials, "BITBUCKET_API_TOKEN": "wrong"}
    dead = {**credentials, "BITBUCKET_BASE_URL": f"http://127.0.0.1:{unused_tcp_port}/2.0"}
    for variables, code, said in ((wrong, 3, "check the e-mail"), (dead, 5, "tried 4 times")):
        ran = await bbasync(*command, **variables)
        assert (ran.code, ran.err.count("\n")) == (code, 1)
        assert said in ran.err
        assert names(tmp_path) == []
    assert (await bbasync(*command, **credentials)).code == 0


async def test_a_service_that_is_gone_half_way_is_one_error_with_the_way_to_go_on(
    bbasync: Any, credentials: dict[str, str], service: FakeBitbucket, tmp_path: Path
) -> None:
    """A token that is refused from some request on, too: what was found before is saved."""
    to = tmp_path / "out.jsonl"
    service.faults.add("/repositories/*/commits", Fault.status(401), times=None, first=9)
    ran = await bbasync("crawl", *LISTS, "--to", str(to), **credentials)
    assert ran.code == 3
    assert ran.err.count("\n") == 1
    assert "check the token" in ran.err
    service.faults.clear()
    assert (await bbasync(*resuming(ran.err), **credentials)).code == 0
    assert len(lines(to)) == len(set(lines(to))) > 1000


async def test_a_full_disk_is_one_line_and_what_was_written_holds(
    bbasync: Any,
    start: Any,
    credentials: dict[str, str],
    service: FakeBitbucket,
    tmp_path: Path,
) -> None:
    """The crawl goes on when there is room again."""
    to = tmp_path / "out.jsonl"
    service.latency = 0.2
    command = ("crawl", *LISTS, "--to", str(to), "--concurrency", "2")
    process = await start(*command, **credentials)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (2_500_000, 2_500_000))
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert b"File too large" in err
    assert err.count(b"\n") == 1
    service.latency = 0.0
    ran = await bbasync(*resuming(err.decode()), **credentials)
    assert ran.code == 0, ran.err
    assert len(lines(to)) == len(set(lines(to))) > 1000
