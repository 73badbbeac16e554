"""What `bbasync audit` is asked for, or what is wrong with it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final, cast

from attrs import frozen

from ..audit.facts import LEVELS, Level
from ..audit.findings import SEVERITIES, Severity
from ..audit.policy import Policy
from ..errors import ArgumentError, ConfigurationError
from .distant import Distant

_NEVER: Final = "never"


@frozen
class Wanted:
    """The command line."""

    workspaces: Sequence[str]
    level: str | None
    plan: bool
    max_requests: int | None
    checkpoint: str | None
    read_from: str | None
    concurrency: int
    max_wait: float
    policy: str | None
    fail_on: str | None
    example_policy: bool
    diff: str | None
    to: Sequence[str]
    overwrite: bool
    forms: Sequence[str]
    """Of what goes to stdout instead of tables: one of ``json``, ``jsonl`` and ``csv``."""
    everything: bool
    fix_plan: str | None
    apply: bool
    yes: bool
    demo: bool
    distant: Distant | None


def check(wanted: Wanted) -> None:
    """ArgumentError for options that don't go together."""
    if len(wanted.forms) > 1:
        raise ArgumentError(f"choose one of {' and '.join(f'--{one}' for one in wanted.forms)}")
    if wanted.plan:
        _refuse(wanted, "--plan", ("fix_plan", "diff", "to", "max_requests", "read_from"))
        if set(wanted.forms) - {"json"}:
            raise ArgumentError("--plan is a table, or --json")
    if wanted.read_from is not None:
        _refuse(
            wanted,
            "--from",
            ("workspaces", "level", "max_requests", "checkpoint", "demo", "distant"),
        )
    if wanted.distant is not None:
        _refuse(wanted, "--scheduler", ("plan", "max_requests", "checkpoint"))
    if wanted.demo and wanted.checkpoint is not None:
        raise ArgumentError("--demo has new data each time, which can't be gone on with")
    if wanted.apply:
        _check_apply(wanted)
    elif wanted.yes:
        raise ArgumentError("--yes answers what --apply asks: there is nothing to apply")


def _check_apply(wanted: Wanted) -> None:
    if wanted.fix_plan is None:
        raise ArgumentError("--apply sends what a plan has: name it with --fix-plan FILE")
    _refuse(
        wanted,
        "--apply",
        (
            *("workspaces", "level", "plan", "max_requests", "checkpoint", "read_from"),
            *("policy", "diff", "to", "forms", "distant", "demo"),
        ),
    )
    if not Path(wanted.fix_plan).exists():
        raise ConfigurationError(
            f"{wanted.fix_plan} is not there: run the audit with --fix-plan first, without "
            "--apply, and read what it wrote"
        )


_OPTIONS: Final = {"read_from": "--from", "distant": "--scheduler", "workspaces": "a workspace"}


def _refuse(wanted: Wanted, option: str, others: Sequence[str]) -> None:
    for name in others:
        if getattr(wanted, name):
            shown = _OPTIONS.get(name, f"--{name.replace('_', '-')}")
            if name == "forms":
                shown = f"--{wanted.forms[0]}"
            raise ArgumentError(f"{option} does not go with {shown}")


def policy_of(wanted: Wanted) -> Policy:
    """The rules that hold; ConfigurationError for a file that is no policy."""
    return Policy() if wanted.policy is None else Policy.load(wanted.policy)


def level_of(wanted: Wanted, policy: Policy) -> Level:
    """How much is read: what was asked for, or what the policy's file needs."""
    if wanted.level is not None:
        return cast("Level", _one_of("--level", wanted.level, LEVELS))
    return "effective" if wanted.policy is None else policy.needs


def threshold_of(wanted: Wanted) -> Severity | None:
    """From which severity on a finding fails the command; None where none does."""
    if wanted.fail_on is None:
        return None if wanted.policy is None else "error"
    given = _one_of("--fail-on", wanted.fail_on, (*SEVERITIES, _NEVER))
    return None if given == _NEVER else cast("Severity", given)


def _one_of(option: str, given: str, known: Sequence[str]) -> str:
    if given in known:
        return given
    near = get_close_matches(given, known, 1)
    advice = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(known)}"
    raise ArgumentError(f"{option} {given}: {advice}")


def command_to_go_on(checkpoint: Path, arguments: Sequence[str] | None = None) -> str:
    """The command that goes on with what *arguments* have begun; the process's own by default.

    It writes the files again that they have written.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    rest, skip = [], False
    for one in given[given.index("audit") + 1 :]:
        if skip or one == "--checkpoint":
            skip = not skip
        elif not one.startswith("--checkpoint="):
            rest.append(one)
    names = {one.partition("=")[0] for one in rest}
    again = names & {"--to", "--fix-plan"} and "--overwrite" not in names
    overwrite = ["--overwrite"] if again else []
    return shlex.join(["bbasync", "audit", "--checkpoint", str(checkpoint), *overwrite, *rest])
