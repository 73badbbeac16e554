"""A policy as a TOML file: read, with every mistake told at once, and written as an example."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeAlias

from ..errors import ArgumentError, ConfigurationError
from .allowances import SCOPES
from .findings import SEVERITIES, Allowance, Severity
from .rules import RULES, Option, Rule
from .rules.table import suggest, written
from .settings import UNUSED, Setting, defaults

Read: TypeAlias = tuple[Mapping[str, Setting], Sequence[Allowance]]
"""What a policy is made of: the settings of its rules by their names, and what it allows."""

VERSION: Final = 1
"""Of the layout of the file."""

_ENABLED: Final = Option("enabled", bool, default=True, help="Whether it is checked.")
_SEVERITY: Final = Option("severity", Severity, default=None, help="How bad its findings are.")
_UUID: Final = re.compile(r"\{[^{}\s]+\}")
_REPOSITORY: Final = re.compile(r"[^/\s]+/[^/\s]+|[^/\s]*\*[^/\s]*")
_SLUG: Final = re.compile(r"[^/\s*?\[\]]+")
_ACCOUNT_ID: Final = re.compile(r"[0-9a-z]+:[0-9A-Za-z:-]+|[0-9a-f]{24}")


def read(path: str | PathLike[str]) -> Read:
    """What the file at *path* says; ConfigurationError that tells every mistake in it."""
    try:
        data = tomllib.loads(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the policy can't be read: {error.strerror or error}"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: a policy is a text in UTF-8, and this is not") from error
    except (ValueError, RecursionError) as error:  # not each is told as a TOMLDecodeError
        raise ConfigurationError(f"{path}: this is no TOML: {error}") from error
    reader = _Reader()
    found = reader.read(data)
    if len(reader.mistakes) == 1:
        raise ConfigurationError(f"{path}: {reader.mistakes[0]}")
    if reader.mistakes:
        told = "".join(f"\n  {one}" for one in reader.mistakes)
        raise ConfigurationError(f"{path}: {len(reader.mistakes)} mistakes:{told}")
    return found


class _Reader:
    """Takes in what a file says, and collects what is wrong in it."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def read(self, data: Mapping[str, Any]) -> Read:
        """What it says, which counts only if there are no `mistakes`."""
        settings, allowances = defaults(), []
        if not self._version(data.get("version")):
            return settings, ()  # whatever else it says may mean something else
        self._known("", data, ("version", "rules", "allow"))
        for name, table in self._table("rules", data.get("rules", {})).items():
            place = f"rules.{name}"
            if name in RULES:
                settings[name] = self._setting(place, RULES[name], self._table(place, table))
            else:
                self._wrong(place, f"there is no such rule{suggest(name, RULES)}")
        allow = data.get("allow", [])
        if not isinstance(allow, list):
            self._wrong("allow", "each allowance begins with [[allow]], in double brackets")
            allow = []
        for number, table in enumerate(allow, 1):
            allowance = self._allowance(f"allow[{number}]", table)
            allowances += [allowance] if allowance else []
        return settings, tuple(allowances)

    def _wrong(self, place: str, what: str) -> None:
        self.mistakes.append(f"{place}: {what}")

    @contextmanager
    def _at(self, place: str) -> Iterator[None]:
        try:
            yield
        except ArgumentError as error:
            self._wrong(place, str(error))

    def _version(self, version: object) -> bool:
        if type(version) is int and version == VERSION:
            return True
        if version is None:
            told = f"it is missing: begin the file with version = {VERSION}"
        elif type(version) is int and version > VERSION:
            told = (
                f"{version} is newer than this bbasync, which reads version {VERSION}: install a "
                "newer one"
            )
        else:
            told = f"takes {VERSION}, not {written(version)}"
        self._wrong("version", told)
        return False

    def _known(self, place: str, table: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                where = f"{place}.{key}" if place else key
                self._wrong(where, f"there is no such key{suggest(key, known)}")

    def _table(self, place: str, value: Any) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self._wrong(place, f"takes a table, as in [{place}], not {written(value)}")
        return {}

    def _setting(self, place: str, rule: Rule, table: Mapping[str, Any]) -> Setting:
        known = {one.name: one for one in (_ENABLED, _SEVERITY, *rule.options.values())}
        self._known(place, table, tuple(known))
        right: dict[str, Any] = {}
        for key in [one for one in table if one in known]:
            with self._at(f"{place}.{key}"):
                right[key] = known[key].checked(table[key])
        severity = right.pop(_SEVERITY.name, rule.severity)
        enabled = right.pop(_ENABLED.name, _ENABLED.default)
        return Setting(rule, severity, enabled, {**rule.defaults, **right})

    def _allowance(self, place: str, table: Any) -> Allowance | None:
        if not isinstance(table, dict):
            self._wrong(place, f"takes a table, which begins with [[allow]], not {written(table)}")
            return None
        before = len(self.mistakes)
        self._known(place, table, ("rule", *SCOPES, "reason", "until"))
        texts: dict[str, Any] = {
            key: table.get(key)
            for key in ("rule", "reason", *SCOPES)
            if key in table or key in {"rule", "reason"}
        }
        for key, value in texts.items():
            with self._at(f"{place}.{key}"):
                _check_text(key, value)
        with self._at(f"{place}.until"):
            _check_until(table.get("until"))
        with self._at(f"{place}.repository"):
            _check_same(texts.get("workspace"), texts.get("repository"))
        if len(self.mistakes) > before:
            return None
        return Allowance(**texts, until=table["until"], place=place)


def _check_text(key: str, value: object) -> None:
    if value is None:
        wanted = "the rule that it is for" if key == "rule" else "why it is allowed, for others"
        raise ArgumentError(f"it is missing: write {wanted}")
    if not isinstance(value, str) or not value.strip():
        raise ArgumentError(f"takes a text, not {written(value)}")
    if key == "rule":
        _check_rule(value)
    elif key == "person" and not (_UUID.fullmatch(value) or _ACCOUNT_ID.fullmatch(value)):
        raise ArgumentError(
            f"{written(value)} is neither a uuid, such as {{1f2e...}}, nor an account id, such as "
            "557058:...: names are not unique, and people change them. Reports have both beside "
            "the name"
        )
    elif key == "repository" and not (_REPOSITORY.fullmatch(value) or _UUID.fullmatch(value)):
        raise ArgumentError(
            f"takes the full name, such as acme/site, a uuid or a glob, not {written(value)}"
        )
    elif key == "workspace" and not _SLUG.fullmatch(value):
        raise ArgumentError(f"takes one slug, such as acme, and no glob, not {written(value)}")


def _check_rule(value: str) -> None:
    if value not in RULES:
        raise ArgumentError(f"there is no rule {written(value)}{suggest(value, RULES)}")
    if value == UNUSED:
        raise ArgumentError(f"{UNUSED} can't be allowed: take out the allowance that is not used")


def _check_same(workspace: object, repository: object) -> None:
    """A repository that is named in full is in the workspace that is named beside it."""
    if not isinstance(workspace, str) or not isinstance(repository, str):
        return
    theirs, slash, _ = repository.partition("/")
    if slash and not fnmatchcase(workspace.casefold(), theirs.casefold()):
        raise ArgumentError(f"{written(repository)} is not in the workspace {written(workspace)}")


def _check_until(value: object) -> None:
    example = "a date without quotes, such as 2027-03-31"
    if value is None:
        raise ArgumentError(f"it is missing: write the last day on which it holds, {example}")
    # A datetime is a date to Python.
    if type(value) is not date:
        raise ArgumentError(f"takes {example}, and no time of the day, not {written(value)}")


_HEAD: Final = f"""\
# A policy: what `bbasync audit` takes for wrong.
#
# All rules are here as they are by default. What is left out of a policy stays so: keep what
# differs, and take out the rest. Severities: {", ".join(SEVERITIES)}.
version = {VERSION}
"""

_TAIL: Final = """\

# What is allowed, why, and until which day. Beside rule, reason and until, each key is optional
# and narrows it: workspace = "acme", repository (the full name, a uuid or a glob), project (a
# key; from level explain on), person (a uuid or an account id), group (a slug), thing (such as a
# webhook's uuid, or a deploy key's id in quotes).
#
# [[allow]]
# rule = "outsiders-with-write"
# repository = "acme/demo-*"
# person = "557058:1f2e3d4c-5b6a-7980-1234-56789abcdef0"
# reason = "agency that runs the site until spring"
# until = 2027-03-31
"""


def example() -> str:
    """A policy file with every rule as it is by default, and what it means."""
    return _HEAD + "".join(map(_section, RULES.values())) + _TAIL


def _section(rule: Rule) -> str:
    lines = ["", *_comment(f"{rule.title}. {rule.help}"), *_comment(f"Level: {rule.level}.")]
    lines += [f"[rules.{rule.name}]", "enabled = true", f"severity = {written(rule.severity)}"]
    for option in rule.options.values():
        lines += [*_comment(option.help), f"{option.name} = {written(option.default)}"]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# ")
