"""`bbasync hooks`: its commands and their options; each loads what it needs when it is called."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

import typer

from . import exits

_LISTEN: Final = (
    "Exit codes: 0 whoever read stdout has left · 1 what came could not be written · 2 wrong use, "
    "or the address can't be listened at · 130 ended by Ctrl-C or SIGTERM"
)
_VERIFY: Final = "Exit codes: 0 valid · 2 wrong use · 3 not valid"
_REPLAY: Final = (
    "Exit codes: 0 all were taken · 1 some were not, or not sent · 2 wrong use · "
    "3 none was taken, for their signatures · 5 none was taken · 130 interrupted"
)

app = typer.Typer(
    help="Receive, check and send what webhooks deliver.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _keys(incomplete: str) -> list[tuple[str, str]]:
    from .hooks_keys import complete_key  # noqa: PLC0415 - only a shell that completes needs it

    return complete_key(incomplete)


SecretEnv = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The variable with the webhook's secret; BITBUCKET_WEBHOOK_SECRET if not.",
    ),
]
SecretFile = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="What has it instead; a newline at its end is left out."),
]


@app.command(epilog=_LISTEN)
def listen(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    path: Annotated[str, typer.Option(help="What the webhook's address ends with.")] = "/",
    secret_env: SecretEnv = None,
    secret_file: SecretFile = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Take what anybody sends, without a signature.")
    ] = False,
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="Only these: repo:push, pullrequest:*; may come several times.",
            autocompletion=_keys,
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.jsonl", help="Keep deliveries as they came, behind those it has."
        ),
    ] = None,
    forward: Annotated[
        str | None, typer.Option(metavar="URL", help="Pass deliveries on, as they came.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Write JSON Lines, a whole delivery each.")
    ] = False,
) -> None:
    """Receive deliveries, and show a line for each, until Ctrl-C.

    Bitbucket reaches public addresses with HTTPS only: a tunnel or a proxy
    on this machine has to lead to this one.

    What is not signed with the webhook's secret is refused. The secret comes
    from the environment, from a file, or is asked for at a terminal. What
    comes twice is shown once. --to keeps what `bbasync hooks replay` sends
    again.
    """
    from .hooks_listen import Wanted, start_listen  # noqa: PLC0415 - loads what it needs
    from .hooks_secret import Source  # noqa: PLC0415 - as above

    wanted = Wanted(
        host=host,
        port=port,
        path=path,
        secret=Source(secret_env, secret_file),
        unsigned=unsigned,
        events=tuple(event or ()),
        to=to,
        forward=forward,
        json=json,
    )
    exits.leave(partial(start_listen, wanted))


@app.command(epilog=_VERIFY)
def verify(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A body as it came, or what `listen --to` kept.")
    ],
    *,
    signature: Annotated[
        str | None,
        typer.Option(metavar="sha256=...", help="The header X-Hub-Signature; kept ones have it."),
    ] = None,
    secret_env: SecretEnv = None,
    secret_file: SecretFile = None,
) -> None:
    """Say whether deliveries are signed with the webhook's secret, and if not, what went wrong.

    FILE may be - for standard input. It must have the bytes that were sent:
    many frameworks hand out a body that they have decoded, whose signature
    is another.
    """
    from .hooks_secret import Source  # noqa: PLC0415 - as above
    from .hooks_verify import start_verify  # noqa: PLC0415 - as above

    exits.leave(partial(start_verify, file, signature, Source(secret_env, secret_file)))


@app.command(epilog=_REPLAY)
def replay(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What `listen --to` kept, or a body with --event.")
    ],
    *,
    to_url: Annotated[str, typer.Option(metavar="URL", help="Where to send it.")],
    secret_env: SecretEnv = None,
    secret_file: SecretFile = None,
    event: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Of what was kept, only these, as repo:push or repo:*; of a body, its key.",
            autocompletion=_keys,
        ),
    ] = None,
    delivery_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Of what was kept, only this one; of a body, its id."),
    ] = None,
    new_id: Annotated[
        bool,
        typer.Option("--new-id", help="Send under a new id, so that no receiver knows it."),
    ] = False,
    count: Annotated[
        int, typer.Option(min=1, metavar="N", help="How often each is sent; see --new-id.")
    ] = 1,
    timeout: Annotated[
        float,
        typer.Option(min=0.1, max=3600, metavar="SECONDS", help="How long an answer may take."),
    ] = 10.0,
    pause: Annotated[
        float,
        typer.Option(min=0, max=3600, metavar="SECONDS", help="Before it is tried again."),
    ] = 1.0,
) -> None:
    """Send deliveries to an address as Bitbucket does, and show what each was answered.

    After a 5xx or no answer in time it is tried twice more. They are signed
    with the webhook's secret, where there is one; what was kept has its own
    signature otherwise. FILE may be - for standard input.
    """
    from .hooks_replay import Wanted, start_replay  # noqa: PLC0415 - as above
    from .hooks_secret import Source  # noqa: PLC0415 - as above

    wanted = Wanted(
        file=file,
        to_url=to_url,
        secret=Source(secret_env, secret_file),
        event=event,
        delivery_id=delivery_id,
        new_id=new_id,
        count=count,
        timeout=timeout,
        pause=pause,
    )
    exits.leave(partial(start_replay, wanted))
