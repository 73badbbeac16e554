"""The errors, as a table: what each is, and what it carries."""

from __future__ import annotations

import inspect

from attrs import frozen

from .. import errors
from ..errors import BitbucketError


@frozen
class Failure:
    """One class of errors."""

    name: str
    depth: int
    """How deep it stands in the tree."""
    summary: str
    page: str


def failures() -> list[Failure]:
    """Every class of errors, the more general before the more special."""
    return list(_below(BitbucketError, 0))


def _below(kind: type[BitbucketError], depth: int) -> list[Failure]:
    summary = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    found = [Failure(kind.__name__, depth, summary, f"bbasync/errors.html#{kind.__name__}")]
    for one in kind.__subclasses__():
        if one.__name__ in errors.__all__:
            found += _below(one, depth + 1)
    return found
