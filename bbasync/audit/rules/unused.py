"""The rule about the policy itself."""

from __future__ import annotations

from collections.abc import Iterable

from .case import Case
from .table import Hit, rule


@rule(
    "Allowances that allow nothing",
    help=(
        "What it was for is gone, or is written differently. Take it out of the policy, before it "
        "allows something else."
    ),
    severity="note",
)
def unused_allowances(_: Case) -> Iterable[Hit]:
    """Nothing of one workspace: `Policy.unused` looks at what all of them have used."""
    return ()
