"""What `bbasync crawl` and `bbasync audit` need for the workers of a Dask scheduler."""

from __future__ import annotations

import os
from typing import Annotated, Any, Final

import typer
from attrs import frozen

from ..errors import ArgumentError

Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Let the workers of this Dask scheduler do it, a workspace each: tcp://host:8786. "
        "Each makes its client as a command where it runs would.",
    ),
]
Client = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE:FUNCTION", help="What makes the client of a worker, where that runs."
    ),
]
Redis = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="Where workers count their calls together: redis://host:6379/0."
    ),
]
_MAKER: Final = "bbasync.cli.maker:make_client"


@frozen
class Distant:
    """Who does it instead of this process."""

    scheduler: str
    client: str
    redis: str | None

    def options(self, max_wait: float) -> dict[str, Any]:
        """What the library's functions take."""
        from ..auth.environment import BASE_URL  # noqa: PLC0415 - a command loads what it needs

        return {
            "client": self.client,
            "base_url": os.environ.get(BASE_URL) or None,
            "quota": self.redis,
            "max_wait": max_wait,
        }


def distant_of(
    scheduler: str | None, client: str | None, redis: str | None, *, demo: bool
) -> Distant | None:
    """Who does it; None for this process; ArgumentError for options that don't go together."""
    if scheduler is None:
        for name, value in (("--client", client), ("--redis", redis)):
            if value is not None:
                raise ArgumentError(f"{name} is for workers: name their --scheduler")
        return None
    if demo:
        raise ArgumentError("choose one of --demo and --scheduler: workers don't see the demo")
    return Distant(scheduler, client or _MAKER, redis)
