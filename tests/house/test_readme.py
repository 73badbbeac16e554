"""README.md and CHANGELOG.md tell the truth."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

import bbasync
from bbasync.fake import FakeBitbucket

README = Path(__file__).parents[2] / "README.md"
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEMO = "python -m pip install '.[cli]' && bbasync audit --demo"
TESTS = "python -m pip install '.[test]' && python -m pytest"


@frozen
class Block:
    """A block of code in README.md, and what it is said to print."""

    line: int
    code: str
    printed: str | None


def blocks() -> list[Block]:
    """Every block of Python; one that a block of plain text follows prints that text."""
    text = README.read_text("utf-8") if README.exists() else ""
    found = [(text.count("\n", 0, one.start()) + 1, one[1], one[2]) for one in FENCE.finditer(text)]
    after = [*found[1:], (0, "", "")]
    return [
        Block(line, code, following[2] if following[1] == "text" else None)
        for (line, language, code), following in zip(found, after, strict=True)
        if language == "python"
    ]


def test_the_readme_has_code_that_runs() -> None:
    """There is a README, and it shows code."""
    assert README.exists()
    assert len(blocks()) >= 1


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"line {block.line}")
def test_every_block_of_the_readme_runs(
    block: Block,
    fake: FakeBitbucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each block runs as it stands, by itself, and prints what the text below it says."""
    monkeypatch.chdir(tmp_path)
    for name in ("ATLASSIAN_USER_EMAIL", "ATLASSIAN_API_TOKEN", "BITBUCKET_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BITBUCKET_EMAIL", fake.email)
    monkeypatch.setenv("BITBUCKET_API_TOKEN", fake.api_token)
    monkeypatch.setenv("BITBUCKET_BASE_URL", fake.url)
    _run(block)
    printed = capsys.readouterr().out
    if block.printed is not None:
        assert printed.rstrip() == block.printed.rstrip()


@pytest.mark.parametrize("command", [DEMO, TESTS])
def test_the_readme_names_the_two_commands_to_begin_with(command: str) -> None:
    """One command shows the product, and one tests it; each stands on a line of its own."""
    assert command in {line.strip() for line in README.read_text("utf-8").splitlines()}


def test_ci_runs_the_tests_as_the_readme_does(root: Path) -> None:
    """What the README tells people to run is what decides here."""
    assert TESTS in (root / ".ci" / "run").read_text("utf-8")


def test_the_version_is_one_and_the_same_everywhere(root: Path) -> None:
    """What was installed and the package agree, and the changelog's newest release is no other."""
    changes = (root / "CHANGELOG.md").read_text("utf-8")
    newest = re.findall(r"^## \[?([\w.]+)\]?", changes, re.MULTILINE)[0]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    source = root / project["tool"]["hatch"]["version"]["path"]
    found = re.search(project["tool"]["hatch"]["version"]["pattern"], source.read_text("utf-8"))
    assert found is not None
    assert found["version"] == bbasync.__version__
    assert newest in {"Unreleased", bbasync.__version__}


@pytest.fixture
def fake() -> Iterator[FakeBitbucket]:
    """A fake on a loop and a thread of its own, so that blocks may start loops themselves."""
    with _background() as loop:
        made = FakeBitbucket()
        asyncio.run_coroutine_threadsafe(made.start(), loop).result()
        yield made
        asyncio.run_coroutine_threadsafe(made.stop(), loop).result()


@contextmanager
def _background() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _run(block: Block) -> None:
    shifted = "\n" * block.line + block.code  # so that a traceback names the README's own line
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(shifted, str(README), "exec", flags=flags, dont_inherit=True)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(_awaited(code, namespace))
    else:
        exec(code, namespace)


async def _awaited(code: Any, namespace: dict[str, Any]) -> None:
    await eval(code, namespace)
