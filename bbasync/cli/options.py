"""The options that several commands have, and what others can be."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Place(StrEnum):
    """What a login is kept in."""

    KEYRING = "keyring"
    FILE = "file"


Demo = Annotated[
    bool, typer.Option("--demo", help="Ask an embedded server with invented data instead.")
]

MaxWait = Annotated[
    float,
    typer.Option(
        min=0, metavar="SECONDS", help="What a call waits in all when the service says later."
    ),
]
