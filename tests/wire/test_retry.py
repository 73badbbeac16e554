"""Whether and when a request is sent again."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbasync.wire.message import Safety
from bbasync.wire.retry import TRANSIENT, UNTOUCHED, Failure, RetryBudget, RetryPolicy

NOW = 1_800_000_000.0
ALL = tuple(Safety)
UNTIMELY = (Safety.READ, Safety.REPEATABLE, Safety.VERIFY)


def decide(
    safety: Safety,
    outcome: int | Failure,
    attempt: int = 1,
    *,
    policy: RetryPolicy | None = None,
    headers: dict[str, str] | None = None,
    random: float = 0.5,
    waited: float = 0.0,
    left: float = math.inf,
) -> float | None:
    """One decision, with the usual things filled in."""
    return (policy or RetryPolicy()).wait(
        safety,
        outcome,
        attempt,
        headers=headers or {},
        now=NOW,
        random=random,
        waited=waited,
        left=left,
    )


@pytest.mark.parametrize("safety", ALL)
def test_what_was_never_sent_may_always_be_sent_again(safety: Safety) -> None:
    """A failure to connect is retried whatever the operation."""
    assert decide(safety, Failure.UNSENT) == 0.25


@pytest.mark.parametrize("safety", ALL)
def test_a_bad_certificate_is_never_retried(safety: Safety) -> None:
    """What would fail again is not tried again."""
    assert decide(safety, Failure.REFUSED) is None


@pytest.mark.parametrize("outcome", [Failure.LOST, Failure.TIMED_OUT, *sorted(TRANSIENT)])
@pytest.mark.parametrize("safety", UNTIMELY)
def test_a_doubtful_outcome_is_retried_where_a_repetition_is_harmless(
    safety: Safety, outcome: int | Failure
) -> None:
    """Reads, repeatable writes and deletions are sent again after a lost answer or a 5xx."""
    assert decide(safety, outcome) == 0.25


@pytest.mark.parametrize(
    "outcome", [Failure.LOST, Failure.TIMED_OUT, *sorted(TRANSIENT - UNTOUCHED)]
)
def test_a_doubtful_write_is_not_repeated(outcome: int | Failure) -> None:
    """What can't be repeated is not, when it may have been carried out."""
    assert decide(Safety.NEVER, outcome) is None


@pytest.mark.parametrize(
    "status", [400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 416, 501, 505]
)
@pytest.mark.parametrize("safety", ALL)
def test_a_final_answer_is_final(safety: Safety, status: int) -> None:
    """Answers that would be the same again are not asked for again, whatever they tell to wait."""
    assert decide(safety, status, headers={"Retry-After": "1"}) is None


@pytest.mark.parametrize("safety", ALL)
def test_a_429_is_retried_for_every_operation(safety: Safety) -> None:
    """A 429 was refused before it was carried out, so that a write may be sent again as well."""
    assert decide(safety, 429, headers={"X-RateLimit-Reset": "60"}) == 60 * 1.05


@pytest.mark.parametrize("safety", ALL)
def test_a_425_was_not_carried_out(safety: Safety) -> None:
    """What came too early to be looked at may come again, whatever it is."""
    assert decide(safety, 425) == 0.25


def test_a_429_that_tells_nothing_is_not_asked_again_quickly() -> None:
    """Without a header the guess starts at half a minute and doubles."""
    waits = [decide(Safety.READ, 429, attempt, random=0.0) for attempt in (1, 2, 3)]
    assert waits == [30, 60, 120]


def test_backoff_doubles_up_to_its_bound() -> None:
    """The bound of the random wait doubles with each attempt, and ends at longest_backoff."""
    policy = RetryPolicy(attempts=100)
    waits = [decide(Safety.READ, 503, attempt, policy=policy, random=1.0) for attempt in (1, 2, 3)]
    assert waits == [0.5, 1, 2]
    assert decide(Safety.READ, 503, 99, policy=policy, random=1.0) == 20


@pytest.mark.parametrize("value", ["7", "Fri, 15 Jan 2027 08:00:07 GMT"])
def test_a_retry_after_of_a_503_is_kept(value: str) -> None:
    """Where the service says how long, that is how long, and a tenth more, not all at once."""
    assert decide(Safety.READ, 503, headers={"Retry-After": value}, random=0.0) == 7
    assert decide(Safety.READ, 503, headers={"Retry-After": value}, random=1.0) == pytest.approx(
        7.7
    )


def test_a_retry_after_of_nothing_is_no_invitation_to_hammer() -> None:
    """The random wait is the least that is waited."""
    waits = [decide(Safety.READ, 503, n, headers={"Retry-After": "0"}) for n in (1, 2, 3)]
    assert waits == [0.25, 0.5, 1.0]


def test_the_headers_of_the_quota_say_nothing_of_an_outage() -> None:
    """Anonymous answers of any status tell when the hour is over: no reason to wait for it."""
    assert decide(Safety.READ, 503, headers={"X-RateLimit-Reset": "745"}) == 0.25


def test_all_waits_of_a_call_together_stay_within_max_wait() -> None:
    """What was waited before counts: two waits of 70 s are more than 120 s."""
    headers = {"Retry-After": "70"}
    assert decide(Safety.READ, 503, headers=headers, random=0.0) == 70
    assert decide(Safety.READ, 503, headers=headers, random=0.0, waited=70) is None


@pytest.mark.parametrize(("outcome", "wait"), [(503, 0.25), (Failure.LOST, 0.25), (429, 31.5)])
def test_no_wait_ends_past_the_deadline(outcome: int | Failure, wait: float) -> None:
    """A repetition that would come too late is not waited for."""
    assert decide(Safety.READ, outcome, left=wait) == wait
    assert decide(Safety.READ, outcome, left=wait - 0.01) is None


@pytest.mark.parametrize("attempt", [4, 5, 1000])
def test_the_last_attempt_is_the_last(attempt: int) -> None:
    """Nothing is retried once the attempts are used up."""
    assert decide(Safety.READ, Failure.UNSENT, attempt) is None


OUTCOMES = st.one_of(st.sampled_from(list(Failure)), st.integers(100, 999))
HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "X-RateLimit-Reset"]),
    st.one_of(st.text(max_size=20), st.floats().map(str), st.integers().map(str)),
)


def test_a_429_is_bounded_by_max_wait_instead() -> None:
    """Whoever is refused more often than others must not fail for that; but 1 is 1."""
    patient = RetryPolicy(max_wait=math.inf)
    assert decide(Safety.READ, 429, 9, policy=patient, random=0.0) == 30.0 * 2**8
    assert decide(Safety.READ, 429, 4) is None
    assert decide(Safety.READ, 429, 1, policy=RetryPolicy(attempts=1)) is None


def test_a_told_wait_that_was_wrong_is_doubled() -> None:
    """Refused calls prolong the block; 0 is believed once, by whoever is told so."""
    waits = [
        decide(Safety.READ, 429, n, headers={"Retry-After": "7"}, random=0.0) for n in (1, 2, 3)
    ]
    assert waits == [7.0, 14.0, 28.0]
    waits = [
        decide(Safety.READ, 429, n, headers={"Retry-After": "0"}, random=0.0) for n in (1, 2, 3)
    ]
    assert waits == [0.0, 2.0, 4.0]


@given(
    safety=st.sampled_from(ALL),
    outcome=OUTCOMES,
    attempt=st.integers(1, 2000),
    attempts=st.integers(1, 2000),
    max_wait=st.floats(0, 1e9),
    waited=st.floats(0, 1e9),
    headers=HEADERS,
    random=st.floats(0, 1, exclude_max=True),
    left=st.floats(-1e9, math.inf),
)
def test_no_input_breaks_the_bounds(
    safety: Safety,
    outcome: int | Failure,
    attempt: int,
    attempts: int,
    max_wait: float,
    waited: float,
    headers: dict[str, str],
    random: float,
    left: float,
) -> None:
    """Never beyond attempts or a told max_wait, never a lost NEVER, and always finite."""
    policy = RetryPolicy(attempts=attempts, max_wait=max_wait)
    wait = decide(
        safety,
        outcome,
        attempt,
        policy=policy,
        headers=headers,
        random=random,
        waited=waited,
        left=left,
    )
    if wait is None:
        return
    assert attempt < attempts or (outcome == 429 and attempts > 1)
    assert math.isfinite(wait)
    assert 0 <= wait <= left
    assert wait <= policy.longest_backoff or waited + wait <= max_wait
    if safety is Safety.NEVER:
        assert outcome in {425, 429, Failure.UNSENT}


@given(st.lists(st.tuples(st.sampled_from(["call", "retry"]), st.floats(0, 100)), max_size=300))
def test_repetitions_are_few_beside_calls(steps: list[tuple[str, float]]) -> None:
    """In any order of events: a bucket at first, a fifth of the calls, and a few with time."""
    budget = RetryBudget(most=5)
    now, calls, retries = NOW, 0, 0
    for kind, passed in steps:
        now += passed
        if kind == "call":
            calls += 1
            budget.called()
        elif budget.allows(now):
            retries += 1
        assert retries <= 5 + 0.2 * calls + 0.1 * (now - NOW) + 1e-6


def test_a_quiet_client_may_always_repeat() -> None:
    """Rare failures among calls never use the budget up."""
    budget = RetryBudget(most=2)
    for number in range(1000):
        for _ in range(6):
            budget.called()
        assert budget.allows(NOW + number / 1000)


def test_an_outage_is_not_made_worse() -> None:
    """When everything fails, repetitions are soon no more than a fifth of the calls."""
    budget = RetryBudget()
    allowed = 0
    for _ in range(10_000):
        budget.called()
        allowed += sum(budget.allows(NOW) for _ in range(3))
    assert allowed <= 60 + 2000


def test_time_gives_the_budget_back_whatever_the_clock_does() -> None:
    """Ten seconds are one repetition; a clock that goes back takes nothing away."""
    budget = RetryBudget(most=1)
    assert budget.allows(NOW)
    assert not budget.allows(NOW)
    assert not budget.allows(NOW - 1000)
    assert budget.allows(NOW - 990)
