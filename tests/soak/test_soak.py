"""The soak, for a few seconds, so that it can't rot."""

from __future__ import annotations

from benchmarks.soak import soak


async def test_a_short_storm_leaves_nothing_behind() -> None:
    """Whatever goes wrong, calls end as without faults, and nothing is left over."""
    report = await soak(seconds=2.5, seed=3)
    assert report.problems == []
    assert report.errands.total() > 50
    assert report.requests > report.errands.total()
