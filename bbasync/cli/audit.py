"""The options of `bbasync audit`; what they ask for is loaded when it is called."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any, Final

import typer

from . import exits
from .distant import Client, Redis, Scheduler, distant_of
from .exits import Code
from .options import Demo, MaxWait

_ASKS: Final = "What is read"
_JUDGES: Final = "What is said of it"
_WRITES: Final = "Where it goes"
_MENDS: Final = "What is to be changed"


def audit(
    workspaces: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORKSPACE[/REPOSITORY]", help="All of yours when none is named."),
    ] = None,
    *,
    level: Annotated[
        str | None,
        typer.Option(
            metavar="effective|explain|full",
            help="Who may do what; and where each right comes from; and what else gives power: "
            "deploy keys, webhooks, branch restrictions, default reviewers. Without it, what the "
            "policy needs, or else effective.",
            rich_help_panel=_ASKS,
        ),
    ] = None,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan",
            help="Show how many requests and hours it takes; read no more.",
            rich_help_panel=_ASKS,
        ),
    ] = False,
    max_requests: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Begin no call beyond so many; the report says what is left out, and "
            "--checkpoint goes on.",
            rich_help_panel=_ASKS,
        ),
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Keep there what was read, and begin with what is kept there. It is deleted once "
            "the audit is complete.",
            rich_help_panel=_ASKS,
        ),
    ] = None,
    read_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE.jsonl",
            help="Take an earlier report instead of asking the service.",
            rich_help_panel=_ASKS,
        ),
    ] = None,
    concurrency: Annotated[
        int,
        typer.Option(min=1, max=64, help="Requests made at the same time.", rich_help_panel=_ASKS),
    ] = 4,
    max_wait: MaxWait = 120.0,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.toml",
            help="Which rules hold, and what is allowed. Without it all rules hold with their "
            "defaults, and no exit code tells of them.",
            rich_help_panel=_JUDGES,
        ),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="error|warning|note|never",
            help=f"End with {Code.BROKEN} where a finding is at least so bad; error where "
            "there is a --policy, else never.",
            rich_help_panel=_JUDGES,
        ),
    ] = None,
    example_policy: Annotated[
        bool,
        typer.Option(
            "--example-policy",
            help="Print a policy with every rule and its defaults.",
            rich_help_panel=_JUDGES,
        ),
    ] = False,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="EARLIER.jsonl",
            help="Tell what has changed since that report.",
            rich_help_panel=_JUDGES,
        ),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="FILE.html, .jsonl, .json, .csv, .sarif, or .xml for JUnit; as many as you like.",
            rich_help_panel=_WRITES,
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace files that are there.", rich_help_panel=_WRITES),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Write JSON to stdout.", rich_help_panel=_WRITES)
    ] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Write JSON Lines to stdout.", rich_help_panel=_WRITES)
    ] = False,
    csv: Annotated[
        bool,
        typer.Option("--csv", help="Write CSV to stdout, a line a right.", rich_help_panel=_WRITES),
    ] = False,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Show every line of every table, not the first ten.",
            rich_help_panel=_WRITES,
        ),
    ] = False,
    fix_plan: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.jsonl",
            help="Write the calls there that would bring rights to the policy. None is sent.",
            rich_help_panel=_MENDS,
        ),
    ] = None,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply",
            help="Send the calls that the --fix-plan has, which somebody has read; asks once more.",
            rich_help_panel=_MENDS,
        ),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="The answer to what --apply asks.", rich_help_panel=_MENDS),
    ] = False,
    demo: Demo = False,
    scheduler: Scheduler = None,
    client: Client = None,
    redis: Redis = None,
) -> None:
    """Show who may do what in each workspace and repository, and why.

    The credential comes from BITBUCKET_EMAIL with BITBUCKET_API_TOKEN (or
    ATLASSIAN_USER_EMAIL with ATLASSIAN_API_TOKEN), or from
    BITBUCKET_ACCESS_TOKEN, or else from `bbasync login`. Permissions can be
    read with a user's API token, not with an access token.

    Ctrl-C, a spent budget and a service that is gone leave a report of what
    was read, which says what is missing, and the command to go on with.
    """
    from .audit_asked import Wanted  # noqa: PLC0415 - a command loads what it needs
    from .audit_run import start_audit  # noqa: PLC0415 - as above

    def begin() -> Coroutine[Any, Any, Code]:
        wanted = Wanted(
            tuple(workspaces or ()),
            level=level,
            plan=plan,
            max_requests=max_requests,
            checkpoint=checkpoint,
            read_from=read_from,
            concurrency=concurrency,
            max_wait=max_wait,
            policy=policy,
            fail_on=fail_on,
            example_policy=example_policy,
            diff=diff,
            to=tuple(to or ()),
            overwrite=overwrite,
            forms=tuple(
                name for name, on in (("json", json), ("jsonl", jsonl), ("csv", csv)) if on
            ),
            everything=everything,
            fix_plan=fix_plan,
            apply=apply,
            yes=yes,
            demo=demo,
            distant=distant_of(scheduler, client, redis, demo=demo),
        )
        return start_audit(wanted)

    exits.leave(begin)
