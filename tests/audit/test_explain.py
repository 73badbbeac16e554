"""Why somebody may do what he may, from facts made by hand."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from bbasync.audit.explain import explain
from bbasync.audit.facts import (
    RANKS,
    Grant,
    Group,
    Member,
    Part,
    Person,
    Project,
    Repo,
    Right,
    Source,
    SourceKind,
    Unknown,
)
from bbasync.audit.found import WorkspaceAudit
from tests.audit.small import (
    ANN,
    BOB,
    CAT,
    DEVS,
    PUBLIC_SITE,
    SITE,
    WEB,
    give,
    on_site,
    on_web,
    right,
    small,
)

POSSIBLE: tuple[tuple[SourceKind, str], ...] = (
    ("owner", "admin"),
    *(
        (kind, permission)
        for kind in ("user", "group", "project-user", "project-group", "default")
        for permission in ("read", "write", "admin")
    ),
    ("public", "read"),
)
"""Every kind of source with every permission that it can give."""
SOURCES: dict[SourceKind, Any] = {
    "owner": lambda permission: Source("owner", permission),
    "user": lambda permission: Source("user", permission),
    "group": lambda permission: Source("group", permission, group="devs"),
    "project-user": lambda permission: Source("project-user", permission, project="WEB"),
    "project-group": lambda permission: Source("project-group", permission, "devs", "WEB"),
    "default": lambda permission: Source("default", permission, group="devs"),
    "public": lambda permission: Source("public", permission),
}
ORDER = list(SOURCES)


def of(audit: WorkspaceAudit, person: Person = BOB) -> Right:
    """What is said of a person's right, after explaining."""
    explain(audit)
    (found,) = (one for one in audit.rights if one.person == person)
    return found


@pytest.mark.parametrize(("kind", "permission"), POSSIBLE)
def test_a_right_is_explained_by_its_only_source(kind: SourceKind, permission: str) -> None:
    """Each kind of source is found by itself, and is named with its group and project."""
    audit = small(rights=[right(ANN, "admin"), right(BOB, permission)])
    give(audit, kind, permission)
    found = of(audit)
    assert found.sources == (SOURCES[kind](permission),)
    assert found.explained is True


@pytest.mark.parametrize(
    ("one", "other"),
    [(one, other) for one, other in combinations(POSSIBLE, 2) if one[0] != other[0]],
)
def test_of_two_sources_the_stronger_wins_and_both_are_named(
    one: tuple[SourceKind, str], other: tuple[SourceKind, str]
) -> None:
    """A right is as strong as its strongest source; equals come in the order of the kinds."""
    strongest = max(one[1], other[1], key=RANKS.__getitem__)
    audit = small(rights=[right(BOB, strongest)])
    give(audit, *one)
    give(audit, *other)
    found = of(audit)
    expected = sorted([one, other], key=lambda each: (-RANKS[each[1]], ORDER.index(each[0])))
    assert found.sources == tuple(SOURCES[kind](permission) for kind, permission in expected)
    assert found.explained is True


def test_every_group_that_gives_something_is_a_source() -> None:
    """Two groups with the same grant are both named, by their slugs in order; a third is not."""
    groups = [
        Group("acme", "ops", "Ops", None, (BOB.uuid,)),
        Group("acme", "devs", "Devs", None, (BOB.uuid,)),
        Group("acme", "others", "Others", None, (CAT.uuid,)),
    ]
    grants = [on_site("write", group=slug) for slug in ("ops", "others", "devs")]
    audit = small(groups=groups, grants=grants, rights=[right(BOB, "write")])
    assert [one.group for one in of(audit).sources] == ["devs", "ops"]


@pytest.mark.parametrize("group", [None, "devs"])
def test_who_may_create_repositories_in_a_project_may_write_to_those_in_it(
    group: str | None,
) -> None:
    """A grant of create-repo is told as the write that it comes to."""
    grant = on_web("create-repo", None if group else BOB, group)
    found = of(small(grants=[grant], rights=[right(BOB, "write")]))
    assert [one.permission for one in found.sources] == ["write"]
    assert found.explained is True


def test_none_gives_nothing() -> None:
    """Grants and defaults of none are no sources, and nobody lacks a right because of them."""
    grants = [
        on_site("none", BOB),
        on_site("none", group="devs"),
        on_web("none", BOB),
        on_web("none", group="devs"),
    ]
    groups = [Group("acme", "devs", "Devs", "none", (BOB.uuid,))]
    audit = small(groups=groups, grants=grants, rights=[right(ANN, "admin"), right(BOB, "read")])
    assert of(audit) == Right(BOB, SITE, "read", (), explained=False)
    assert audit.unlisted == []


def test_grants_elsewhere_are_no_sources() -> None:
    """What was given on another repository or project, or to somebody else, explains nothing."""
    other = Repo("{other}", "acme/other", is_private=True, project="APP")
    app = Project("acme", "{app}", "APP", "App")
    audit = small(
        projects=[WEB, app],
        grants=[
            Grant("acme", "write", BOB, repository=other),
            Grant("acme", "write", BOB, project=app),
            Grant("acme", "write", group="devs", repository=other),
            on_site("write", CAT),
        ],
        rights=[right(BOB, "write")],
    )
    assert of(audit) == Right(BOB, SITE, "write", (), explained=False)


@pytest.mark.parametrize("listed", ["read", "write"])
@pytest.mark.parametrize(
    "part",
    ["members", "groups", "projects", "project-users", "project-groups", "repository-users"],
)
def test_more_than_is_listed_is_a_contradiction_whatever_was_not_read(
    listed: str, part: Part
) -> None:
    """Other sources, known or not, make no right weaker."""
    audit = small(
        grants=[on_site("admin", BOB)],
        rights=[right(BOB, listed)],
        unknown=[Unknown("acme", part, "forbidden")],
    )
    assert of(audit).explained is False


READS: list[tuple[Part, str | None, str | None]] = [
    ("groups", None, None),
    ("project-users", None, None),
    ("project-users", None, "WEB"),
    ("project-groups", None, "WEB"),
    ("repository-users", None, None),
    ("repository-users", "acme/site", None),
    ("repository-groups", "acme/site", None),
]


@pytest.mark.parametrize(("part", "repository", "project"), READS)
@pytest.mark.parametrize("listed", ["read", "write", "admin"])
def test_a_list_that_was_not_read_may_be_the_reason(
    part: Part, repository: str | None, project: str | None, listed: str
) -> None:
    """Where less than the right was found, it is unknown, and not said to be unexplained."""
    unknown = Unknown("acme", part, "forbidden", repository, project)
    audit = small(rights=[right(BOB, listed)], unknown=[unknown])
    assert of(audit) == Right(BOB, SITE, listed, (), explained=None)


@pytest.mark.parametrize(("part", "repository", "project"), READS)
def test_what_is_explained_stays_so_when_other_lists_were_not_read(
    part: Part, repository: str | None, project: str | None
) -> None:
    """A source as strong as the right is enough."""
    unknown = Unknown("acme", part, "forbidden", repository, project)
    audit = small(grants=[on_site("write", BOB)], rights=[right(BOB, "write")], unknown=[unknown])
    assert of(audit).explained is True


@pytest.mark.parametrize(
    "unknown",
    [
        Unknown("acme", "repository-users", "forbidden", "acme/other"),
        Unknown("acme", "repository-groups", "forbidden", "acme/other"),
        Unknown("acme", "project-users", "forbidden", project="APP"),
        Unknown("acme", "rights", "forbidden"),
        Unknown("acme", "webhooks", "forbidden"),
        Unknown("acme", "deploy-keys", "forbidden", "acme/site"),
    ],
    ids=lambda one: f"{one.part}-{one.repository or one.project}",
)
def test_a_list_that_can_be_no_source_excuses_nothing(unknown: Unknown) -> None:
    """Lists of other repositories and projects, and of other things, do not matter."""
    audit = small(rights=[right(BOB, "write")], unknown=[unknown])
    assert of(audit).explained is False


@pytest.mark.parametrize(("listed", "explained"), [("admin", None), ("write", False)])
def test_unread_members_may_only_hide_an_administrator(
    listed: str, *, explained: bool | None
) -> None:
    """Ownership gives admin and nothing less."""
    audit = small(members=None, rights=[right(BOB, listed)])
    assert of(audit).explained is explained


def test_a_member_who_was_read_is_no_owner_though_the_list_was_not_read_in_full() -> None:
    """His own level is known; that of somebody whom the list does not name is not."""
    audit = small(
        rights=[right(BOB, "admin"), right(CAT, "admin")],
        members=[Member("acme", BOB, "member")],
        unknown=[Unknown("acme", "members", "a membership without its user came in")],
    )
    explain(audit)
    assert [one.explained for one in audit.rights] == [False, None]


@pytest.mark.parametrize(("listed", "explained"), [("read", None), ("write", False)])
def test_unknown_visibility_may_only_hide_reading(listed: str, *, explained: bool | None) -> None:
    """A public repository gives read and nothing more."""
    unclear = Repo("{site}", "acme/site", project="WEB")
    audit = small(repositories=[unclear], rights=[right(BOB, listed, unclear)])
    assert of(audit).explained is explained


@pytest.mark.parametrize(("listed", "explained"), [("write", None), ("read", False)])
def test_a_group_of_which_the_members_are_unknown_may_hide_what_it_was_given(
    listed: str, *, explained: bool | None
) -> None:
    """It excuses just the permission that it has here, by whatever way, and no other."""
    veiled = Group("acme", "devs", "Devs", None, None)
    for grant in (on_site("write", group="devs"), on_web("create-repo", group="devs")):
        audit = small(groups=[veiled], grants=[grant], rights=[right(BOB, listed)])
        assert of(audit).explained is explained
    default = Group("acme", "devs", "Devs", "write", None)
    assert of(small(groups=[default], rights=[right(BOB, listed)])).explained is explained


def test_a_grant_to_a_group_that_no_list_names_may_be_the_reason() -> None:
    """Nobody knows who is in it."""
    audit = small(grants=[on_site("write", group="gone")], rights=[right(BOB, "write")])
    assert of(audit).explained is None


def test_unread_grants_to_groups_are_no_reason_for_who_is_in_no_group() -> None:
    """Cat is in no group, and that is known; it is not if some group's members are not."""
    unknown = [Unknown("acme", "repository-groups", "forbidden", "acme/site")]
    rights = [right(BOB, "write"), right(CAT, "write")]
    audit = small(rights=rights, unknown=unknown)
    explain(audit)
    assert [one.explained for one in audit.rights] == [None, False]
    audit = small(
        rights=rights, unknown=unknown, groups=[DEVS, Group("acme", "ops", "Ops", None, None)]
    )
    explain(audit)
    assert [one.explained for one in audit.rights] == [None, None]


@pytest.mark.parametrize(
    "changes",
    [
        {"projects": None},
        {"projects": []},
        {"repositories": [Repo("{site}", "acme/site", is_private=True)]},
        {"groups": None},
    ],
    ids=["no-projects", "another-project", "no-project-told", "no-groups"],
)
def test_a_project_or_groups_that_were_not_found_may_be_the_reason(changes: Any) -> None:
    """The grants on a project are known only where its lists could be asked for."""
    bare = Repo("{site}", "acme/site", is_private=True)
    audit = small(rights=[right(BOB, "write", bare)], **changes)
    assert of(audit).explained is None


def test_the_project_and_the_visibility_come_from_the_list_of_repositories() -> None:
    """The rows of rights may name a repository without them."""
    bare = Repo("{site}", "acme/site")
    audit = small(
        repositories=[PUBLIC_SITE], grants=[on_web("read", BOB)], rights=[right(BOB, "read", bare)]
    )
    assert [one.kind for one in of(audit).sources] == ["project-user", "public"]


def test_a_permission_that_is_not_known_is_not_compared() -> None:
    """Neither a right nor a source of a new kind is called less or more than another one."""
    audit = small(grants=[on_site("read", BOB)], rights=[right(BOB, "triage")])
    assert of(audit).explained is None
    audit = small(grants=[on_site("triage", BOB)], rights=[right(BOB, "read")])
    assert of(audit).explained is None
    audit = small(grants=[on_site("triage", BOB)], rights=[right(BOB, "triage")])
    assert of(audit).explained is True


@pytest.mark.parametrize(("kind", "permission"), [one for one in POSSIBLE if one[0] != "public"])
def test_a_right_that_should_be_listed_and_is_not_is_told(
    kind: SourceKind, permission: str
) -> None:
    """What a source gives and the service does not list comes out with that source."""
    audit = small(rights=[], members=[Member("acme", BOB, "member")])
    give(audit, kind, permission)
    explain(audit)
    assert audit.unlisted == [
        Right(BOB, SITE, permission, (SOURCES[kind](permission),), explained=False)
    ]


def test_what_is_listed_is_not_unlisted_and_a_public_repository_lists_nobody() -> None:
    """Everybody may read what is public without a right of his own."""
    audit = small(repositories=[PUBLIC_SITE], rights=[right(ANN, "admin", PUBLIC_SITE)])
    explain(audit)
    assert audit.unlisted == []
    audit = small(
        repositories=[PUBLIC_SITE],
        rights=[right(ANN, "admin", PUBLIC_SITE)],
        grants=[on_site("read", BOB)],
    )
    explain(audit)
    assert [(one.person, one.sources) for one in audit.unlisted] == [
        (BOB, (Source("user", "read"),))
    ]


@pytest.mark.parametrize("repository", [None, "acme/site"])
def test_nothing_is_unlisted_where_the_rights_were_not_read_in_full(
    repository: str | None,
) -> None:
    """A right that is not there may be one that was not read."""
    unknown = [Unknown("acme", "rights", "reset by peer", repository)]
    audit = small(rights=[], grants=[on_site("read", BOB)], unknown=unknown)
    explain(audit)
    assert audit.unlisted == []
    audit = small(
        rights=[],
        members=[],
        grants=[on_site("read", BOB)],
        unknown=[Unknown("acme", "rights", "reset by peer", "acme/other")],
    )
    explain(audit)
    assert len(audit.unlisted) == 1


def test_who_is_unlisted_is_named_by_any_list_or_by_his_uuid() -> None:
    """Groups tell their members by uuid only; the names come from elsewhere, if from anywhere."""
    group = Group("acme", "devs", "Devs", "read", ("{zed}", "{dan}", CAT.uuid))
    dan = Person("{dan}", "dan")
    other = Repo("{other}", "acme/other", is_private=True, project="WEB")
    audit = small(
        groups=[group],
        repositories=[SITE, other],
        rights=[right(dan, "read", other)],
        members=[Member("acme", CAT, "member")],
    )
    explain(audit)
    assert [(one.repository, one.person) for one in audit.unlisted] == [
        (other, CAT),
        (other, Person("{zed}", "{zed}")),
        (SITE, CAT),
        (SITE, dan),
        (SITE, Person("{zed}", "{zed}")),
    ]


def test_explaining_twice_says_the_same() -> None:
    """Nothing is added to what was said before, and the order of the rights stays."""
    rights = [right(CAT, "write"), right(BOB, "read"), right(ANN, "admin")]
    audit = small(grants=[on_site("read", BOB), on_web("write", group="devs")], rights=rights)
    explain(audit)
    once = list(audit.rights), list(audit.unlisted)
    explain(audit)
    assert (audit.rights, audit.unlisted) == once
    assert [one.person for one in audit.rights] == [CAT, BOB, ANN]


def test_rights_from_the_same_sources_share_them() -> None:
    """Half a million rights do not hold half a million copies."""
    people = [Person(f"{{{number}}}", f"Person {number}") for number in range(50)]
    group = Group("acme", "devs", "Devs", None, tuple(one.uuid for one in people))
    sites = [
        Repo(f"{{site{number}}}", f"acme/site{number}", is_private=bool(number % 2), project="WEB")
        for number in range(20)
    ]
    audit = small(
        groups=[group],
        repositories=sites,
        grants=[on_web("write", group="devs")],
        rights=[right(one, "write", site) for site in sites for one in people],
    )
    explain(audit)
    assert all(one.explained for one in audit.rights)
    assert len({id(one.sources) for one in audit.rights}) == 2


def test_what_is_nearly_alike_is_not_taken_for_alike() -> None:
    """People with another grant, and repositories of another project or with a list unread."""
    app = Project("acme", "{app}", "APP", "App")
    other = Repo("{other}", "acme/other", is_private=True, project="APP")
    closed = Repo("{closed}", "acme/closed", is_private=True, project="WEB")
    audit = small(
        projects=[WEB, app],
        repositories=[SITE, other, closed],
        grants=[
            Grant("acme", "write", BOB, project=WEB),
            Grant("acme", "read", group="devs", project=app),
        ],
        rights=[
            right(CAT, "read"),
            right(BOB, "write"),
            right(BOB, "read", other),
            right(BOB, "admin"),
            right(BOB, "admin", closed),
        ],
        unknown=[Unknown("acme", "repository-groups", "forbidden", "acme/closed")],
    )
    explain(audit)
    on_project = (Source("project-user", "write", project="WEB"),)
    assert [(one.sources, one.explained) for one in audit.rights] == [
        ((), False),
        (on_project, True),
        ((Source("project-group", "read", "devs", "APP"),), True),
        (on_project, False),
        (on_project, None),
    ]


def test_an_audit_that_did_not_ask_for_reasons_gets_none() -> None:
    """At the level of effective rights nothing is said, neither of what there is nor of more."""
    audit = small(rights=[right(BOB, "read")], grants=[on_site("write", CAT)])
    audit.level = "effective"
    explain(audit)
    assert audit.rights == [Right(BOB, SITE, "read")]
    assert audit.unlisted == []
