"""README.md and CHANGELOG.md tell the truth."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import bbasync
from bbasync.fake import FakeBitbucket
from tests.guide.blocks import Block, blocks, run, serving

README = Path(__file__).parents[2] / "README.md"
DEMO = "python -m pip install '.[cli]' && bbasync audit --demo"
TESTS = "python -m pip install '.[test]' && python -m pytest"


def python() -> list[Block]:
    """Every block of Python."""
    return [one for one in blocks(README) if one.language == "python"]


def test_the_readme_has_code_that_runs() -> None:
    """There is a README, and it shows code."""
    assert README.exists()
    assert len(python()) >= 1


@pytest.mark.parametrize("block", python(), ids=lambda block: f"line {block.line}")
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
    run(block)
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
    """A fake that blocks can use from loops of their own."""
    with serving() as made:
        yield made
