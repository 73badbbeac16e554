"""The commands about who one is, and their options; each loads what it needs when it is called."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from . import exits
from .options import Demo, MaxWait, Place


def login(
    context: typer.Context,
    *,
    api_token: Annotated[
        bool, typer.Option("--api-token", help="With an e-mail address and an API token.")
    ] = False,
    access_token: Annotated[
        bool,
        typer.Option(
            "--access-token", help="With the token of a repository, project or workspace."
        ),
    ] = False,
    oauth: Annotated[
        bool, typer.Option("--oauth", help="With the browser, through an OAuth consumer.")
    ] = False,
    email: Annotated[
        str | None, typer.Option(help="The Atlassian account's; else it is asked.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="The OAuth consumer's; else BITBUCKET_OAUTH_KEY, else it is asked.",
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            min=1,
            max=65535,
            metavar="PORT",
            help="Where the browser comes back to.",
        ),
    ] = 17990,
    browser: Annotated[
        bool, typer.Option(help="Open the browser; its address is shown in any case.")
    ] = True,
    timeout: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long the browser may take.")
    ] = 300.0,
    keep: Annotated[
        Place | None, typer.Option(help="Where to; a keyring, where there is one, by default.")
    ] = None,
) -> None:
    """Keep a credential for the commands to come, once the service has accepted it.

    Secrets are asked for, and not shown. Where standard input is no
    terminal they are read from it, a line each: the e-mail address, unless
    --email has it, and the API token; the access token; the consumer's key
    and secret, unless BITBUCKET_OAUTH_KEY and BITBUCKET_OAUTH_SECRET have
    them. The consumer's callback URL must be
    http://localhost:PORT/callback. --key, --port, --browser and --timeout
    belong to --oauth, and --email to --api-token.

    Without an option you are asked what to log in with. There is one login
    for each BITBUCKET_BASE_URL; a credential in the environment comes
    before it.
    """
    from .login import Wanted, Way, start_login

    flags = {Way.API_TOKEN: api_token, Way.ACCESS_TOKEN: access_token, Way.OAUTH: oauth}
    ways = [way for way, chosen in flags.items() if chosen]
    if len(ways) > 1:
        raise typer.BadParameter(f"choose one of {' and '.join(one.value for one in ways)}")
    wanted = Wanted(
        way=ways[0] if ways else None,
        email=email,
        key=key,
        port=port,
        browser=browser,
        timeout=timeout,
        keep=keep,
        given=frozenset(one for one in context.params if _is_typed(context, one)),
    )
    exits.leave(partial(start_login, wanted))


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def logout() -> None:
    """Forget the credential that `bbasync login` has kept.

    The token itself stays valid until it is revoked at Bitbucket.
    """
    from .login import run_logout

    exits.leave(run_logout())


def whoami(
    *,
    json: Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")] = False,
    demo: Demo = False,
    max_wait: MaxWait = 120.0,
) -> None:
    """Show as whom the commands call: account, kind of credential, scopes and quota.

    The credential comes from the environment, else from `bbasync login`,
    else from the API's machine in .netrc. Without one, or where it is
    refused, the exit code is 3.
    """
    from .whoami import run_whoami

    exits.leave(run_whoami(demo=demo, max_wait=max_wait, as_json=json))
