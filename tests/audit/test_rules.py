"""What each rule about rights finds, and what it must not."""

from __future__ import annotations

import pytest
from attrs import evolve

from bbasync.audit.facts import Grant, Group, Member, Person, Repo, Right, Source
from bbasync.audit.policy import Policy
from bbasync.audit.rules import RULES
from tests.audit.ruled import (
    ANN,
    BOB,
    CID,
    EVE,
    OWNER,
    SHOP,
    SITE,
    TODAY,
    WEB,
    audited,
    found,
    rights,
    told,
    unread,
)

PUBLIC = evolve(SITE, is_private=False)
DEVS = Group("acme", "devs", "Devs", members=(ANN.uuid,))
BY_HAND = Grant("acme", "write", ANN, repository=SITE)


def test_a_workspace_in_order_has_no_findings() -> None:
    """All rules together say nothing where there is nothing."""
    protected = Policy.of(*(set(RULES) - {"unprotected-main-branches"}))
    assert protected.check(audited(rights=rights("write", ANN)), today=TODAY) == []


@pytest.mark.parametrize(
    ("least", "who"), [("read", "ABC"), ("write", "AB"), ("admin", "A")], ids=str
)
def test_outsiders_are_found_from_the_permission_on(least: str, who: str) -> None:
    """What is less than the option says, and members, are not found."""
    people = {one: Person(f"{{{one}}}", one) for one in "ABC"}
    given = zip(people.values(), ("admin", "write", "read"), strict=True)
    outside = [Right(person, SITE, permission) for person, permission in given]
    audit = audited(rights=[*outside, *rights("admin", OWNER, ANN)])
    findings = found("outsiders-with-write", audit, permission=least)
    assert [one.person for one in findings] == [people[one] for one in who]
    assert told(findings)[0] == "A is outside the workspace and has admin on acme/site"
    assert (findings[0].repository, findings[0].permission) == (SITE, "admin")
    assert findings[0].severity == "error"


@pytest.mark.parametrize("members", [None, [Member("acme", OWNER, "owner")]], ids=["none", "some"])
def test_nobody_is_an_outsider_where_not_all_members_are_known(
    members: list[Member] | None,
) -> None:
    """Whoever a missing or a partial list does not name may be a member."""
    audit = audited(members=members, unknown=[unread("members")], rights=rights("admin", EVE))
    assert found("outsiders-with-write", audit) == []


def test_a_right_that_the_service_calls_otherwise_is_no_write() -> None:
    """A permission of an unknown name is not guessed at."""
    assert found("outsiders-with-write", audited(rights=rights("unknown", EVE))) == []


def test_too_many_admins_are_more_than_the_most() -> None:
    """Exactly as many as the option says are not too many; owners are not counted."""
    audit = audited(rights=rights("admin", OWNER, ANN, BOB, CID) + rights("write", EVE))
    assert found("too-many-admins", audit) == []
    audit.rights += rights("admin", EVE)
    findings = found("too-many-admins", audit)
    assert told(findings) == [
        (
            "acme/site has 4 administrators beside the workspace's owners, more than 3: "
            "Ann, Bob, Cid, Eve"
        )
    ]
    assert (findings[0].repository, findings[0].person) == (SITE, None)
    assert found("too-many-admins", audit, most=4) == []


def test_owners_count_as_administrators_where_they_shall() -> None:
    """With the option the owner is one more, and the members need not be known."""
    audit = audited(rights=rights("admin", OWNER, ANN, BOB, CID))
    assert told(found("too-many-admins", audit, count_owners=True)) == [
        "acme/site has 4 administrators, more than 3: Ann, Bob, Cid, Owner"
    ]
    audit = audited(rights=audit.rights, members=None, unknown=[unread("members")])
    assert found("too-many-admins", audit, most=0) == []
    assert len(found("too-many-admins", audit, most=3, count_owners=True)) == 1


def test_a_long_list_of_administrators_says_how_many_more_there_are() -> None:
    """Ten names are told, and the number of the others."""
    crowd = [Person(f"{{{number}}}", f"P{number:02}") for number in range(12)]
    (message,) = told(found("too-many-admins", audited(rights=rights("admin", *crowd))))
    assert message.endswith("P08, P09 and 2 more")


def test_too_many_owners_are_more_than_the_most() -> None:
    """Exactly as many as the option says are not too many; members are not counted."""
    owners = [Member("acme", one, "owner") for one in (OWNER, ANN, BOB)]
    members = [*owners, Member("acme", CID, "member")]
    assert found("too-many-owners", audited(members=members)) == []
    findings = found("too-many-owners", audited(members=members), most=2)
    assert told(findings) == ["acme has 3 owners, more than 2: Ann, Bob, Owner"]
    assert found("too-many-owners", audited(members=None), most=0) == []


def test_only_what_is_known_to_be_public_is_public() -> None:
    """A private repository is not found, nor one whose visibility was not told."""
    odd = Repo("{odd}", "acme/odd")
    audit = audited(repositories=[odd, SHOP, PUBLIC])
    assert [one.repository for one in found("public-repositories", audit)] == [PUBLIC]


def test_a_grant_by_hand_is_found_on_a_repository_and_on_a_project() -> None:
    """Grants to groups, to people outside, and of nothing are not."""
    grants = [
        BY_HAND,
        Grant("acme", "admin", BOB, project=WEB),
        Grant("acme", "none", CID, repository=SITE),
        Grant("acme", "write", EVE, repository=SITE),
        Grant("acme", "write", group="devs", repository=SHOP),
    ]
    findings = found("grants-beside-groups", audited(grants=grants, groups=[DEVS]))
    assert told(findings) == [
        "Bob was given admin on the project WEB by hand; no group gives as much",
        "Ann was given write on acme/site by hand; no group gives as much",
    ]
    assert [(one.repository, one.project, one.permission) for one in findings] == [
        (None, WEB, "admin"),
        (SITE, None, "write"),
    ]
    assert (
        found("grants-beside-groups", audited(grants=grants, groups=[DEVS]), redundant_only=True)
        == []
    )


@pytest.mark.parametrize(
    ("grant", "group"),
    [
        (Grant("acme", "write", group="devs", repository=SITE), DEVS),
        (Grant("acme", "create-repo", group="devs", project=WEB), DEVS),
        (Grant("acme", "read", group="devs", project=WEB), evolve(DEVS, permission="write")),
    ],
    ids=["on the repository", "on its project", "by default"],
)
def test_a_grant_that_a_group_gives_too_is_redundant(grant: Grant, group: Group) -> None:
    """The group is named, wherever its right comes from, even if the grant knows no project."""
    bare = evolve(BY_HAND, repository=Repo(SITE.uuid, SITE.full_name))
    audit = audited(grants=[bare, grant], groups=[group])
    findings = found("grants-beside-groups", audit, redundant_only=True)
    assert told(findings) == [
        "Ann was given write on acme/site by hand; group devs gives as much already"
    ]
    assert findings[0].repository == SITE
    audit = audited(grants=[evolve(BY_HAND, permission="admin"), grant], groups=[group])
    assert found("grants-beside-groups", audit, redundant_only=True) == []


def test_what_a_group_may_do_elsewhere_does_not_make_a_grant_redundant() -> None:
    """Its right on another repository, or on another project, is none here."""
    grants = [
        BY_HAND,
        Grant("acme", "admin", group="devs", repository=SHOP),
        Grant("acme", "admin", group="devs", project=evolve(WEB, key="APP", uuid="{app}")),
        Grant("acme", "admin", group="ops", repository=SITE),
    ]
    groups = [DEVS, Group("acme", "ops", "Ops", members=(BOB.uuid,))]
    audit = audited(grants=grants, groups=groups)
    assert found("grants-beside-groups", audit, redundant_only=True) == []


def test_a_groups_default_administers_no_project() -> None:
    """On a project, the default counts for reading and writing only."""
    grant = Grant("acme", "admin", ANN, project=WEB)
    group = evolve(DEVS, permission="admin")
    audit = audited(grants=[grant], groups=[group])
    assert found("grants-beside-groups", audit, redundant_only=True) == []
    on_repository = evolve(BY_HAND, permission="admin")
    audit = audited(grants=[evolve(grant, permission="write"), on_repository], groups=[group])
    assert len(found("grants-beside-groups", audit, redundant_only=True)) == 2


@pytest.mark.parametrize(
    "facts",
    [
        {"groups": None},
        {"groups": [evolve(DEVS, members=None)]},
        {"unknown": [unread("groups")]},
        {"unknown": [unread("repository-groups", repository="acme/site")]},
        {"unknown": [unread("project-groups", project="WEB")]},
        {"repositories": [], "grants": [evolve(BY_HAND, repository=evolve(SITE, project=None))]},
    ],
    ids=["no groups", "no members", "some groups", "repository", "project", "no project"],
)
def test_whether_a_group_gives_as_much_may_be_unknown(facts: dict[str, object]) -> None:
    """The message says so, and it does not count as redundant."""
    audit = audited(**({"groups": [DEVS], "grants": [BY_HAND]} | facts))
    assert (
        "whether a group gives as much is unknown" in told(found("grants-beside-groups", audit))[0]
    )
    assert found("grants-beside-groups", audit, redundant_only=True) == []


def test_what_was_not_read_elsewhere_does_not_make_it_unknown() -> None:
    """The lists of other repositories and projects do not matter."""
    unknown = [
        unread("repository-groups", repository="acme/shop"),
        unread("project-groups", project="APP"),
    ]
    audit = audited(grants=[BY_HAND], groups=[DEVS], unknown=unknown)
    assert told(found("grants-beside-groups", audit)) == [
        "Ann was given write on acme/site by hand; no group gives as much"
    ]


def test_whoever_may_be_an_outsider_was_given_nothing_beside_groups() -> None:
    """The rule is about members: where they are unknown it says nothing."""
    audit = audited(members=None, unknown=[unread("members")], grants=[BY_HAND], groups=[DEVS])
    assert found("grants-beside-groups", audit) == []


def test_rights_that_nothing_explains_are_told_with_their_sources() -> None:
    """False is found; None, which is unknown, and True are not; unlisted ones are."""
    source = Source("group", "read", group="devs")
    listed = [
        Right(ANN, SITE, "write", (source,), explained=False),
        Right(BOB, SITE, "admin", (), explained=False),
        Right(CID, SITE, "admin", (), explained=None),
        Right(OWNER, SITE, "admin", (Source("owner", "admin"),), explained=True),
    ]
    given = Source("project-user", "write", project="WEB")
    unlisted = [Right(CID, SHOP, "write", (given,), explained=False)]
    findings = found("unexplained-rights", audited(rights=listed, unlisted=unlisted))
    assert told(findings) == [
        (
            "Cid is listed with no right on acme/shop, but its sources give write "
            "(a grant on project WEB: write)"
        ),
        "Ann has write on acme/site, but its sources give read (group devs: read)",
        "Bob has admin on acme/site, but no source gives any",
    ]


def test_a_public_fork_of_a_private_repository_is_found() -> None:
    """Not a private fork, nor one of a public repository, nor of one that nobody knows."""
    fork = Repo("{fork}", "acme/fork", is_private=False, parent=SHOP.uuid)
    others = [
        evolve(fork, uuid="{1}", is_private=True),
        evolve(fork, uuid="{2}", is_private=None),
        evolve(fork, uuid="{3}", parent=PUBLIC.uuid),
        evolve(fork, uuid="{4}", parent="{elsewhere}"),
        evolve(fork, uuid="{5}", parent="{odd}"),
        evolve(fork, uuid="{6}", parent=None),
    ]
    odd = Repo("{odd}", "acme/odd")
    audit = audited(repositories=[SHOP, PUBLIC, odd, fork, *others])
    findings = found("public-forks-of-private", audit)
    assert [one.repository for one in findings] == [fork]
    assert told(findings) == ["acme/fork is public and a fork of acme/shop, which is private"]


def test_a_fork_in_another_workspace_is_found_when_all_are_checked() -> None:
    """The private parent may be in any workspace of the audit, before or after."""
    fork = Repo("{fork}", "eve/site", is_private=False, parent=SITE.uuid)
    audits = [audited(repositories=[fork]), audited()]
    audits[0].workspace = "eve"
    policy = Policy.of("public-forks-of-private")
    assert [one.repository for one in policy.check_all(audits, today=TODAY)] == [fork]
    assert policy.check(audits[0], today=TODAY) == []
