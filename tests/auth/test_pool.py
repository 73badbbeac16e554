"""A pool of credentials: who is chosen, and who is not any more."""

from __future__ import annotations

import logging
import pickle
from collections import Counter
from math import inf
from typing import Any

import pytest

from bbasync.auth import BearerAuth
from bbasync.auth.pool import CredentialPool
from bbasync.errors import ConfigurationError

ONE, TWO, THREE = (BearerAuth(f"token-of-{name}") for name in ("one", "two", "three"))


def pool() -> CredentialPool:
    """Three credentials with names."""
    return CredentialPool({"one": ONE, "two": TWO, "three": THREE})


def test_the_one_with_most_calls_left_is_chosen() -> None:
    """What is left counts, less the calls that it was just chosen for."""
    left = {id(ONE): 5.0, id(TWO): 7.0, id(THREE): 6.0}
    made = pool()
    found = [made.choose(lambda one: left[id(one)]) for _ in range(6)]
    assert [found.count(one) for one in (ONE, TWO, THREE)] == [1, 3, 2]
    made.release(TWO)
    assert made.choose(lambda one: left[id(one)]) is TWO


def test_calls_are_spread_while_nothing_is_known() -> None:
    """Without a word of budgets all get the same."""
    made = pool()
    found = Counter(id(made.choose(lambda _: inf)) for _ in range(99))
    assert set(found.values()) == {33}


def test_one_that_is_held_is_chosen_while_it_is_in() -> None:
    """A walk's own credential comes before any other, but not when it was taken out."""
    made = pool()
    assert all(made.choose(lambda _: inf, THREE) is THREE for _ in range(5))
    assert made.drop(THREE, "refused")
    assert made.choose(lambda _: inf, THREE) is not THREE


def test_one_that_fails_is_out_and_said_to_be(caplog: Any) -> None:
    """The log and `failed` say which and why, once; the last one stays in."""
    made = pool()
    with caplog.at_level(logging.WARNING, "bbasync"):
        assert made.drop(TWO, "the service answered 401")
        assert made.drop(TWO, "the service answered 401")
        assert made.drop(ONE, "revoked")
        assert not made.drop(THREE, "revoked as well")
    assert dict(made.failed) == {"two": "the service answered 401", "one": "revoked"}
    assert [record.getMessage() for record in caplog.records] == [
        "the credential two of a pool is out, 2 left: the service answered 401",
        "the credential one of a pool is out, 1 left: revoked",
    ]
    assert {made.choose(lambda _: inf) for _ in range(9)} == {THREE}
    assert made.most_left(lambda _: inf, THREE) == -inf
    made.restore("one")
    assert list(made.failed) == ["two"]
    assert made.most_left(lambda _: inf, THREE) == inf
    made.restore()
    assert not made.failed
    with pytest.raises(ConfigurationError, match=r"no credential 'four', but one, two, three"):
        made.restore("four")


def test_there_is_another_one_where_calls_are_left() -> None:
    """One whose budget is used up, or taken by calls that are coming, is no way out."""
    made = CredentialPool([ONE, TWO])
    assert made.most_left(lambda _: 0, ONE) == 0
    left = {id(ONE): -30.0, id(TWO): 1.0}
    assert made.most_left(lambda one: left[id(one)], ONE) == 1
    assert made.most_left(lambda one: left[id(one)], TWO) == -30
    made.choose(lambda one: left[id(one)])
    assert made.most_left(lambda one: left[id(one)], ONE) == 0


def test_calls_are_spread_one_after_the_other_too() -> None:
    """Where no budget is known, calls that don't overlap go to all in turn."""
    made = pool()
    found: Counter[int] = Counter()
    for _ in range(9):
        chosen = made.choose(lambda _: inf)
        found[id(chosen)] += 1
        made.release(chosen)
    assert set(found.values()) == {3}


def test_where_all_wait_the_one_that_is_free_first_is_chosen() -> None:
    """Below zero what is left is a time, which no call makes longer."""
    made = pool()
    left = {id(ONE): -600.0, id(TWO): -5.0, id(THREE): -60.0}
    assert {made.choose(lambda one: left[id(one)]) for _ in range(9)} == {TWO}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "at least one"),
        ({}, "at least one"),
        ([BearerAuth], "1 is a BearerAuth"),
        (["secret-token"], "1 is a str"),
        ({"": ONE}, "names are texts"),
        ({1: ONE}, "names are texts"),
        ([ONE, ONE], "twice"),
        ([CredentialPool([ONE])], "1 is a CredentialPool"),
    ],
)
def test_what_is_no_pool_is_refused(given: Any, said: str) -> None:
    """A clear error names what was given, and never a token."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        CredentialPool(given)
    assert "secret" not in str(caught.value)


def test_a_pool_tells_no_secret() -> None:
    """Nothing of its credentials is in its repr, and it can't be pickled."""
    made = pool()
    made.drop(ONE, "refused")
    assert repr(made) == "<CredentialPool of 3, 1 of them out>"
    assert made.identity != pool().identity
    with pytest.raises(TypeError, match="CredentialPool holds a secret"):
        pickle.dumps(made)
