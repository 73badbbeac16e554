"""The commands, their options and the exit codes, as the command line itself declares them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from importlib import import_module
from typing import Any, Final

from attrs import frozen

from .markdown import render

_ESCAPE: Final = "\b\n"
_NONE: Final = (None, False, "", ())
_CODE: Final = re.compile(r"(\d+) ([^·]+)")


@frozen
class Option:
    """One option or argument."""

    names: Sequence[str]
    takes: str
    """What stands behind it; "" where nothing does."""
    help: str
    default: str


@frozen
class Command:
    """One command, with all that it takes."""

    name: str
    help: str
    """As HTML."""
    usage: str
    options: Sequence[Option]
    text: str
    """The help of the command and of its options, as words."""

    @property
    def anchor(self) -> str:
        """Where it stands on its page."""
        return self.name.replace(" ", "-")


def commands() -> list[Command]:
    """Every command, in the order in which the help shows them."""
    return list(_found("bbasync", _root()))


def exit_codes() -> dict[int, str]:
    """What each exit code means."""
    # As modules that are documented are: by its name, for the guide knows no other room's inside.
    epilog: str = import_module("bbasync.cli.exits").EPILOG
    return {int(one[1]): one[2].strip() for one in _CODE.finditer(epilog.partition(":")[2])}


def _root() -> Any:
    return import_module("typer.main").get_command(import_module("bbasync.cli.main").app)


def _found(name: str, command: Any) -> Iterator[Command]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield _command(name, command)
        return
    for one in inner.values():
        if not one.hidden:
            yield from _found(f"{name} {one.name}", one)


def _command(name: str, command: Any) -> Command:
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = [_metavar(one) for one in shown if one.param_type_name == "argument"]
    usage = " ".join((name, "[OPTIONS]", *arguments))
    told = _plain(command.help)
    options = [_option(one) for one in shown]
    words = (told, *(f"{' '.join(one.names)} {one.help}" for one in options))
    text = " ".join(" ".join(words).split())
    return Command(name, render(told, str, lambda _: None).html, usage, options, text)


def _option(one: Any) -> Option:
    if one.param_type_name == "argument":
        return Option([_metavar(one)], "", _plain(one.help), "")
    takes = "" if one.is_flag else _metavar(one)
    return Option([*one.opts, *one.secondary_opts], takes, _plain(one.help), _default(one))


def _metavar(one: Any) -> str:
    """What stands for a value: as declared, or the choices, or the name."""
    if one.metavar:
        return str(one.metavar)
    kind = getattr(getattr(one, "type_descriptor", None), "annotation", None)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(choice.value) for choice in kind)
    return str(one.name).replace("_", "-").upper()


def _default(one: Any) -> str:
    if isinstance(one.show_default, str):
        return one.show_default
    if one.is_flag or callable(one.default) or one.default in _NONE:
        return ""
    return str(one.default)


def _plain(text: str | None) -> str:
    return inspect.cleandoc((text or "").replace(_ESCAPE, ""))
