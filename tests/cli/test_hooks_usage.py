"""What is wrong with a command of `bbasync hooks` is one line, said before anything begins."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.cli.hook_places import SECRET, SIGNED

URL = "http://127.0.0.1:9/"
MISTAKES = {
    "listen": "no secret of the webhook: set BITBUCKET_WEBHOOK_SECRET, or name a file",
    "listen --secret-env NOT_SET": "a variable that is not set",
    "listen --secret-env EMPTY": "a variable that is not set, or is empty",
    "listen --secret-env between-us!": "the name of a variable, and not the secret",
    "listen --secret-file nowhere": "--secret-file nowhere: No such file",
    "listen --secret-file EMPTY_FILE": "it is empty",
    "listen --secret-file BINARY_FILE": "it is not text in UTF-8",
    "listen --secret-file BODY --secret-env GOOD": "choose one of",
    "listen --unsigned --secret-env GOOD": "name no secret with it",
    "listen --unsigned --event repo:pushs": "did you mean repo:push?",
    "listen --unsigned --event pullrequests:*": "did you mean pullrequest:*?",
    "listen --unsigned --event push": "write a key as repo:push",
    "listen --unsigned --path hooks": "write it as /hooks",
    "listen --unsigned --path /{x}": "write it as /hooks",
    "listen --unsigned --to BODY": "has something else in it",
    "listen --unsigned --to -": "--to takes a file",
    "listen --unsigned --to nowhere/x.jsonl": "No such file or directory",
    "listen --unsigned --forward ftp://x": "--forward takes an http or https address",
    "listen --unsigned --forward http://me:between-us@x": "without a name and a password",
    "listen --unsigned --host nowhere.invalid": "nowhere.invalid, port 0, can't be listened at",
    "listen --unsigned --host a..b": "--host a..b: it takes an address or a name",
    "verify BODY": "--signature sha256=...",
    "verify BODY --signature x": "no secret of the webhook",
    "verify nowhere --signature x": "nowhere: No such file",
    "verify SHOWN --secret-env GOOD": "whose bodies are not as they came",
    f"replay BODY --to-url {URL}": "say what it tells with --event KEY",
    f"replay BODY --to-url {URL} --event repo:*": "write a key as repo:push",
    f"replay BODY --to-url {URL} --event repo:forks": "did you mean repo:fork?",
    f"replay EMPTY_FILE --to-url {URL} --event repo:fork": "is empty",
    f"replay SHOWN --to-url {URL}": "those that --to has kept",
    "replay BODY --to-url file:///x": "--to-url takes an http or https address",
    "replay BODY --to-url http://a..b/": "--to-url takes an http or https address",
    "replay BODY --to-url localhost:80": "--to-url takes an http or https address",
    "replay BODY --to-url http://x:99999": "--to-url takes an http or https address",
}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Files by the names that they have above."""
    content = {
        "BODY": b'{"a": 1}',
        "SHOWN": b'{"at": "", "key": "repo:fork", "signed": true, "payload": {}}\n',
        "EMPTY_FILE": b"",
        "BINARY_FILE": b"\xff",
    }
    for name, one in content.items():
        (tmp_path / name).write_bytes(one)
    return {name: str(tmp_path / name) for name in content}


@pytest.mark.parametrize("command", MISTAKES)
async def test_a_mistake_is_one_line(bbasync: Any, places: dict[str, str], command: str) -> None:
    """It says what to do, and no secret that was typed in the wrong place."""
    words = [places.get(one, one) for one in command.split()]
    ran = await asyncio.wait_for(bbasync("hooks", *words, GOOD=SECRET, EMPTY=""), 30)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1, ran.err
    assert MISTAKES[command] in ran.err
    assert SECRET not in ran.err
    assert "between-us" not in ran.err


async def test_a_secret_with_white_space_around_it_is_told_of(
    bbasync: Any, places: dict[str, str]
) -> None:
    """It counts, and is hard to see."""
    variables = {"BITBUCKET_WEBHOOK_SECRET": f"{SECRET} "}
    ran = await bbasync("hooks", "verify", places["BODY"], "--signature", "sha256=0", **variables)
    assert ran.code == 3
    assert "begins or ends with white space" in ran.err
    assert SECRET not in ran.err


@pytest.mark.parametrize("command", ["", "listen", "verify", "replay"])
async def test_help_fits_a_terminal_of_80_columns(bbasync: Any, command: str) -> None:
    """No line is longer, and no word is cut for it."""
    ran = await bbasync("hooks", *command.split(), "--help", COLUMNS="80")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "…" not in ran.out


async def test_a_shell_completes_event_keys(bbasync: Any) -> None:
    """By their beginning, with what they tell and their families."""
    words = "bbasync hooks listen --event pullrequest:app"
    fish = await bbasync(
        _BBASYNC_COMPLETE="complete_fish",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_ARGS=words,
    )
    assert fish.out.startswith("pullrequest:approved\t")
    assert fish.out.count("pullrequest:") == 1
    zsh = await bbasync(_BBASYNC_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=words)
    assert "approved" in zsh.out
    assert "Somebody approved it." in zsh.out
    words = "bbasync hooks replay x --event repo"
    bash = await bbasync(_BBASYNC_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD="5")
    assert {"repo:push", "repo:*"} <= set(bash.out.split())


async def test_verify_needs_no_more_than_its_file(bbasync: Any, places: dict[str, str]) -> None:
    """An environment that has nothing but the secret will do."""
    ran = await bbasync("hooks", "verify", places["BODY"], "--signature", "", **SIGNED)
    assert ran.code == 3
