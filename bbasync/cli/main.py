"""The commands, and their options; each loads what it needs when it is called."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from .. import __version__
from . import account, audit, crawl, exits, hooks
from .options import Demo, MaxWait

app = typer.Typer(
    name="bbasync",
    help="An asyncio client for Bitbucket Cloud, from the shell.",
    epilog=exits.EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)


def _methods(incomplete: str) -> list[str]:
    from . import paths

    return paths.complete_method(incomplete)


def _paths(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    from . import paths

    return paths.complete_path(context, incomplete)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if asked:
        typer.echo(f"bbasync {__version__}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say which this is."),
    ] = False,
) -> None:
    """An asyncio client for Bitbucket Cloud, from the shell."""


app.command(epilog=exits.EPILOG)(audit.audit)


@app.command(epilog=exits.EPILOG)
def api(
    method: Annotated[
        str,
        typer.Argument(
            metavar="METHOD",
            help="GET, POST, PUT, DELETE...",
            autocompletion=_methods,
        ),
    ],
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="Below the base URL, such as /repositories/acme; or an address of the API.",
            autocompletion=_paths,
        ),
    ],
    *,
    paginate: Annotated[
        bool, typer.Option("--paginate", help="Walk all pages; write an item a line, as JSON.")
    ] = False,
    fields: Annotated[
        str | None, typer.Option(help="A partial answer: names, +names to add, -names to drop.")
    ] = None,
    q: Annotated[str | None, typer.Option("--q", help="A filter, such as 'name ~ \"s\"'.")] = None,
    sort: Annotated[str | None, typer.Option(help="One field; - before it to go down.")] = None,
    query: Annotated[
        list[str] | None,
        typer.Option("--query", "-f", metavar="NAME=VALUE", help="Any other query parameter."),
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="NAME:VALUE", help="A header to send.")
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option("--input", metavar="FILE", help="The body; - reads standard input."),
    ] = None,
    content_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="What the body is; application/json if not.")
    ] = None,
    output: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write to FILE; - is stdout, come what may.")
    ] = None,
    include: Annotated[
        bool, typer.Option("--include", "-i", help="Show status and headers, on stderr.")
    ] = False,
    demo: Demo = False,
    max_wait: MaxWait = 120.0,
) -> None:
    """Call any address of the API, or walk any list.

    The answer goes to stdout: JSON indented at a terminal, the bytes as they
    came elsewhere; all else goes to stderr. Without a credential in the
    environment and without a `bbasync login` the call is anonymous.
    """
    from .api import start_api
    from .call import Wanted

    wanted = Wanted(
        method.upper(),
        path,
        query or (),
        fields=fields,
        q=q,
        sort=sort,
        headers=header or (),
        content_type=content_type,
        input=input_,
        output=output,
        paginate=paginate,
        include=include,
    )
    exits.leave(partial(start_api, wanted, demo=demo, max_wait=max_wait))


app.command(epilog=exits.EPILOG)(crawl.crawl)
app.command(epilog=exits.EPILOG)(account.login)
app.command(epilog=exits.EPILOG)(account.logout)
app.command(epilog=exits.EPILOG)(account.whoami)


@app.command()
def demo() -> None:
    """Walk through the library: each step's code, and what it prints."""
    from .demo import run_demo

    exits.leave(run_demo())


@app.command()
def fake(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same data.")] = 1,
    workspaces: Annotated[int, typer.Option(min=1)] = 2,
    repositories: Annotated[int, typer.Option(min=1, help="In each workspace.")] = 12,
    members: Annotated[int, typer.Option(min=1, help="Of each workspace.")] = 8,
    outsiders: Annotated[int, typer.Option(min=0, help="People from elsewhere, in each.")] = 2,
    pullrequests: Annotated[int, typer.Option(min=0, help="In each repository.")] = 3,
    quota: Annotated[
        int | None, typer.Option(min=1, help="Calls an hour and credential; none by default.")
    ] = None,
    latency: Annotated[float, typer.Option(min=0, help="Seconds added to each answer.")] = 0.0,
    empty: Annotated[
        bool, typer.Option("--empty", help="One workspace, acme, with its owner and nothing else.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH=STATUS", help="Fail so: '/repositories/*=503'. Repeatable."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Where to listen. Elsewhere it lets everybody do everything.")
    ] = "127.0.0.1",
) -> None:
    """Serve invented data as Bitbucket would, on 127.0.0.1, until Ctrl-C.

    Prints the variables that make `bbasync audit` and Bitbucket.from_env()
    use it, once it listens. Webhooks are called if they are on this machine.
    """
    from .serve import Served, Sizes, serve

    sizes = Sizes(
        seed=seed,
        workspaces=workspaces,
        repositories=repositories,
        members=members,
        outsiders=outsiders,
        pullrequests=pullrequests,
    )
    wanted = Served(host, port, quota, latency, empty=empty, faults=fault or ())
    exits.leave(serve(sizes, wanted))


app.add_typer(hooks.app, name="hooks")
