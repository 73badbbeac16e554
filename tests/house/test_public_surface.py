"""What users can write is what ``public_surface.txt`` says; see ``rewrite`` for changing it."""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any, ForwardRef, is_typeddict

import attrs

if __name__ == "__main__":  # as a script it reads this checkout, whatever is installed
    sys.path.insert(0, str(Path(__file__).parents[2]))

import bbasync
from bbasync import errors, resources
from bbasync.api.contents import Contents

KEPT = Path(__file__).with_name("public_surface.txt")
AGAIN = "run `python tests/house/test_public_surface.py` if the change is meant"
_STARS = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def test_the_public_surface_changes_only_on_purpose() -> None:
    """Every public name and signature is as written down, on every version of Python."""
    kept = KEPT.read_text(encoding="utf-8").splitlines()
    change = list(difflib.unified_diff(kept, list(surface()), "written down", "real", lineterm=""))
    assert not change, "\n".join((AGAIN, *change))


def test_the_public_names_are_few_enough_to_know() -> None:
    """``bbasync.__all__`` has no repetition, no name that is not there, and at most forty."""
    names = bbasync.__all__
    assert len(names) == len(set(names))
    assert all(hasattr(bbasync, name) for name in names)
    assert len(names) <= 40


def surface() -> Iterator[str]:
    """Spell the public surface, one name a line."""
    for name in bbasync.__all__:
        if not name.startswith("_"):
            yield from _value(name, getattr(bbasync, name))
    for group in groups():
        yield from _class(f"Bitbucket.{group}", type(getattr(bbasync.Bitbucket(), group)))
    for name, made in vars(errors).items():
        if inspect.isclass(made) and made.__module__.startswith(errors.__name__):
            yield from _class(f"errors.{name}", made)
    for name in resources.__all__:
        yield from _class(f"resources.{name}", getattr(resources, name))


def groups() -> list[str]:
    """Name the groups of the client."""
    found = vars(Contents).items()
    return sorted(name for name, made in found if isinstance(made, cached_property))


def _value(name: str, value: Any) -> Iterator[str]:
    if is_typeddict(value):
        yield name
        yield from (f"{name}.{key}: {_spelled(one)}" for key, one in _annotations(value).items())
    elif inspect.isclass(value):
        yield from _class(name, value)
    elif type(value).__module__.startswith("bbasync"):
        yield f"{name}: {type(value).__name__}"
        yield from list(_class(name, type(value)))[1:]
    else:
        yield f"{name}: {type(value).__name__}"


def _annotations(value: Any) -> Mapping[str, Any]:
    return value.__annotations__


def _class(name: str, cls: type) -> Iterator[str]:
    parents = ", ".join(one.__name__ for one in cls.__bases__ if one is not object)
    yield f"class {name}({parents})" if parents else f"class {name}"
    if "__init__" in vars(cls):
        yield f"{name}{_signature(cls.__init__)}"
    fields = {one.name: one.type for one in attrs.fields(cls)} if attrs.has(cls) else {}
    inherited = {
        one.name for base in cls.__bases__ if attrs.has(base) for one in attrs.fields(base)
    }
    for key, kind in fields.items():
        if not key.startswith("_") and key not in inherited:
            yield f"{name}.{key}: {_spelled(kind)}"
    for key, made in vars(cls).items():
        if not key.startswith("_") and key not in fields:
            yield from _member(f"{name}.{key}", made)


def _member(name: str, made: Any) -> Iterator[str]:
    match made:
        case property(fget=get) | cached_property(func=get):
            yield f"{name}: {_spelled(get.__annotations__.get('return'))}"
        case classmethod() | staticmethod():
            yield f"{name}{_signature(made.__func__)}"
        case _ if inspect.isfunction(made):
            begin = "async " if inspect.iscoroutinefunction(made) else ""
            yield f"{begin}{name}{_signature(made)}"


def _signature(function: Any) -> str:
    """Spell a signature ourselves: Python's own spelling changes with its version."""
    signature = inspect.signature(function)
    parts: list[str] = []
    starred = False
    for number, one in enumerate(signature.parameters.values()):
        if number == 0 and one.name in {"self", "cls"}:
            continue
        if one.kind is one.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred = starred or one.kind in {one.KEYWORD_ONLY, one.VAR_POSITIONAL}
        parts.append(_parameter(one))
    if inspect.Parameter.POSITIONAL_ONLY in {one.kind for one in signature.parameters.values()}:
        slash = [one.kind for one in signature.parameters.values()]
        parts.insert(slash.count(inspect.Parameter.POSITIONAL_ONLY) - 1, "/")
    back = signature.return_annotation
    returns = "" if back is inspect.Signature.empty else f" -> {_spelled(back)}"
    return f"({', '.join(parts)}){returns}"


def _parameter(one: inspect.Parameter) -> str:
    text = f"{_STARS.get(one.kind, '')}{one.name}"
    if one.annotation is not one.empty:
        text += f": {_spelled(one.annotation)}"
    if one.default is not one.empty:
        text += f" = {_default(one.default)}"
    return text


def _default(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value)
    if callable(value):
        return f"{value.__module__}.{value.__qualname__}"
    return "..." if value is attrs.NOTHING else repr(value)


def _spelled(annotation: Any) -> str:
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def rewrite() -> None:
    """Write the public surface down as it is now."""
    KEPT.write_text("\n".join(surface()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    rewrite()
    sys.stdout.write(f"{KEPT.name} says now what the package offers: read the change.\n")
