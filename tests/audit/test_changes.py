"""What is told to have changed between two audits, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bbasync.audit.change import _LINES, What
from bbasync.audit.changes import Change, changes
from bbasync.audit.explain import explain
from bbasync.audit.facts import DeployKey, Hook, Member, Person, Repo, Right, Source, Unknown
from bbasync.audit.found import WorkspaceAudit
from bbasync.errors import ArgumentError
from tests.audit.organisations import (
    PEOPLE,
    Hidden,
    Organisation,
    audit_of,
    effective,
    fates,
    hidden,
    hide,
    organisations,
    person_of,
    veiled,
)
from tests.audit.small import ANN, BOB, CAT, PUBLIC_SITE, SITE, WEB, on_site, right, small

SHOP = Repo("{shop}", "acme/shop", is_private=True, project="WEB")
ADMIN = right(ANN, "admin")
ADMIN_OF_SHOP = right(ANN, "admin", SHOP)
KEY = DeployKey("acme", 7, "build server", repository=SITE)
PROJECT_KEY = DeployKey("acme", 7, "all of it", project=WEB)
HOOK = Hook("acme", "{hook}", "https://hooks.example.com/1", active=True, repository=SITE)
OWN_HOOK = Hook("acme", "{own}", "https://hooks.example.com/2", active=True)


def unread(part: Any, repository: str | None = None, **more: Any) -> Unknown:
    """A list that was not read."""
    return Unknown("acme", part, "forbidden", repository, **more)


def between(earlier: WorkspaceAudit, later: WorkspaceAudit) -> list[Change]:
    """What has changed in one workspace."""
    return changes([earlier], [later])


def rights(*given: Right, **more: Any) -> WorkspaceAudit:
    """The workspace with these rights beside the owner's."""
    return small(rights=[ADMIN, *given], **more)


def test_what_is_the_same_is_no_change() -> None:
    """Two audits that found the same have nothing between them, in whatever order it came."""
    one, other = rights(right(BOB, "read")), rights(right(BOB, "read"))
    other.rights.reverse()
    other.members = list(reversed(other.members or ()))
    assert between(one, other) == []
    assert changes([], []) == []


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (None, "read", "gained"),
        ("write", None, "lost"),
        ("read", "write", "raised"),
        ("admin", "write", "lowered"),
    ],
)
def test_a_right_that_is_another_one_is_told_with_both(
    before: str | None, after: str | None, what: What
) -> None:
    """Rights are gained, lost, raised and lowered; the change names both permissions."""
    earlier = rights(*([right(BOB, before)] if before else []))
    later = rights(*([right(BOB, after)] if after else []))
    (change,) = between(earlier, later)
    assert change == Change("acme", what, person=BOB, repository=SITE, before=before, after=after)


def test_the_sources_of_a_right_come_along() -> None:
    """A reader learns by what a right was had, and by what it is had now."""
    earlier = rights(right(BOB, "write"), grants=[on_site("write", group="devs")])
    later = rights(right(BOB, "read"), grants=[on_site("read", BOB)])
    for audit in (earlier, later):
        explain(audit)
    (change,) = between(earlier, later)
    assert change.before_sources == (Source("group", "write", group="devs"),)
    assert change.after_sources == (Source("user", "read"),)
    assert change.describe() == (
        "Bob was lowered from write to read on acme/site (it was by group devs)"
    )


def test_persons_are_who_they_are_whatever_they_are_called() -> None:
    """A new display name is no change, and a namesake is somebody else."""
    renamed = evolve(BOB, name="Robert")
    namesake = Person("{other}", "Bob")
    earlier = rights(right(BOB, "read"))
    assert between(earlier, rights(right(renamed, "read"))) == []
    found = between(earlier, rights(right(namesake, "read")))
    assert [(one.what, one.person) for one in found] == [("gained", namesake), ("lost", BOB)]


def test_members_who_join_leave_and_change_are_told() -> None:
    """Each with the level, or both levels."""
    later = small(members=[Member("acme", BOB, "owner"), Member("acme", Person("{d}", "D"), "x")])
    earlier = small(members=[Member("acme", BOB, "member"), Member("acme", CAT, "member")])
    found = between(earlier, later)
    assert [(one.what, one.person and one.person.name, one.before, one.after) for one in found] == [
        ("joined", "D", None, "x"),
        ("left", "Cat", "member", None),
        ("level", "Bob", "member", "owner"),
    ]


def test_a_repository_is_followed_by_its_uuid() -> None:
    """A new name is a renaming, and the rights on it are the same ones."""
    renamed = evolve(SITE, full_name="acme/www")
    earlier = small()
    later = small(repositories=[renamed], rights=[right(ANN, "admin", renamed)])
    (change,) = between(earlier, later)
    assert change == Change("acme", "renamed", None, renamed, None, "acme/site", "acme/www")


def test_a_new_repository_under_an_old_name_is_another_one() -> None:
    """The one that was deleted is gone, with the rights on it."""
    again = evolve(SITE, uuid="{again}")
    later = small(repositories=[again], rights=[right(ANN, "admin", again)])
    found = between(small(), later)
    assert [(one.what, one.repository) for one in found] == [
        ("created", again),
        ("gone", SITE),
        ("gained", again),
        ("lost", SITE),
    ]


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [(SITE, PUBLIC_SITE, "made-public"), (PUBLIC_SITE, SITE, "made-private")],
)
def test_publishing_is_told(before: Repo, after: Repo, what: What) -> None:
    """So is the way back."""
    (change,) = between(small(repositories=[before]), small(repositories=[after]))
    assert (change.what, change.repository) == (what, after)


def test_a_visibility_that_is_not_known_is_no_change() -> None:
    """Neither public nor private was found to have become the other."""
    unclear = evolve(SITE, is_private=None)
    assert between(small(repositories=[unclear]), small(repositories=[PUBLIC_SITE])) == []
    assert between(small(repositories=[PUBLIC_SITE]), small(repositories=[unclear])) == []


def elsewhere(**more: Any) -> WorkspaceAudit:
    """Another workspace with nobody in it."""
    empty: dict[str, Any] = {"members": [], "repositories": [], "rights": []}
    audit = small(**(empty | more))
    audit.workspace = "other"
    return audit


def test_a_repository_that_was_transferred_has_moved() -> None:
    """It is neither gone nor new, and only what changed of its rights is told."""
    moved = evolve(SITE, full_name="other/site")
    there = elsewhere(
        repositories=[moved], rights=[right(ANN, "admin", moved), right(CAT, "read", moved)]
    )
    found = changes(
        [rights(right(BOB, "read")), elsewhere()], [small(repositories=[], rights=[]), there]
    )
    assert [(one.workspace, one.what, one.before, one.after) for one in found] == [
        ("other", "moved", "acme/site", "other/site"),
        ("other", "gained", None, "read"),
        ("other", "lost", "read", None),
    ]


def test_a_workspace_of_one_side_only_is_told_and_not_compared() -> None:
    """Nobody is said to have gained or lost anything in it."""
    earlier, later = [small()], [elsewhere(repositories=[SHOP], rights=[ADMIN_OF_SHOP])]
    assert changes(earlier, later) == [
        Change("acme", "workspace-missing"),
        Change("other", "workspace-new"),
    ]


def test_a_workspace_can_be_there_only_once() -> None:
    """Two audits of it at one time can't both be what it was."""
    with pytest.raises(ArgumentError, match="'acme' is there twice in the later audit"):
        changes([], [small(), small()])


def test_what_a_side_did_not_read_is_neither_gained_nor_lost() -> None:
    """What only the other side has is counted, in one line for the repository."""
    full = rights(right(BOB, "read"), right(CAT, "write"))
    part = small(rights=[], unknown=[unread("rights", "acme/site")])
    (change,) = between(full, part)
    assert change == Change(
        "acme",
        "unknown",
        repository=SITE,
        parts=("rights",),
        left_out=3,
        reason="rights, later: forbidden",
    )
    (change,) = between(part, full)
    assert (change.left_out, change.reason) == (3, "rights, earlier: forbidden")


def test_what_was_seen_on_both_sides_is_compared_though_more_was_not_read() -> None:
    """Half of a list says for certain what it says; so does its not being on a full one."""
    full = rights(right(BOB, "write"))
    half = small(
        rights=[right(BOB, "read"), right(CAT, "read")], unknown=[unread("rights", "acme/site")]
    )
    found = between(half, full)
    assert [(one.what, one.person, one.left_out) for one in found] == [
        ("raised", BOB, 0),
        ("lost", CAT, 0),
        ("unknown", None, 1),
    ]


def test_rights_that_were_read_of_no_repository_are_one_line() -> None:
    """A workspace that was closed to the caller is not told repository by repository."""
    full = small(repositories=[SITE, SHOP], rights=[ADMIN, ADMIN_OF_SHOP])
    closed = small(
        repositories=[],
        rights=[],
        members=None,
        unknown=[unread("rights"), unread("repositories"), unread("members")],
    )
    for earlier, later in ((full, closed), (closed, full)):
        (change,) = between(earlier, later)
        assert (change.what, change.repository) == ("unknown", None)
        assert change.parts == ("members", "repositories", "rights")
        assert change.left_out == 3 + 2 + 2


def test_a_workspace_that_was_not_found_has_lost_nothing() -> None:
    """Where even the workspace could not be read, nothing in it is known to be gone."""
    lost = WorkspaceAudit("acme", "explain", unknown=[unread("workspaces")])
    for earlier, later in ((small(), lost), (lost, small())):
        (change,) = between(earlier, later)
        assert (change.what, change.left_out) == ("unknown", 3 + 1 + 1)


@pytest.mark.parametrize(
    ("unknown", "repository"),
    [
        (unread("rights", "acme/secret"), None),
        (unread("rights", "acme/site"), SITE),
        (unread("rights"), None),
        (unread("members"), None),
    ],
)
def test_unread_lists_are_told_though_nothing_is_left_out(
    unknown: Unknown, repository: Repo | None
) -> None:
    """Two audits that could not read the same are not the same for that."""
    (change,) = between(small(unknown=[unknown]), small(unknown=[unknown]))
    part = unknown.part
    assert (change.what, change.repository, change.left_out) == ("unknown", repository, 0)
    assert change.reason == f"{part}, earlier: forbidden; {part}, later: forbidden"


def test_nobody_has_joined_whose_membership_was_not_looked_at() -> None:
    """Members that are None are not nobody."""
    for earlier, later in ((small(members=None), small()), (small(), small(members=None))):
        (change,) = between(earlier, later)
        assert (change.what, change.left_out) == ("unknown", 3)
        assert "they were not read" in (change.reason or "")


def test_a_repository_that_was_not_asked_for_is_neither_new_nor_gone() -> None:
    """An audit of one repository knows nothing of the others."""
    everything = small(repositories=[SITE, SHOP], rights=[ADMIN, ADMIN_OF_SHOP])
    one = small(only=("acme/site",))
    for earlier, later in ((one, everything), (everything, one)):
        (change,) = between(earlier, later)
        assert (change.what, change.repository, change.left_out) == ("unknown", None, 2)
        assert "only acme/site was asked for" in (change.reason or "")
    gone = small(only=("acme/site",), repositories=[], rights=[])
    assert [one.what for one in between(one, gone)] == ["gone", "lost"]
    missed = small(
        only=("acme/site",), repositories=[], rights=[], unknown=[unread("rights", "acme/site")]
    )
    assert [one.what for one in between(one, missed)] == ["unknown"]


def rights_alone(*given: Right, **more: Any) -> WorkspaceAudit:
    """An audit of rights alone: it knows the repositories that somebody has a right on."""
    repositories = {one.repository.uuid: one.repository for one in given}
    audit = small(
        rights=list(given), repositories=list(repositories.values()), projects=None, **more
    )
    audit.level = "effective"
    return audit


def test_different_levels_are_compared_in_what_both_have() -> None:
    """Rights are; keys and webhooks, of which one side knows nothing, are not."""
    full = rights(right(BOB, "read"), deploy_keys=[KEY], webhooks=[HOOK])
    full.level = "full"
    bare = rights_alone(ADMIN, right(BOB, "write"))
    assert [one.what for one in between(full, bare)] == ["raised"]
    assert [one.what for one in between(bare, full)] == ["lowered"]
    assert between(rights_alone(ADMIN), rights_alone(ADMIN)) == []


def test_a_repository_without_rights_is_not_told_from_none_where_only_rights_were_read() -> None:
    """That only the other level lists it is not its being new or gone."""
    with_shop, bare = small(repositories=[SITE, SHOP]), rights_alone(ADMIN)
    for earlier, later in ((with_shop, bare), (bare, with_shop)):
        (change,) = between(earlier, later)
        assert (change.what, change.left_out, change.parts) == ("unknown", 1, ("repositories",))
    found = between(bare, small(repositories=[SITE, SHOP], rights=[ADMIN, ADMIN_OF_SHOP]))
    assert [one.what for one in found] == ["created", "gained"]


def test_permissions_without_an_order_are_not_compared() -> None:
    """Which of two is more can't be told of one that is not known."""
    (change,) = between(rights(right(BOB, "triage")), rights(right(BOB, "read")))
    assert (change.what, change.repository, change.left_out) == ("unknown", SITE, 1)
    assert "triage and read can't be told to be more or less" in (change.reason or "")


def full(**changes: Any) -> WorkspaceAudit:
    """An audit of everything."""
    audit = small(**changes)
    audit.level = "full"
    return audit


def test_deploy_keys_and_webhooks_that_come_and_go_are_told() -> None:
    """Of repositories, of projects, and of the workspace; each with its label or address."""
    bare = full()
    equipped = full(deploy_keys=[KEY, PROJECT_KEY], webhooks=[HOOK, OWN_HOOK])
    found = between(bare, equipped)
    assert [(one.what, one.project, one.thing, one.after) for one in found] == [
        ("deploy-key-added", "WEB", "7", "all of it"),
        ("deploy-key-added", None, "7", "build server"),
        ("webhook-added", None, "{own}", "https://hooks.example.com"),
        ("webhook-added", None, "{hook}", "https://hooks.example.com"),
    ]
    found = between(equipped, bare)
    assert [one.what.rpartition("-")[2] for one in found] == ["removed"] * 4
    assert next(one.before for one in found) == "all of it"
    used = evolve(KEY, last_used=datetime(2026, 1, 1, tzinfo=UTC))
    assert between(full(deploy_keys=[KEY]), full(deploy_keys=[used])) == []


@pytest.mark.parametrize(
    ("thing", "unknown"),
    [
        ({"deploy_keys": [KEY]}, unread("deploy-keys", "acme/site")),
        ({"deploy_keys": [PROJECT_KEY]}, unread("deploy-keys", project="WEB")),
        ({"deploy_keys": [PROJECT_KEY]}, unread("projects")),
        ({"webhooks": [HOOK]}, unread("webhooks", "acme/site")),
        ({"webhooks": [OWN_HOOK]}, unread("webhooks")),
    ],
)
def test_keys_and_webhooks_of_an_unread_list_are_no_change(
    thing: dict[str, Any], unknown: Unknown
) -> None:
    """They are counted as what can't be compared."""
    for earlier, later in (
        (full(**thing), full(unknown=[unknown])),
        (full(unknown=[unknown]), full(**thing)),
    ):
        (change,) = between(earlier, later)
        assert (change.what, change.left_out) == ("unknown", 1)
        assert change.parts == (unknown.part,)


def test_an_audit_of_one_repository_says_nothing_of_what_is_beside_it() -> None:
    """The webhooks of the workspace and the keys of projects were not asked for."""
    everything = full(deploy_keys=[PROJECT_KEY], webhooks=[OWN_HOOK])
    one = full(only=("acme/site",))
    (change,) = between(everything, one)
    assert (change.what, change.parts, change.left_out) == (
        "unknown",
        ("deploy-keys", "webhooks"),
        2,
    )


def test_the_order_is_always_the_same() -> None:
    """By workspace, by what has happened, by repository, by person: whatever came first."""
    people = [Person(f"{{{number}}}", f"P{number}") for number in range(9)]
    given = [right(one, "read", repo) for one in people for repo in (SITE, SHOP)]
    later = rights(*given, ADMIN_OF_SHOP, repositories=[SITE, SHOP])
    once = between(small(), later)
    again = between(small(), rights(*reversed(given), ADMIN_OF_SHOP, repositories=[SHOP, SITE]))
    assert once == again
    assert [one.what for one in once] == ["created", *["gained"] * 19]
    names = [one.repository.full_name for one in once[1:] if one.repository]
    assert names == ["acme/shop"] * 10 + ["acme/site"] * 9


def told(found: list[Change]) -> set[tuple[Any, ...]]:
    """What was said for certain, without what can change with the level of an audit."""
    return {
        (one.what, one.person, one.repository and one.repository.uuid, one.before, one.after)
        for one in found
        if one.what != "unknown"
    }


@given(organisations, organisations)
def test_the_changes_between_any_two_organisations_are_those_of_their_rights(
    one: Organisation, other: Organisation
) -> None:
    """Each pair of a person and a repository that is not as it was is told once."""
    found = between(audit_of(one), audit_of(other))
    expected = set()
    for name in {*one.repositories, *other.repositories}:
        for person in PEOPLE:
            was = effective(one, name, person) if name in one.repositories else None
            now = effective(other, name, person) if name in other.repositories else None
            if was != now:
                expected.add((person_of(person), f"{{{name}}}", was, now))
    got = [
        (each.person, each.repository and each.repository.uuid, each.before, each.after)
        for each in found
        if each.what in {"gained", "raised", "lowered", "lost"}
    ]
    assert len(got) == len(set(got))
    assert set(got) == expected
    assert {each.person for each in found if each.what in {"joined", "left", "level"}} == {
        person_of(each) for each in PEOPLE if one.members.get(each) != other.members.get(each)
    }
    assert "unknown" not in {each.what for each in found}


@given(
    organisations,
    organisations,
    st.tuples(hidden, veiled, fates, st.sampled_from(["effective", "explain"])),
    st.tuples(hidden, veiled, fates, st.sampled_from(["effective", "explain"])),
)
def test_what_was_not_read_changes_nothing_that_did_not_change(
    one: Organisation,
    other: Organisation,
    before: tuple[frozenset[Hidden], frozenset[str], int, Any],
    after: tuple[frozenset[Hidden], frozenset[str], int, Any],
) -> None:
    """Whatever is hidden on either side, at whatever level: all that is told is true.

    And what is true and not told is counted as unknown.
    """
    truth = told(between(audit_of(one), audit_of(other)))
    audits = [
        hide(audit_of(org, level), lists, veils, fate)
        for org, (lists, veils, fate, level) in ((one, before), (other, after))
    ]
    found = between(*audits)
    assert told(found) <= truth
    doubts = [each for each in found if each.what == "unknown"]
    assert all(each.reason and each.parts for each in doubts)
    assert sum(each.left_out for each in doubts) or told(found) == {
        each for each in truth if _is_seen(each, *audits)
    }


def _is_seen(change: tuple[Any, ...], *audits: WorkspaceAudit) -> bool:
    """Whether any of the audits has an entry that a change is about, or knows what it was."""
    what, person, repository, *_ = change
    if what in {"joined", "left", "level"}:
        return any(person in [each.person for each in one.members or ()] for one in audits)
    if what in {"made-public", "made-private"}:
        return all(
            each.is_private is not None
            for one in audits
            for each in one.repositories
            if each.uuid == repository
        ) and all(any(each.uuid == repository for each in one.repositories) for one in audits)
    if what in {"created", "gone"}:
        return any(repository in [each.uuid for each in one.repositories] for one in audits)
    return any(
        (each.person, each.repository.uuid) == (person, repository)
        for one in audits
        for each in one.rights
    )


EXAMPLES = {
    "workspace-new": (
        Change("acme", "workspace-new"),
        "acme was not audited earlier: nothing in it is compared",
    ),
    "workspace-missing": (
        Change("acme", "workspace-missing"),
        "acme is not in the later audit: nothing in it is compared",
    ),
    "joined": (Change("acme", "joined", BOB, after="member"), "Bob joined acme as member"),
    "left": (Change("acme", "left", BOB, before="owner"), "Bob left acme, and was owner"),
    "level": (
        Change("acme", "level", BOB, before="member", after="owner"),
        "Bob is owner of acme, and was member",
    ),
    "created": (Change("acme", "created", repository=SITE), "acme/site is new"),
    "moved": (
        Change("acme", "moved", repository=SITE, before="b/site", after="acme/site"),
        "acme/site was b/site, and came from another workspace",
    ),
    "renamed": (
        Change("acme", "renamed", repository=SITE, before="acme/www", after="acme/site"),
        "acme/site was called acme/www",
    ),
    "made-public": (
        Change("acme", "made-public", repository=SITE),
        "acme/site was made public",
    ),
    "made-private": (
        Change("acme", "made-private", repository=SITE),
        "acme/site was made private",
    ),
    "gone": (
        Change("acme", "gone", repository=SITE),
        "acme/site is gone: deleted, or moved to where nothing was audited",
    ),
    "gained": (
        Change(
            "acme",
            "gained",
            BOB,
            SITE,
            after="write",
            after_sources=(
                Source("group", "write", group="devs"),
                Source("default", "write", group="all"),
                Source("public", "read"),
            ),
        ),
        "Bob gained write on acme/site (by group devs and the default of group all)",
    ),
    "raised": (
        Change("acme", "raised", BOB, SITE, before="read", after="write"),
        "Bob was raised from read to write on acme/site",
    ),
    "lowered": (
        Change("acme", "lowered", BOB, SITE, before="admin", after="write"),
        "Bob was lowered from admin to write on acme/site",
    ),
    "lost": (
        Change(
            "acme",
            "lost",
            BOB,
            SITE,
            before="read",
            before_sources=(Source("project-group", "read", "devs", "WEB"),),
        ),
        "Bob lost read on acme/site (it was by group devs on project WEB)",
    ),
    "deploy-key-added": (
        Change("acme", "deploy-key-added", project="WEB", after="{x}", thing="7"),
        "deploy key 7 ({x}) was added to project WEB",
    ),
    "deploy-key-removed": (
        Change("acme", "deploy-key-removed", repository=SITE, before="build", thing="7"),
        "deploy key 7 (build) was removed from acme/site",
    ),
    "webhook-added": (
        Change("acme", "webhook-added", after="https://example.com/", thing="{h}"),
        "webhook {h} to https://example.com/ was added to acme",
    ),
    "webhook-removed": (
        Change(
            "acme", "webhook-removed", repository=SITE, before="https://example.com/", thing="{h}"
        ),
        "webhook {h} to https://example.com/ was removed from acme/site",
    ),
    "unknown": (
        Change("acme", "unknown", parts=("rights",), left_out=1, reason="rights, later: forbidden"),
        (
            "acme can't be compared in full (rights): rights, later: forbidden; "
            "1 entry of one side left out"
        ),
    ),
}


@pytest.mark.parametrize("what", _LINES)
def test_each_change_is_one_line_for_people(what: What) -> None:
    """Every kind of change has a sentence, which says why where that is known."""
    change, line = EXAMPLES[what]
    assert change.what == what
    assert change.describe() == line
