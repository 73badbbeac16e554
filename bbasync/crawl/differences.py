"""In what two plans differ, for one who is told that they do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

_SHOWN: Final = 4
_LONGEST: Final = 80
_NOTHING: Final = object()


def differences(kept: str, asked: str) -> str:
    """A sentence that names the first few places where the plans' JSON differs."""
    try:
        found = _walked("", json.loads(kept), json.loads(asked))
        said = list(islice(found, _SHOWN + 1))
    except (ValueError, RecursionError):
        said = []
    if not said:
        return f"It says {_cut(kept)}, and asked for is {_cut(asked)}"
    more = "; and more" if len(said) > _SHOWN else ""
    return f"They differ in {'; '.join(said[:_SHOWN])}{more}"


def _walked(path: str, kept: Any, asked: Any) -> Iterator[str]:
    if isinstance(kept, dict) and isinstance(asked, dict):
        for name in dict.fromkeys([*kept, *asked]):
            yield from _walked(
                f"{path}.{name}" if path else str(name),
                kept.get(name, _NOTHING),
                asked.get(name, _NOTHING),
            )
    elif _are_objects(kept) and _are_objects(asked):
        for index in range(max(len(kept), len(asked))):
            pair = (one[index] if index < len(one) else _NOTHING for one in (kept, asked))
            yield from _walked(f"{path}[{index}]", *pair)
    elif kept is _NOTHING or asked is _NOTHING or json.dumps(kept) != json.dumps(asked):
        yield f"{path or 'the whole'} ({_shown(kept)} in the checkpoint, {_shown(asked)} now)"


def _are_objects(value: Any) -> bool:
    """Whether it is a list of which each element is to be looked into."""
    return isinstance(value, list) and any(isinstance(one, dict | list) for one in value)


def _shown(value: Any) -> str:
    return "nothing" if value is _NOTHING else _cut(json.dumps(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
