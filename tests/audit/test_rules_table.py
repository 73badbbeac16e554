"""How a rule is declared, and what it looks at."""

from __future__ import annotations

from typing import Annotated

import pytest

from bbasync.audit.rules import Case, Hit, Option, rule
from bbasync.errors import ArgumentError
from tests.audit.ruled import TODAY, audited, unread


@pytest.mark.parametrize("left", [{}, {"repository": "acme/site"}, {"project": "WEB"}], ids=str)
@pytest.mark.parametrize("asked", [{}, {"repository": "acme/site"}, {"project": "WEB"}], ids=str)
def test_a_case_knows_what_its_audit_knows(left: dict[str, str], asked: dict[str, str]) -> None:
    """It is only quicker."""
    audit = audited(unknown=[unread("groups", **left)])
    case = Case(audit, TODAY)
    assert case.knows("groups", **asked) == audit.knows("groups", **asked)
    assert case.knows("members", **asked)


def test_a_rule_is_one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, its options and their kinds are read from it; a second of the name is refused."""
    monkeypatch.setattr("bbasync.audit.rules.table.RULES", {})

    def no_site(case: Case, *, most: Annotated[int, "How many."] = 1) -> list[Hit]:
        return [Hit(f"{len(case.repositories)} of {most}")]

    made = rule("No site", help="Have none.", severity="note")(no_site)
    assert (made.name, made.level) == ("no-site", "effective")
    assert made.options == {"most": Option("most", int, 1, "How many.")}
    with pytest.raises(ArgumentError, match="a rule 'no-site' already"):
        rule("No site", help="Have none.", severity="note")(no_site)

    def bare(case: Case, *, most: int = 1) -> list[Hit]:
        return [Hit(f"{case}{most}")]

    with pytest.raises(ArgumentError, match="bare's option most takes a default, and an annot"):
        rule("Bare", help="", severity="note")(bare)
