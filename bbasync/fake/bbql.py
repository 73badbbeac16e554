"""The filter language of the `q` parameter: reading an expression and testing objects with it."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import define, frozen

from .compare import Literal, compares
from .node import gather

TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<date>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<operator>!=|!~|>=|<=|=|~|>|<)
      | (?P<mark>[(),])
      | (?P<word>[A-Za-z_][\w.-]*)
    )""",
    re.VERBOSE,
)
CONSTANTS: dict[str, Literal] = {"null": None, "true": True, "false": False}


class BadQueryError(ValueError):
    """The expression cannot be read, or asks for a field that cannot be filtered by."""


@frozen
class Comparison:
    """One field against one literal, or against a list of them."""

    path: str
    operator: str
    literals: tuple[Literal, ...]

    def holds(self, item: Any) -> bool:
        """Test one object."""
        found, _ = gather(item, self.path.split("."))
        ordered = self.path.rpartition(".")[2] == "permission"
        if self.operator in {"=", "~", ">", ">=", "<", "<="}:
            return self._any(found, self.operator, ordered=ordered)
        if self.operator == "in":
            return self._any(found, "=", ordered=ordered)
        positive = {"!=": "=", "!~": "~", "not in": "="}[self.operator]
        return not self._any(found, positive, ordered=ordered)

    def _any(self, found: list[Any], operator: str, *, ordered: bool) -> bool:
        values = found or [None]
        return any(
            compares(value, operator, literal, ordered=ordered)
            for value in values
            for literal in self.literals
        )

    def comparisons(self) -> Iterator["Comparison"]:
        """Give every comparison in the expression."""
        yield self


@frozen
class Combined:
    """Several expressions, of which one or all must hold."""

    every: bool
    parts: tuple["Expression", ...]

    def holds(self, item: Any) -> bool:
        """Test one object."""
        results = (part.holds(item) for part in self.parts)
        return all(results) if self.every else any(results)

    def comparisons(self) -> Iterator[Comparison]:
        """Give every comparison in the expression."""
        for part in self.parts:
            yield from part.comparisons()


Expression = Comparison | Combined


def parse(text: str) -> Expression:
    """Read an expression."""
    reader = _Reader(list(_tokens(text)))
    expression = reader.alternatives()
    if reader.peek()[0] != "end":
        raise BadQueryError(f"Unexpected {reader.peek()[1]!r} in the query")
    return expression


def require_fields(expression: Expression, items: Sequence[Any]) -> None:
    """Refuse fields that no object of a list has; an empty list cannot tell."""
    for comparison in expression.comparisons():
        require_field(comparison.path, items, "filtering")


def require_field(path: str, items: Sequence[Any], use: str) -> None:
    """Refuse a field that no object of a list has, or that is only rendered text."""
    steps = path.split(".")
    rendered = len(steps) > 1 and steps[-2] in {"summary", "rendered", "description", "message"}
    known = not items or any(gather(item, steps)[1] for item in items)
    if rendered or not known:
        raise BadQueryError(f'Field ".{path}" does not support {use}')


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise BadQueryError(f"Cannot read the query at {text[position : position + 20]!r}")
        yield match.lastgroup, match.group(match.lastgroup)
        position = match.end()


@define
class _Reader:
    """Walks the tokens of an expression, by recursive descent."""

    tokens: list[tuple[str, str]]
    position: int = 0

    def peek(self) -> tuple[str, str]:
        """Look at the next token."""
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        """Step over the next token."""
        token = self.peek()
        self.position += 1
        return token

    def accept(self, kind: str, text: str) -> bool:
        """Step over the next token if it is this one."""
        found = self.peek()
        if found[0] != kind or found[1].lower() != text:
            return False
        self.position += 1
        return True

    def expect(self, kind: str, text: str) -> None:
        """Insist that the next token is this one."""
        if not self.accept(kind, text):
            raise BadQueryError(f"Expected {text!r} in the query")

    def alternatives(self) -> Expression:
        """Read expressions joined by OR."""
        parts = [self.conjunction()]
        while self.accept("word", "or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Combined(every=False, parts=tuple(parts))

    def conjunction(self) -> Expression:
        """Read expressions joined by AND."""
        parts = [self.term()]
        while self.accept("word", "and"):
            parts.append(self.term())
        return parts[0] if len(parts) == 1 else Combined(every=True, parts=tuple(parts))

    def term(self) -> Expression:
        """Read one comparison, or an expression in parentheses."""
        if self.accept("mark", "("):
            inner = self.alternatives()
            self.expect("mark", ")")
            return inner
        kind, path = self.take()
        if kind != "word":
            raise BadQueryError(f"Expected a field, not {path!r}")
        return self.comparison(path)

    def comparison(self, path: str) -> Expression:
        """Read what a field is compared with."""
        if self.accept("word", "not"):
            self.expect("word", "in")
            return Comparison(path, "not in", self.several())
        if self.accept("word", "in"):
            return Comparison(path, "in", self.several())
        kind, operator = self.take()
        if kind != "operator":
            raise BadQueryError(f"Expected an operator after {path!r}")
        return Comparison(path, operator, (self.literal(),))

    def several(self) -> tuple[Literal, ...]:
        """Read literals in parentheses."""
        self.expect("mark", "(")
        literals = [self.literal()]
        while self.accept("mark", ","):
            literals.append(self.literal())
        self.expect("mark", ")")
        return tuple(literals)

    def literal(self) -> Literal:
        """Read one literal."""
        kind, text = self.take()
        if kind == "string":
            return re.sub(r'\\(["\\])', r"\1", text[1:-1])
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "date":
            return _date(text)
        if kind == "word" and text.lower() in CONSTANTS:
            return CONSTANTS[text.lower()]
        raise BadQueryError(f"Expected a value, not {text!r}")


def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise BadQueryError(f"{text!r} is no date") from exc
