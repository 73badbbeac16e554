"""What a fix is: a call that narrows one thing, and what must hold before it is sent.

A plan is a file, and people edit it. So a call can be nothing but what this module lets through,
whoever made it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Final
from urllib.parse import unquote

from attrs import field, frozen

from ...errors import ArgumentError
from ...wire.origin import segment

_REPOSITORY: Final = "/repositories/[^/]+/[^/]+"
_PROJECT: Final = "/workspaces/[^/]+/projects/[^/]+"
_WORKSPACE: Final = "/workspaces/[^/]+"
_LEVELS: Final = frozenset({"read", "write"})
_RULES: Final = frozenset({"force", "delete"})
_NAME: Final = re.compile(r"[\w.{}:~ -]+")
"""What a segment may decode to: the names of the service, and nothing that could be a path."""


def _nothing(body: Any) -> bool:
    return body is None


def _level(body: Any) -> bool:
    return _has(body, {"permission"}) and body["permission"] in _LEVELS


def _project_level(body: Any) -> bool:
    return _level(body) or body == {"permission": "create-repo"}


def _private(body: Any) -> bool:
    return _has(body, {"is_private"}) and body["is_private"] is True


def _narrower_hook(body: Any) -> bool:
    if not isinstance(body, Mapping) or not body:
        return False
    if not body.keys() <= {"active", "skip_cert_verification", "url"}:
        return False
    url = body.get("url", "https://")
    off = all(value is False for name, value in body.items() if name != "url")
    return off and isinstance(url, str) and url.startswith("https://")


def _rule(body: Any) -> bool:
    names = {"kind", "branch_match_kind"}
    if _has(body, {*names, "pattern"}):
        fits = body["branch_match_kind"] == "glob"
    elif _has(body, {*names, "branch_type"}):
        fits = body["branch_match_kind"] == "branching_model"
    else:
        return False
    texts = all(isinstance(value, str) and value for value in body.values())
    return fits and texts and body["kind"] in _RULES


def _has(body: Any, names: set[str]) -> bool:
    """Whether *body* is an object of just these members, whose values can be looked up."""
    return (
        isinstance(body, Mapping)
        and body.keys() == names
        and all(isinstance(value, str | bool) for value in body.values())
    )


@frozen
class _Shape:
    """The addresses of one kind of thing, and what may be sent there."""

    owner: re.Pattern[str]
    methods: Mapping[str, Callable[[Any], bool]]
    wanted: str = "no body"


def _shape(
    pattern: str,
    wanted: str = "no body",
    /,
    **methods: Callable[[Any], bool],
) -> _Shape:
    return _Shape(re.compile(pattern), methods, wanted)


_SHAPES: Final = (
    _shape(
        f"({_REPOSITORY})/permissions-config/users/[^/]+",
        'no body to DELETE, {"permission": "read"} or "write" to PUT',
        PUT=_level,
        DELETE=_nothing,
    ),
    _shape(
        f"({_PROJECT})/permissions-config/users/[^/]+",
        'no body to DELETE, {"permission": "read"}, "write" or "create-repo" to PUT',
        PUT=_project_level,
        DELETE=_nothing,
    ),
    _shape(f"({_REPOSITORY}|{_PROJECT})/permissions-config/groups/[^/]+"),
    _shape(f"({_REPOSITORY}|{_PROJECT})/deploy-keys/[0-9]+", DELETE=_nothing),
    _shape(
        f"({_REPOSITORY}|{_WORKSPACE})/hooks/[^/]+",
        '"active": false, "skip_cert_verification": false, or a "url" of https on the same host',
        PUT=_narrower_hook,
    ),
    _shape(
        f"({_REPOSITORY})/branch-restrictions",
        '"kind": "force" or "delete", "branch_match_kind": "glob" and a "pattern"',
        POST=_rule,
    ),
    _shape(f"({_REPOSITORY})", '{"is_private": true}', PUT=_private),
    _shape(f"({_PROJECT})"),
)
_METHODS: Final = ("PUT", "POST", "DELETE")


@frozen
class Expects:
    """What a thing must still look like: *fields* by dotted names, as read from *path*."""

    path: str
    fields: Mapping[str, Any]

    def __attrs_post_init__(self) -> None:
        """Refuse what can't be looked at."""
        _shape_of(self.path)
        if not isinstance(self.fields, Mapping) or not self.fields:
            raise ArgumentError(f"fields takes names with values, not {self.fields!r}")
        for name, value in self.fields.items():
            if not isinstance(name, str) or not isinstance(value, str | int | float | None):
                raise ArgumentError(f"fields has {name!r}: {value!r}: it takes plain values")


def _all_expected(given: Iterable[Expects]) -> tuple[Expects, ...]:
    return tuple(given)


@frozen
class Call:
    """A call that narrows one thing; ArgumentError for any other.

    *path* is below the base URL, percent-encoded as on the wire, and names things by their uuids
    where they have one, so that a rename leads it to nothing else. A webhook's *body* is what
    changes: the rest that a PUT of it has to hold is taken from what is read just before.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None
    expects: Sequence[Expects] = field(converter=_all_expected)

    def __attrs_post_init__(self) -> None:
        """Refuse what no fix may do."""
        if self.method not in _METHODS:
            raise ArgumentError(f"method is one of {', '.join(_METHODS)}, not {self.method!r}")
        shape = _shape_of(self.path)
        fits = shape.methods.get(self.method)
        if fits is None:
            raise ArgumentError(f"path {self.path!r}: no fix may {self.method} there")
        if not fits(self.body):
            raise ArgumentError(
                f"body {self.body!r} is not what a fix may {self.method} there: {shape.wanted}"
            )
        if not self.expects:
            raise ArgumentError("expects is empty: a call says what must hold before it is sent")

    @property
    def owner(self) -> str:
        """The path of the repository, project or workspace that it is a call about."""
        found = _shape_of(self.path).owner.fullmatch(self.path)
        return self.path if found is None else found[1]


@frozen
class Reason:
    """A finding that a fix answers."""

    rule: str
    fingerprint: str
    why: str
    """The finding's message."""


def _all_reasons(given: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(given)


@frozen
class Fix:
    """What would bring something to the policy: a *call*, or what a person has to do."""

    kind: ClassVar = "fix"

    workspace: str
    action: str
    """One line for people."""
    reasons: Sequence[Reason] = field(converter=_all_reasons)
    """Several findings may ask for the same call."""
    call: Call | None = None
    manual: str = ""
    """Where there is no call: why not, and what to do."""

    def __attrs_post_init__(self) -> None:
        """Refuse what is neither, or both."""
        if (self.call is None) == (not self.manual):
            raise ArgumentError("a fix has either a call, or manual: what a person has to do")


def _shape_of(path: Any) -> _Shape:
    if not isinstance(path, str):
        raise ArgumentError(f"path takes text, not {path!r}")
    return _shape_at(path)


@lru_cache(maxsize=4096)  # the findings of one project ask for the same call again and again
def _shape_at(path: str) -> _Shape:
    for one in _SHAPES:
        if one.owner.fullmatch(path):
            _check_segments(path)
            return one
    raise ArgumentError(
        f"path {path!r} is nothing that a fix may touch: those are grants to users, deploy keys, "
        "webhooks, branch restrictions and repositories, below the base URL"
    )


def _check_segments(path: str) -> None:
    for part in path.split("/")[1:]:
        name = unquote(part)
        if not _NAME.fullmatch(name) or segment("path", name) != part:  # refuses dots too
            raise ArgumentError(
                f"path {path!r}: {part!r} is no name as it stands in an address, such as "
                "acme or %7B0b5c…%7D"
            )
