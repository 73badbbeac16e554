"""What a rule is, and the table that all of them are in."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from attrs import field, frozen

from ...errors import ArgumentError
from ..facts import Level, Person, Project, Repo
from ..findings import Severity


@frozen
class Hit:
    """What a rule finds; the policy makes a `Finding` of it, whose attributes these are."""

    message: str
    repository: Repo | None = None
    project: Project | None = None
    person: Person | None = None
    group: str | None = None
    thing: str | None = None
    permission: str | None = None


Find = Callable[..., Iterable[Hit]]
"""Takes a `case.Case`, and the options of the rule by name."""


@frozen
class Option:
    """One option of a rule."""

    name: str
    kind: Any
    """``bool``, ``int`` (from 0 on), a ``Literal`` of texts, or a ``Sequence`` of such."""
    default: Any
    help: str

    def checked(self, value: object) -> Any:
        """*value*, a list as a tuple; ArgumentError that says what would be right."""
        if self.kind is bool:
            right, wanted = isinstance(value, bool), "true or false"
        elif self.kind is int:
            # A bool is an int to Python, and no number to anybody else.
            right, wanted = type(value) is int and value >= 0, "a whole number from 0 on"
        elif get_origin(self.kind) is Literal:
            known = get_args(self.kind)
            right = isinstance(value, str) and value in known
            wanted = f"one of {written(known)}"
        else:
            return self._checked_list(value)
        if not right:
            raise ArgumentError(f"takes {wanted}, not {written(value)}")
        return value

    def _checked_list(self, value: object) -> tuple[str, ...]:
        (each,) = get_args(self.kind)
        known = get_args(each)
        if not isinstance(value, list | tuple) or not value:
            raise ArgumentError(
                f"takes a list of one or more of {written(known)}, not {written(value)}"
            )
        for one in value:
            if one not in known:
                raise ArgumentError(f"knows no {written(one)}{suggest(one, known)}")
        return tuple(value)


@frozen(eq=False)
class Rule:
    """One rule: what it is called, what it says to people, and the function that applies it."""

    name: str
    title: str
    help: str
    severity: Severity
    level: Level
    """The lowest at which an audit reads what it looks at."""
    find: Find = field(repr=False)
    options: Mapping[str, Option] = field(repr=False)

    @property
    def defaults(self) -> dict[str, Any]:
        """Its options as they are unless a policy says otherwise."""
        return {name: option.default for name, option in self.options.items()}


RULES: Final[dict[str, Rule]] = {}
"""Every rule by name, in the order of their findings."""


def rule(
    title: str, *, help: str, severity: Severity, level: Level = "effective"
) -> Callable[[Find], Rule]:
    """Put the function into the table of rules, under its name with dashes.

    *title* is one line for people; *help* says what it is about and what to do. The options are
    the keyword-only parameters, annotated with their kind and what they mean.
    """

    def put(find: Find) -> Rule:
        name = find.__name__.replace("_", "-")
        if name in RULES:
            raise ArgumentError(f"there is a rule {name!r} already: call the function differently")
        RULES[name] = Rule(name, title, help, severity, level, find, _options(find))
        return RULES[name]

    return put


def _options(find: Find) -> dict[str, Option]:
    hints = get_type_hints(find, include_extras=True)
    found = {}
    for name, parameter in inspect.signature(find).parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        if get_origin(hints[name]) is not Annotated or parameter.default is parameter.empty:
            raise ArgumentError(
                f"{find.__name__}'s option {name} takes a default, and an annotation such as "
                'Annotated[int, "What it is."]'
            )
        kind, text = get_args(hints[name])
        found[name] = Option(name, kind, parameter.default, text)
    return found


def suggest(name: object, known: Iterable[str]) -> str:
    """What somebody who wrote *name* may have meant, as the end of a sentence."""
    known = list(known)
    near = get_close_matches(name, known, n=1) if isinstance(name, str) else []
    return f"; did you mean {near[0]}?" if near else f": there is {', '.join(known)}"


def written(value: object) -> str:
    """*value* as the policy file has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return str(value)


def listed(names: Sequence[str], *, most: int = 10) -> str:
    """*names* in a sentence: *most* of them, and how many more there are."""
    more = len(names) - most
    shown = ", ".join(names[:most])
    return f"{shown} and {more} more" if more > 0 else shown
