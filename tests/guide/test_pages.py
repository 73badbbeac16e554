"""The pages tell the truth: their code runs, and prints what they say."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bbasync
from bbasync import Bitbucket, errors
from bbasync.audit.rules import RULES
from bbasync.fake import FakeBitbucket
from bbasync.guide.book import FOLDER, names
from bbasync.guide.commands import commands
from bbasync.resources import PullRequest, Repository
from tests.cli.conftest import environment
from tests.cli.warm import Ran, ran
from tests.guide.blocks import FENCE, Block, blocks, fits, run, serving

PAGES = [FOLDER / f"{name}.md" for name in names()]
OPTIONS = {
    command.name: {name for option in command.options for name in option.names}
    for command in commands()
}
BLOCKS = [one for page in PAGES for one in blocks(page)]
OTHERS = {"cd", "source", "export", "pip", "python", "git", "dask", "eval"}
"""What a page may tell to type beside the commands."""
TABLE = 7
"""How many parts a line of the table of rules has between its bars, with the ends."""
INSTALLED_APART = {"fastapi"}
"""What pages show, and the tests do without."""


@pytest.fixture
def fake() -> Iterator[FakeBitbucket]:
    """What `bbasync fake` serves."""
    with serving(
        workspaces=2, repositories=12, members=8, outsiders=2, pullrequests=3, seed=1
    ) as made:
        yield made


def test_the_folder_has_the_pages_and_nothing_else() -> None:
    """No page is forgotten in the sidebar."""
    assert sorted(FOLDER.iterdir()) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_from_top_to_bottom(
    page: Path,
    fake: FakeBitbucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each block runs by itself, in the folder where those before it ran."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    variables = {
        "BITBUCKET_EMAIL": fake.email,
        "BITBUCKET_API_TOKEN": fake.api_token,
        "BITBUCKET_BASE_URL": fake.url,
    }
    for name in ("ATLASSIAN_USER_EMAIL", "ATLASSIAN_API_TOKEN", "BITBUCKET_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for block in blocks(page):
        if block.file is not None:
            Path(block.file).write_text(block.code, "utf-8")
        if not block.runs:
            continue
        if block.file is not None and block.file.startswith(("test_", "conftest")):
            continue  # it is pytest's
        if block.language == "python":
            stem = "__main__" if block.file is None else Path(block.file).stem
            run(block, stem)
            printed = capsys.readouterr().out
        elif block.language == "sh":
            printed = _typed(block, environment(variables))
        else:
            continue
        where = f"{page.name}, line {block.line}"
        if block.printed is not None:
            assert fits(block.printed, printed), f"{where} prints:\n{printed}"
    sys.modules.pop("app", None)


def _typed(block: Block, variables: dict[str, str]) -> str:
    """Run the commands of a block, one after the other; what they say on both streams."""
    printed = ""
    *before, last = block.commands
    for words in (*before, last):
        if words[0] == "python":
            done = _python(words[1:], variables)
        else:
            assert words[0] == "bbasync", f"line {block.line}: {words[0]} is not run: say norun"
            done = asyncio.run(ran(words[1:], variables))
        printed += done.out + done.err
        wanted = block.exit if words is last else 0
        assert done.code == wanted, f"line {block.line}: {words} ended with {done.code}:\n{printed}"
    return printed


def _python(words: list[str], variables: dict[str, str]) -> Ran:
    command = (sys.executable, "-B", *words)
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda one: f"{one.source.stem}-{one.line}")
def test_what_is_shown_exists(block: Block) -> None:
    """Code compiles, and commands and their options are those that there are."""
    if block.language == "python":
        flags = compile(block.code, "page", "exec", flags=0x2000, dont_inherit=True)
        assert flags
    for words in block.commands if block.language == "sh" else ():
        if words[0] != "bbasync":
            assert words[0] in OTHERS, words
            continue
        name = max(
            (" ".join(words[:end]) for end in (2, 3) if " ".join(words[:end]) in OPTIONS),
            key=len,
            default=None,
        )
        if name is None:
            assert words[1:2] in (["--version"], ["--help"], ["--install-completion"]), words
            continue
        used = {one.partition("=")[0] for one in words if one.startswith("-") and len(one) > 1}
        assert used <= OPTIONS[name] | {"--help"}, (words, OPTIONS[name])


def test_little_is_shown_that_does_not_run() -> None:
    """What is marked norun needs a network, a browser, or a package that the tests do without."""
    python = [one for one in BLOCKS if one.language == "python" and not one.runs]
    for one in python:
        assert INSTALLED_APART & set(one.code.split()), f"{one.source.name}, line {one.line}"


def calls_here() -> list[str]:
    """What the tables of the page on other clients show in their second column."""
    text = (FOLDER / "migration.md").read_text("utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [code for row in rows for code in re.findall(r"`([^`]+)`", row[1])]


def test_what_other_clients_call_exists_here() -> None:
    """Each call is an operation or an attribute that takes what is shown; each class is there."""
    shown = sorted(set(calls_here()))
    assert len(shown) > 50
    wrong = {code: why for code in shown if (why := mistake(code)) is not None}
    assert wrong == {}


def mistake(code: str) -> str | None:
    """What is wrong with a call as the tables show it, where ``name=`` stands for any value."""
    call = ast.parse(re.sub(r"=(?=[,)])", "=None", code), mode="eval").body
    parts = ast.unparse(call.func if isinstance(call, ast.Call) else call).split(".")
    known: dict[str, Any] = {"bb": Bitbucket(), "repo": Repository(), "pr": PullRequest()}
    try:
        found = known.get(parts[0]) or getattr(bbasync, parts[0], None) or getattr(errors, parts[0])
        for name in parts[1:]:
            found = getattr(found, name)
        if isinstance(call, ast.Call):
            given = {str(one.arg): one.value for one in call.keywords}
            inspect.signature(found).bind(*call.args, **given)
    except (AttributeError, TypeError) as error:
        return str(error)
    return None


def test_the_table_of_rules_is_whole() -> None:
    """Each rule with its level, its severity, and its options with their defaults."""
    text = (FOLDER / "audit.md").read_text("utf-8")
    rows = {
        row[1].strip(" `"): row
        for row in (line.split("|") for line in text.splitlines())
        if len(row) == TABLE and row[1].strip(" `") in RULES
    }
    assert list(rows) == list(RULES)
    for name, rule in RULES.items():
        options = tomllib.loads("\n".join(re.findall(r"`([^`]+)`", rows[name][5])))
        defaults = {
            key: list(one) if isinstance(one, tuple) else one for key, one in rule.defaults.items()
        }
        assert (rows[name][2].strip(), rows[name][3].strip()) == (rule.level, rule.severity)
        assert options == defaults


def inline() -> list[tuple[str, str]]:
    """The pieces of code within the lines of all pages, by the page."""
    found: list[tuple[str, str]] = []
    for page in PAGES:
        text = FENCE.sub("", page.read_text("utf-8"))
        found += [(page.stem, one) for one in re.findall(r"`([^`\n]+)`", text)]
    return found


def test_options_in_the_text_exist() -> None:
    """Each is one of some command."""
    known = {name for names_ in OPTIONS.values() for name in names_}
    shown = {(page, word) for page, code in inline() for word in re.findall(r"--[a-z-]+", code)}
    assert {one for one in shown if one[1] not in known} == set()


def test_operations_in_the_text_exist() -> None:
    """Each ``bb.group.name`` is a method of the client's group."""
    bb = Bitbucket()
    pattern = re.compile(r"bb\.(\w+)\.(\w+)")
    shown = {(page, *one) for page, code in inline() for one in pattern.findall(code)}
    assert shown
    assert {one for one in shown if not hasattr(getattr(bb, one[1], None), one[2])} == set()
