"""What the audit finds, and what it asks for."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from bbasync import BasicAuth, BearerAuth, Bitbucket, F
from bbasync.audit.gather import Progress, gather
from bbasync.errors import (
    ArgumentError,
    ConnectionFailedError,
    DecodingError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    UnauthorizedError,
)
from bbasync.fake import FakeBitbucket
from bbasync.wire.message import Answer, Request


async def test_every_effective_right_of_every_workspace_is_found(
    bb: Bitbucket, gathered: Any, rows: Any
) -> None:
    """The rights are the same, user by user, as those of a plain walk over the service's lists."""
    found = await gathered(bb)
    assert len(found) == 2
    for name, one in found.items():
        expected = {
            (row["user"]["uuid"], row["repository"]["full_name"], row["permission"])
            for row in await rows(f"/workspaces/{name}/permissions/repositories")
        }
        got = {
            (right.person.uuid, right.repository.full_name, right.permission)
            for right in one.rights
        }
        assert got == expected
        assert len(one.rights) == len(expected) > 100
        assert one.complete


async def test_it_takes_no_more_requests_than_the_pages_that_hold_the_answer(
    bb: Bitbucket, service: FakeBitbucket, gathered: Any
) -> None:
    """One page of workspaces, and per workspace the pages of members and of rights."""
    found = await gathered(bb)
    pages = 1 + sum(
        math.ceil(len(one.levels) / 100) + math.ceil(len(one.rights) / 100)
        for one in found.values()
    )
    assert len(service.requests) == bb.requests_sent == pages


async def test_public_repositories_are_told_without_a_request_for_each(
    bb: Bitbucket, gathered: Any
) -> None:
    """Visibility comes with the rights, and agrees with the filtered list of repositories."""
    one = (await gathered(bb, "acme"))["acme"]
    public = F.is_private == False  # noqa: E712
    expected = {repo.full_name async for repo in bb.repositories.list("acme", q=public)}
    assert {repo.full_name for repo in one.repositories if not repo.is_private} == expected
    assert expected


async def test_people_from_elsewhere_are_told_from_members(
    bb: Bitbucket, service: FakeBitbucket, gathered: Any, rows: Any
) -> None:
    """Whoever has a right and is no member stands outside; owners and members do not."""
    one = (await gathered(bb, "acme"))["acme"]
    members = {
        row["user"]["uuid"]: row["permission"] for row in await rows("/workspaces/acme/permissions")
    }
    outside = {person.uuid for person in one.people if one.standing(person) == "outside"}
    assert outside == {person.uuid for person in one.people} - set(members)
    assert service.account("outsider").uuid in outside
    owner = next(person for person in one.people if person.uuid == service.account("owner").uuid)
    assert one.standing(owner) == "owner"


async def test_where_the_service_does_not_tell_visibility_the_public_ones_are_asked_for(
    tampered: Callable[..., Bitbucket], bb: Bitbucket, gathered: Any
) -> None:
    """A service that ignores the added field costs one more list, and the answer is the same."""

    def forget(_: Request, body: bytes) -> bytes:
        page = json.loads(body)
        for row in page.get("values", []):
            row.get("repository", {}).pop("is_private", None)
        return json.dumps(page).encode()

    expected = (await gathered(bb, "acme"))["acme"].repositories
    async with tampered(forget) as client:
        assert (await gathered(client, "acme"))["acme"].repositories == expected


async def test_a_row_without_its_repository_is_a_problem_and_the_rest_is_kept(
    tampered: Callable[..., Bitbucket], bb: Bitbucket, gathered: Any
) -> None:
    """One malformed right is reported, and loses no other."""

    def spoil(request: Request, body: bytes) -> bytes:
        page = json.loads(body)
        if request.address.endswith("/permissions/repositories") and "page=" not in request.target:
            page["values"][0]["repository"] = None
            page["values"][1]["user"]["display_name"] = 7
        return json.dumps(page).encode()

    whole = (await gathered(bb, "acme"))["acme"]
    async with tampered(spoil) as client:
        one = (await gathered(client, "acme"))["acme"]
    assert len(one.unknown) == 2
    assert not one.complete
    assert len(one.rights) == len(whole.rights) - 2


async def test_a_member_audits_only_what_he_administers_and_the_rest_is_unknown(
    service: FakeBitbucket, client_of: Any, gathered: Any, bb: Bitbucket
) -> None:
    """Without administration, each repository is read or is a problem that names it."""
    member = service.account("member")
    whole = (await gathered(bb, "acme"))["acme"]
    own = {
        right.repository.full_name: right.permission
        for right in whole.rights
        if right.person.uuid == member.uuid
    }
    async with client_of(member) as client:
        one = (await gathered(client, "acme"))["acme"]
    administered = {name for name, permission in own.items() if permission == "admin"}
    assert administered
    assert {repo.full_name for repo in one.repositories} == administered
    named = {problem.repository for problem in one.unknown}
    assert named == {None, *(set(own) - administered)}
    expected = {
        (right.person.uuid, right.repository.full_name, right.permission)
        for right in whole.rights
        if right.repository.full_name in administered
    }
    assert {
        (right.person.uuid, right.repository.full_name, right.permission) for right in one.rights
    } == expected


async def test_single_repositories_can_be_named(bb: Bitbucket, gathered: Any) -> None:
    """``acme/site`` reads that repository alone, and an unknown one is a problem of its own."""
    one = (await gathered(bb, "acme/site", "acme/nowhere"))["acme"]
    assert {repo.full_name for repo in one.repositories} == {"acme/site"}
    (problem,) = one.unknown
    assert problem.repository == "acme/nowhere"
    assert isinstance(problem.cause, NotFoundError)


async def test_an_unknown_workspace_is_a_problem_beside_the_others(
    bb: Bitbucket, gathered: Any
) -> None:
    """The known workspace is read all the same."""
    found = await gathered(bb, "nowhere", "acme")
    assert found["acme"].complete
    (problem,) = found["nowhere"].unknown
    assert isinstance(problem.cause, NotFoundError)
    assert "nowhere" in problem.message


async def test_a_refused_credential_ends_the_audit(service: FakeBitbucket) -> None:
    """It would be refused for the next workspace too."""
    async with Bitbucket(BearerAuth("wrong"), base_url=service.url) as client:
        with pytest.raises(UnauthorizedError):
            _ = [one async for one in gather(client, ["acme"])]


async def test_a_dead_service_ends_the_audit(unused_tcp_port: int) -> None:
    """Nothing is reported as empty when nobody answers."""
    dead = Bitbucket(
        BearerAuth("x"), base_url=f"http://127.0.0.1:{unused_tcp_port}/2.0", attempts=1
    )
    async with dead as client:
        with pytest.raises(ConnectionFailedError):
            _ = [one async for one in gather(client, ["acme", "other"])]


@pytest.mark.parametrize(
    "name", ["..", ".", "acme/..", "acme/", "/site", "https://bitbucket.org/acme", "a/b/c", ""]
)
async def test_a_name_that_would_address_something_else_is_refused_before_any_request(
    bb: Bitbucket, name: str
) -> None:
    """The error names the argument; whoever reads it knows what to mend."""
    with pytest.raises(ArgumentError):
        _ = [one async for one in gather(bb, [name])]


async def test_progress_counts_what_came_in_against_what_there_is(bb: Bitbucket) -> None:
    """Each list ends with as many done as its total."""
    steps: list[Progress] = []
    _ = [one async for one in gather(bb, ["acme"], watcher=steps.append)]
    last = {step.what: step for step in steps}
    assert set(last) == {"members", "rights"}
    assert all(step.done == step.total for step in last.values())


async def test_one_name_may_stand_without_a_list(bb: Bitbucket) -> None:
    """A text is one workspace, not its letters."""
    found = [one async for one in gather(bb, "acme")]
    assert [one.workspace for one in found] == ["acme"]


@pytest.mark.parametrize(
    "failing", ["/permissions", "/permissions/repositories", "/repositories/acme"]
)
async def test_a_list_that_fails_is_a_problem_and_the_rest_is_read(
    service: FakeBitbucket, failing: str
) -> None:
    """Members, rights and visibility fail each for itself, and not for the other workspace."""

    class Failing(Bitbucket):
        async def send(self, request: Request) -> Answer:
            if request.address.endswith(failing) and "acme" in request.address:
                raise ServerError(status=500, method="GET", url=request.address, message="down")
            answer = await super().send(request)
            body = answer.body.replace(b'"is_private"', b'"forgotten"')
            return Answer(answer.status, answer.headers, body, answer.method, answer.url)

    auth = BasicAuth(service.email, service.api_token)
    async with Failing(auth, base_url=service.url) as client:
        found = {one.workspace: one async for one in gather(client)}
    acme = found.pop("acme")
    (problem,) = acme.unknown
    assert isinstance(problem.cause, ServerError)
    assert (acme.levels is None) == (failing == "/permissions")
    assert bool(acme.rights) == (failing != "/permissions/repositories")
    assert all(other.complete and other.rights for other in found.values())


async def test_a_repository_whose_connection_breaks_is_a_problem_of_its_own(
    service: FakeBitbucket,
) -> None:
    """Once the service has answered, a broken connection is not the service's end."""

    class Breaking(Bitbucket):
        async def send(self, request: Request) -> Answer:
            if "/repositories/site" in request.address:
                raise ConnectionFailedError("reset")
            return await super().send(request)

    store = service.store.workspaces["acme"]
    other = next(
        slug for slug in (one.slug for one in store.repositories.values()) if slug != "site"
    )
    auth = BasicAuth(service.email, service.api_token)
    async with Breaking(auth, base_url=service.url) as client:
        (one,) = [one async for one in gather(client, ["acme/site", f"acme/{other}"])]
    assert [problem.repository for problem in one.unknown] == ["acme/site"]
    assert {repo.full_name for repo in one.repositories} == {f"acme/{other}"}


class Counting(Bitbucket):
    """Counts the requests that are under way."""

    now = most = 0

    async def send(self, request: Request) -> Answer:
        """Send it, and note how many there are meanwhile."""
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await super().send(request)
        finally:
            self.now -= 1


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_no_more_lists_are_read_at_a_time_than_asked_for(concurrency: int) -> None:
    """The bound holds for workspaces and their repositories together; each list has one page."""
    async with FakeBitbucket(workspaces=4, repositories=6, latency=0.002) as fake:
        member = fake.account("member")
        for place in fake.store.workspaces.values():
            place.members[member.uuid] = "member"
            for repository in place.repositories.values():
                repository.users[member.uuid] = "admin"
        auth = BasicAuth(member.email, member.api_token)
        async with Counting(auth, base_url=fake.url) as client:
            _ = [one async for one in gather(client, concurrency=concurrency)]
    assert client.most == concurrency


async def test_pages_of_a_long_list_are_fetched_at_once() -> None:
    """Alone, a workspace gets all places there are, for the same requests and the same rights."""
    async with FakeBitbucket(repositories=60, members=12) as fake:
        async with Counting(BasicAuth(fake.email, fake.api_token), base_url=fake.url) as client:
            (plain,) = [one async for one in gather(client, "acme", concurrency=1)]
            assert (client.most, len(fake.requests)) == (1, 7)
            fake.requests.clear()
            fake.latency = 0.002
            (one,) = [one async for one in gather(client, "acme", concurrency=3)]
        assert (client.most, len(fake.requests)) == (3, 7)
        assert one.rights == plain.rights


async def test_a_workspace_without_a_name_is_not_left_out_in_silence(
    tampered: Callable[..., Bitbucket],
) -> None:
    """An audit that seems complete and is not would be worse than none."""

    def forget(request: Request, body: bytes) -> bytes:
        if not request.address.startswith("/user/workspaces"):
            return body
        return b'{"values": [{"workspace": null}]}'

    async with tampered(forget) as client:
        with pytest.raises(DecodingError, match="workspace"):
            _ = [one async for one in gather(client)]


async def test_a_refusal_ends_the_audit_without_loose_ends(service: FakeBitbucket) -> None:
    """What waited for its turn is not left half made."""

    class Refused(Bitbucket):
        async def send(self, request: Request) -> Answer:
            if self.requests_sent > 2:
                raise UnauthorizedError(status=401, method="GET", url="/x")
            return await super().send(request)

    member = service.account("member")
    async with Refused(BasicAuth(member.email, member.api_token), base_url=service.url) as client:
        with pytest.raises(UnauthorizedError):
            _ = [one async for one in gather(client, concurrency=2)]


async def test_an_answer_of_any_kind_shows_that_the_service_is_there(
    service: FakeBitbucket,
) -> None:
    """After a 403, a broken connection is one workspace's problem."""

    class Mixed(Bitbucket):
        async def send(self, request: Request) -> Answer:
            if "acme" in request.address:
                raise ForbiddenError(status=403, method="GET", url=request.address)
            raise ConnectionFailedError("reset")

    async with Mixed(base_url=service.url) as client:
        names = ["acme", "borealis"]
        found = [one async for one in gather(client, names, concurrency=1)]
    assert [one.workspace for one in found] == names
    assert all(one.unknown for one in found)


async def test_a_row_that_comes_twice_is_one_right(
    tampered: Callable[..., Bitbucket], bb: Bitbucket, gathered: Any
) -> None:
    """Lists move while they are read; the same right is not counted again."""

    def repeat(request: Request, body: bytes) -> bytes:
        page = json.loads(body)
        if request.address.endswith("/permissions/repositories") and page.get("next"):
            page["values"].append(page["values"][0])
        return json.dumps(page).encode()

    whole = (await gathered(bb, "acme"))["acme"]
    async with tampered(repeat) as client:
        assert len((await gathered(client, "acme"))["acme"].rights) == len(whole.rights)
