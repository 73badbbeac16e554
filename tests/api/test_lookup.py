"""An operation is found by whatever names it."""

from __future__ import annotations

import pytest

from bbasync import OPERATIONS, Bitbucket
from bbasync.api.lookup import operation_of
from bbasync.api.repositories import Repositories
from bbasync.errors import ArgumentError


def test_every_operation_is_found_by_each_of_its_names() -> None:
    """By itself, its method bound or not, its name, and its method and path."""
    bb = Bitbucket()
    for one in OPERATIONS:
        bound = getattr(getattr(bb, one.group), one.name)
        named = (one, bound, bound.__func__, f"{one.group}.{one.name}", f"{one.method} {one.path}")
        assert all(operation_of(what) is one for what in named)


def test_the_words_in_braces_and_the_case_of_the_method_do_not_matter() -> None:
    """Documentation elsewhere calls the variables otherwise."""
    found = operation_of(" get /repositories/{owner}/{slug} ")
    assert found is operation_of(Repositories.get)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("repository.list", "'repository.list'; did you mean repositories.list"),
        ("repositories.lst", "did you mean repositories.list"),
        ("GET /repository/{workspace}", r"did you mean GET /repositories/{workspace}"),
        ("zzz", "'zzz': see bbasync.OPERATIONS"),
        (Bitbucket().repositories.fork_and_wait, "Repositories.fork_and_wait is no operation"),
        (len, "len is no operation"),
        (7, "int is no operation"),
    ],
)
def test_what_names_no_operation_is_told_so(what: object, said: str) -> None:
    """The error names what is near, or how one is named."""
    with pytest.raises(ArgumentError, match=said):
        operation_of(what)  # type: ignore[arg-type]  # that is the point
