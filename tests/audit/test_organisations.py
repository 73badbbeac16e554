"""Whole organisations: what explains their rights is all that gives them, and nothing else is.

The oracle (``organisations.py``) works out each right by itself, from what it was drawn as.
"""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from bbasync import BasicAuth, Bitbucket
from bbasync.audit.changes import changes
from bbasync.audit.explain import explain
from bbasync.audit.facts import RANKS, Right, Source
from bbasync.audit.found import WorkspaceAudit
from bbasync.audit.gather import gather
from bbasync.fake import FakeBitbucket, Fault
from bbasync.fake.store import Group, Project, Repository, Workspace, uuid_of
from tests.audit.organisations import (
    PEOPLE,
    Band,
    Hidden,
    Organisation,
    Place,
    audit_of,
    effective,
    fates,
    hidden,
    hide,
    organisations,
    person_of,
    sources_of,
    veiled,
)

PUBLIC = Source("public", "read")


def explained(org: Organisation) -> WorkspaceAudit:
    """The organisation as an audit of everything explains it."""
    audit = audit_of(org)
    explain(audit)
    return audit


def expected(org: Organisation, right: Right) -> set[Source]:
    """All sources of a right, by the oracle."""
    name = right.repository.full_name.partition("/")[2]
    person = next(one for one in PEOPLE if person_of(one).uuid == right.person.uuid)
    public = set() if org.repositories[name].is_private else {PUBLIC}
    return {*sources_of(org, name, person), *public}


@given(organisations)
def test_every_right_is_explained_by_all_of_its_sources(org: Organisation) -> None:
    """Whatever was given to whom and where: each source is named once, the strongest first."""
    audit = explained(org)
    for right in audit.rights:
        assert right.explained is True
        assert set(right.sources) == expected(org, right)
        assert len(right.sources) == len(set(right.sources))
        ranks = [RANKS[one.permission] for one in right.sources]
        assert ranks == sorted(ranks, reverse=True)
    assert audit.unlisted == []


@given(organisations, st.data())
def test_rights_that_are_not_listed_are_found_out(org: Organisation, data: st.DataObject) -> None:
    """Exactly those come out as unlisted, with the sources that give them."""
    audit = audit_of(org)
    dropped = data.draw(st.lists(st.sampled_from(audit.rights), unique_by=id), "dropped")
    audit.rights = [one for one in audit.rights if one not in dropped]
    explain(audit)
    found = {(one.person.uuid, one.repository, one.permission) for one in audit.unlisted}
    assert found == {(one.person.uuid, one.repository, one.permission) for one in dropped}
    for right in audit.unlisted:
        assert right.explained is False
        assert set(right.sources) == expected(org, right) - {PUBLIC}


@given(organisations, st.data())
def test_a_right_that_is_another_one_is_not_explained(
    org: Organisation, data: st.DataObject
) -> None:
    """Where everything was read, a permission that no source gives is found out, more or less."""
    audit = audit_of(org)
    place = data.draw(st.integers(0, len(audit.rights) - 1), "place")
    right = audit.rights[place]
    others = sorted({"read", "write", "admin"} - {right.permission})
    audit.rights[place] = evolve(right, permission=data.draw(st.sampled_from(others), "forged"))
    explain(audit)
    assert [one.explained for one in audit.rights].count(False) == 1
    assert audit.rights[place].explained is False


@given(organisations, hidden, veiled, fates)
def test_nothing_true_is_called_unexplained_because_a_list_was_not_read(
    org: Organisation, lists: frozenset[Hidden], veils: frozenset[str], fate: int
) -> None:
    """Whatever is hidden, rights that have their sources are explained or unknown, never wrong.

    What is named as a source is one, and nothing is missed in the list of the service.
    """
    audit = hide(audit_of(org), lists, veils, fate)
    explain(audit)
    for right in audit.rights:
        assert right.explained is not False
        assert set(right.sources) <= expected(org, right)
    assert audit.unlisted == []


@given(organisations, hidden, veiled, fates)
def test_a_right_below_a_source_is_wrong_whatever_was_not_read(
    org: Organisation, lists: frozenset[Hidden], veils: frozenset[str], fate: int
) -> None:
    """A known source that gives more than the right is a contradiction that nothing excuses."""
    audit = hide(audit_of(org), lists, veils, fate)
    explain(audit)
    strong = [one for one in audit.rights if one.sources and one.sources[0].permission != "read"]
    audit.rights = [evolve(one, permission="read") for one in strong]
    explain(audit)
    assert all(one.explained is False for one in audit.rights)


def planted(fake: FakeBitbucket, org: Organisation) -> dict[str, str]:
    """Make the fake's workspace that organisation; everybody's name by uuid."""
    place = fake.store.workspaces["acme"]
    uuids = dict(zip(PEOPLE, (one.uuid for one in fake.accounts), strict=False))
    _people(place, org, uuids)
    place.projects.clear()
    for key, one in org.projects.items():
        project = Project(uuid_of(key), key, key, None, one.is_private, "", "")
        project.users, project.groups = _given(one, uuids)
        place.projects[key] = project
    place.repositories.clear()
    for name, one in org.repositories.items():
        uuid = uuid_of(name)
        made = "2026-01-01T00:00:00.000000+00:00"
        repository = Repository(
            uuid,
            name,
            name,
            place,
            place.projects[one.project],
            uuid,
            is_private=one.is_private,
            created_on=made,
            updated_on=made,
        )
        repository.users, repository.groups = _given(one, uuids)
        place.repositories[name] = repository
    return {uuid: name for name, uuid in uuids.items()}


def _people(place: Workspace, org: Organisation, uuids: dict[str, str]) -> None:
    place.members = {uuids[one]: level for one, level in org.members.items()}
    place.groups.clear()
    for slug, band in org.groups.items():
        members = {uuids[one] for one in band.members}
        place.groups[slug] = Group(slug, slug, members, band.permission)


def _given(one: Place, uuids: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    return {uuids[name]: permission for name, permission in one.users.items()}, dict(one.groups)


async def gathered(fake: FakeBitbucket) -> WorkspaceAudit:
    """The audit of the fake's workspace by its owner."""
    auth = BasicAuth(fake.email, fake.api_token)
    async with Bitbucket(auth, base_url=fake.url) as bb:
        (found,) = [one async for one in gather(bb, "acme", level="explain")]
        return found


def check(audit: WorkspaceAudit, org: Organisation, names: dict[str, str]) -> None:
    """What was found is the organisation, right by right and source by source."""
    assert audit.unknown == []
    assert audit.unlisted == []
    told = {
        (one.repository.full_name, names[one.person.uuid]): (one.permission, set(one.sources))
        for one in audit.rights
    }
    oracle = {}
    for name, repository in org.repositories.items():
        for person in PEOPLE:
            permission = effective(org, name, person)
            if permission is not None:
                public = set() if repository.is_private else {PUBLIC}
                oracle[f"acme/{name}", person] = (
                    permission,
                    {*sources_of(org, name, person), *public},
                )
    assert told == oracle
    assert all(one.explained for one in audit.rights)


EVERY_WAY = Organisation(
    # Ann owns the workspace, Eve comes from elsewhere.
    members={"ann": "owner", "bob": "member", "cat": "create-project", "dan": "member"},
    groups={
        "devs": Band(frozenset({"bob", "cat"})),
        "ops": Band(frozenset({"ann", "dan"}), "read"),
    },
    projects={
        "WEB": Place(users={"cat": "create-repo"}, groups={"devs": "read"}),
        "APP": Place(users={"bob": "admin"}, groups={"devs": "create-repo"}),
    },
    repositories={
        "site": Place(users={"eve": "write"}, groups={"devs": "write"}, is_private=False),
        "shop": Place(users={"bob": "read"}, groups={"ops": "admin"}, project="APP"),
        "tool": Place(project="WEB"),
    },
)
"""Every source on its own and with others: also one that gives less than another."""


async def test_every_source_of_every_right_is_found_through_the_service() -> None:
    """An owner's audit of a workspace names what the workspace was made of, and all of it."""
    async with FakeBitbucket(members=5, outsiders=0, repositories=0) as fake:
        names = planted(fake, EVERY_WAY)
        audit = await gathered(fake)
    check(audit, EVERY_WAY, names)
    told = {
        (one.repository.full_name, names[one.person.uuid]): [
            (source.kind, source.permission, source.group, source.project) for source in one.sources
        ]
        for one in audit.rights
    }
    assert told == {
        ("acme/shop", "ann"): [
            ("owner", "admin", None, None),
            ("group", "admin", "ops", None),
            ("default", "read", "ops", None),
        ],
        ("acme/shop", "bob"): [
            ("project-user", "admin", None, "APP"),
            ("project-group", "write", "devs", "APP"),
            ("user", "read", None, None),
        ],
        ("acme/shop", "cat"): [("project-group", "write", "devs", "APP")],
        ("acme/shop", "dan"): [
            ("group", "admin", "ops", None),
            ("default", "read", "ops", None),
        ],
        ("acme/site", "ann"): [
            ("owner", "admin", None, None),
            ("default", "read", "ops", None),
            ("public", "read", None, None),
        ],
        ("acme/site", "bob"): [
            ("group", "write", "devs", None),
            ("project-group", "read", "devs", "WEB"),
            ("public", "read", None, None),
        ],
        ("acme/site", "cat"): [
            ("group", "write", "devs", None),
            ("project-user", "write", None, "WEB"),
            ("project-group", "read", "devs", "WEB"),
            ("public", "read", None, None),
        ],
        ("acme/site", "dan"): [
            ("default", "read", "ops", None),
            ("public", "read", None, None),
        ],
        ("acme/site", "eve"): [
            ("user", "write", None, None),
            ("public", "read", None, None),
        ],
        ("acme/tool", "ann"): [
            ("owner", "admin", None, None),
            ("default", "read", "ops", None),
        ],
        ("acme/tool", "bob"): [("project-group", "read", "devs", "WEB")],
        ("acme/tool", "cat"): [
            ("project-user", "write", None, "WEB"),
            ("project-group", "read", "devs", "WEB"),
        ],
        ("acme/tool", "dan"): [("default", "read", "ops", None)],
    }


async def test_without_the_groups_of_api_1_0_what_they_give_is_unknown_and_not_unexplained() -> (
    None
):
    """Where nobody tells who is in a group, rights that come by groups are not called wrong."""
    async with FakeBitbucket(members=5, outsiders=0, repositories=0) as fake:
        names = planted(fake, EVERY_WAY)
        fake.faults.add("/1.0/*", Fault.status(410))
        audit = await gathered(fake)
    by = {(one.repository.full_name, names[one.person.uuid]): one.explained for one in audit.rights}
    assert by["acme/tool", "ann"] is True
    assert by["acme/shop", "bob"] is True
    assert by["acme/site", "eve"] is True
    assert by["acme/tool", "bob"] is None
    assert by["acme/tool", "dan"] is None
    assert False not in by.values()
    assert audit.unlisted == []
    assert not audit.knows("groups")


async def test_what_was_changed_in_the_service_is_told_with_why() -> None:
    """Between two audits through the service: each change, and the source that came or went."""
    async with FakeBitbucket(members=5, outsiders=0, repositories=0) as fake:
        names = planted(fake, EVERY_WAY)
        earlier = await gathered(fake)
        place = fake.store.workspaces["acme"]
        uuids = {name: uuid for uuid, name in names.items()}
        place.groups["devs"].members.discard(uuids["bob"])
        place.projects["APP"].users.pop(uuids["bob"])
        del place.members[uuids["dan"]]
        place.groups["ops"].members.discard(uuids["dan"])
        site = place.repositories["site"]
        site.is_private = True
        place.repositories.rename(site, "www")
        site.slug = site.name = "www"
        later = await gathered(fake)
    told = [one.describe() for one in changes([earlier], [later])]
    bob, dan = (fake.store.accounts[uuids[one]].display_name for one in ("bob", "dan"))
    assert sorted(told) == sorted(
        [
            f"{dan} left acme, and was member",
            "acme/www was called acme/site",
            "acme/www was made private",
            f"{bob} was lowered from admin to read on acme/shop (it was by a grant on project APP)",
            f"{bob} lost read on acme/tool (it was by group devs on project WEB)",
            f"{bob} lost write on acme/www (it was by group devs)",
            f"{dan} lost admin on acme/shop (it was by group ops)",
            f"{dan} lost read on acme/tool (it was by the default of group ops)",
            f"{dan} lost read on acme/www (it was by the default of group ops)",
        ]
    )


@settings(max_examples=25)
@given(organisations)
def test_any_organisation_is_explained_through_the_service(org: Organisation) -> None:
    """The service's own list of effective rights is what the sources that were read come to."""

    async def run() -> None:
        async with FakeBitbucket(members=5, outsiders=0, repositories=0) as fake:
            names = planted(fake, org)
            check(await gathered(fake), org, names)

    asyncio.run(run())


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_invented_data_are_explained(seed: int) -> None:
    """Nothing in what the fake starts with is without a reason, nor listed too little."""
    async with FakeBitbucket(seed=seed, repositories=20, members=12, outsiders=3) as fake:
        audit = await gathered(fake)
    assert all(one.explained for one in audit.rights)
    assert len(audit.rights) > 100
    assert audit.unlisted == []
