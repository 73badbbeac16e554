"""What tells one finding from another, and an earlier from a later one."""

from __future__ import annotations

from attrs import evolve

from bbasync.audit.facts import Project
from bbasync.audit.findings import Allowance, Finding
from tests.audit.ruled import (
    ANN,
    EVE,
    SHOP,
    SITE,
    TODAY,
)

OUTSIDE = "outsiders-with-write"
ALLOWED = Allowance(OUTSIDE, "she helps", TODAY, place="allow[1]")


def test_a_fingerprint_outlives_new_names() -> None:
    """Of the person, the repository and the workspace, and another permission or severity."""
    before = Finding("acme", OUTSIDE, "error", "so", SITE, person=EVE, permission="write")
    after = Finding(
        "acme-inc",
        OUTSIDE,
        "note",
        "otherwise",
        evolve(SITE, full_name="acme-inc/shop", is_private=False),
        person=evolve(EVE, name="Eva", account_id=None),
        permission="admin",
        allowed=ALLOWED,
    )
    assert before.fingerprint == after.fingerprint
    assert len(before.fingerprint) == 16


def test_a_fingerprint_tells_apart_what_differs() -> None:
    """Rule, repository, project, person, group, thing; the workspace where nothing else does."""
    project = Project("acme", SITE.uuid, "WEB", "Web")
    finding = Finding("acme", OUTSIDE, "error", "so")
    others = [
        {"workspace": "other"},
        {"rule": "public-repositories"},
        {"repository": SITE},
        {"repository": SHOP},
        {"project": project},
        {"person": EVE},
        {"person": EVE, "workspace": "other"},
        {"repository": SITE, "person": EVE},
        {"repository": SITE, "person": ANN},
        {"repository": SITE, "group": "devs"},
        {"repository": SITE, "thing": "7"},
        {"repository": SHOP, "thing": "7"},
        {"thing": "7"},
    ]
    prints = [finding.fingerprint] + [evolve(finding, **one).fingerprint for one in others]
    assert len(set(prints)) == len(prints)


def test_a_fingerprint_is_the_same_in_every_version() -> None:
    """Reports of earlier versions are compared with it: it must not change."""
    finding = Finding("acme", OUTSIDE, "error", "so", SITE, person=EVE)
    assert finding.fingerprint == "43752fab7d6fcad8"
