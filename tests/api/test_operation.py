"""The decorators: a group declared here, on a recording Sender."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal, Unpack

import pytest

from bbasync import F, Pager, Resource
from bbasync.api import OPERATIONS
from bbasync.api.operation import DELETE, GET, POST, PUT, Group
from bbasync.errors import ArgumentError, DecodingError, NotReadyError
from bbasync.paging import ListQuery
from bbasync.resources import Account, Repository, Webhook
from bbasync.wire.message import Safety


class Color(StrEnum):
    """An enumeration of a user's own."""

    RED = "red"


class Things(Group, name="things"):
    """What this test calls."""

    @GET("/things/{workspace}", scope="thing account", max_pagelen=50)
    def list(
        self,
        workspace: str,
        *,
        state: Literal["OPEN", "DONE"] | Sequence[str] = "OPEN",
        since: datetime | date | None = None,
        from_: str = "",
        big: bool = False,
        **query: Unpack[ListQuery],
    ) -> Pager[Account]:
        """Walk the things."""

    @GET("/things/{workspace}/{thing_id}")
    async def get(self, workspace: str, thing_id: str | int, *, fields: str = "") -> Account:
        """Get a thing."""

    @GET("/things/{workspace}/files/{path}")
    async def read(self, workspace: str, path: str) -> Resource:
        """Read a file."""

    @POST("/things/{workspace}")
    async def create(self, workspace: str, body: Webhook | Mapping[str, Any]) -> Webhook:
        """Make a thing."""

    @POST("/things/{workspace}/search", safety=Safety.READ)
    async def search(self, workspace: str, body: Mapping[str, Any] | None = None) -> Resource:
        """Search, which changes nothing."""

    @PUT("/things/{workspace}/{thing_id}")
    async def update(self, workspace: str, thing_id: int, body: Webhook) -> None:
        """Change a thing."""

    @DELETE("/things/{workspace}/{thing_id}")
    async def delete(self, workspace: str, thing_id: str, *, redirect_to: str = "") -> None:
        """Delete a thing."""

    @GET("/old", deprecated="removed by CHANGE-1; call list()")
    def list_old(self, **query: Unpack[ListQuery]) -> Pager[Account]:
        """Walk the old things."""

    @GET("/found")
    def find(self, kind: str = "", *, name: str) -> Pager[Account]:
        """Walk the things of a name."""

    @GET("/old/{name}", deprecated="removed by CHANGE-1; call get()")
    async def get_old(self, name: str) -> Account:
        """Get an old thing."""


async def test_names_in_the_path_go_in_the_path(recorder: Any) -> None:
    """By position or by name, and nothing else is sent."""
    sender = recorder({"uuid": "{a}"}, {"uuid": "{a}"})
    await Things(sender).get("acme", 7)
    await Things(sender).get(thing_id=7, workspace="acme")
    assert sender.targets == ["/things/acme/7"] * 2
    request = sender.requests[0]
    assert (request.method, request.body, request.query) == ("GET", None, ())
    assert request.safety is Safety.READ


@pytest.mark.parametrize(
    ("thing", "target"),
    [
        ("feature/a#b", "/things/acme/feature%2Fa%23b"),
        ("a?b=c", "/things/acme/a%3Fb%3Dc"),
        ("{a-1}", "/things/acme/%7Ba-1%7D"),
        ("{workspace}", "/things/acme/%7Bworkspace%7D"),
        ("a..b", "/things/acme/a..b"),
        ("x/../../..", "/things/acme/x%2F..%2F..%2F.."),
        ("100%", "/things/acme/100%25"),
        ("ä b", "/things/acme/%C3%A4%20b"),
    ],
)
async def test_a_value_stays_in_its_segment(recorder: Any, thing: str, target: str) -> None:
    """Slashes, hashes, braces and dots of a value reach no other path."""
    sender = recorder({})
    await Things(sender).get("acme", thing)
    assert sender.targets == [target]


@pytest.mark.parametrize("thing", ["", ".", ".."])
@pytest.mark.parametrize("name", ["get", "delete"])
async def test_a_value_that_means_another_path_is_refused(
    recorder: Any, name: str, thing: str
) -> None:
    """Deleting the thing called ".." does not delete the workspace."""
    sender = recorder()
    with pytest.raises(ArgumentError, match="thing_id can't be"):
        await getattr(Things(sender), name)("acme", thing)
    assert sender.requests == []


async def test_only_a_path_keeps_its_slashes(recorder: Any) -> None:
    """A file's path is several segments."""
    sender = recorder({})
    await Things(sender).read("acme", "docs/a#b?.md")
    assert sender.targets == ["/things/acme/files/docs/a%23b%3F.md"]
    with pytest.raises(ArgumentError, match=r"path can't be '\.\.'"):
        await Things(sender).read("acme", "docs/../../x")


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({}, "pagelen=50"),
        ({"state": "OPEN"}, "state=OPEN&pagelen=50"),
        ({"state": ["OPEN", "DONE"]}, "state=OPEN&state=DONE&pagelen=50"),
        ({"state": Color.RED}, "state=red&pagelen=50"),
        ({"big": False}, "big=false&pagelen=50"),
        ({"big": True}, "big=true&pagelen=50"),
        ({"from_": "x"}, "from=x&pagelen=50"),
        ({"since": None}, "pagelen=50"),
        ({"since": date(2026, 1, 2)}, "since=2026-01-02&pagelen=50"),
        (
            {"since": datetime(2026, 1, 2, tzinfo=UTC)},
            "since=2026-01-02T00%3A00%3A00%2B00%3A00&pagelen=50",
        ),
        ({"q": F.name == 'a"b'}, "q=name%3D%22a%5C%22b%22&pagelen=50"),
        ({"q": "a=1 AND b=2"}, "q=a%3D1%20AND%20b%3D2&pagelen=50"),
        ({"sort": "-name"}, "sort=-name&pagelen=50"),
        ({"pagelen": 1}, "pagelen=1"),
        ({"page": 3}, "page=3&pagelen=50"),
        ({"unique": True}, "pagelen=50"),
        ({"concurrency": 4}, "pagelen=50"),
        (
            {"fields": ["values.uuid"]},
            "fields=values.uuid%2Cnext%2Csize%2Cpage%2Cpagelen&pagelen=50",
        ),
        ({"fields": "+values.email"}, "fields=%2Bvalues.email&pagelen=50"),
    ],
)
async def test_only_what_is_passed_is_sent(recorder: Any, query: dict[str, Any], sent: str) -> None:
    """Beside the largest page length; each value as the service spells it."""
    sender = recorder({"values": []})
    await Things(sender).list("acme", **query).all()
    assert sender.targets == [f"/things/acme?{sent}"]


@pytest.mark.parametrize(
    "call",
    [
        lambda things: things.list("acme", stat="OPEN"),
        lambda things: things.list("acme", workspace="other"),
        lambda things: things.list(),
        lambda things: things.list("acme", "OPEN"),
        lambda things: things.list_old(filter="x"),
        lambda things: things.find(),
        lambda things: things.find("x"),
    ],
)
def test_what_the_operation_does_not_take_is_a_type_error(recorder: Any, call: Any) -> None:
    """A misspelt parameter would be ignored by the service; here it is not."""
    sender = recorder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with pytest.raises(TypeError):
            call(Things(sender))
    assert sender.requests == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"pagelen": 0}, "pagelen: .*1 to 50.*0"),
        ({"pagelen": 51}, "pagelen: .*1 to 50.*51"),
        ({"pagelen": "50"}, "pagelen: "),
        ({"sort": "a,b"}, "sort: .*one field"),
        ({"fields": ""}, "fields: "),
        ({"fields": "-next"}, "fields: a walk needs 'next'"),
        ({"state": object()}, "state: .*can't stand in a query"),
        ({"state": [["OPEN"]]}, "state: "),
        ({"q": F.name}, "q: a filter is text or made with F"),
        ({"q": True}, "q: a filter is text or made with F"),
        ({"q": F.name == "\ud800"}, "q: .*surrogates"),
        ({"sort": 5}, "sort: "),
        ({"fields": [5]}, "fields: "),
        ({"pagelen": True}, "pagelen: takes a whole number"),
        ({"page": True}, "page: takes a whole number"),
        ({"state": []}, "state: an empty list"),
        ({"unique": "no"}, "unique takes True or False"),
        ({"concurrency": 0}, "concurrency takes a whole number from 1 on, not 0"),
        ({"concurrency": -1}, "concurrency takes a whole number from 1 on"),
        ({"concurrency": True}, "concurrency takes a whole number from 1 on, not True"),
        ({"concurrency": "4"}, "concurrency takes a whole number from 1 on, not '4'"),
        ({"concurrency": 2.0}, "concurrency takes a whole number from 1 on"),
        ({"concurrency": None}, "concurrency takes a whole number from 1 on"),
    ],
)
def test_what_the_service_would_refuse_is_refused_before(
    recorder: Any, query: dict[str, Any], says: str
) -> None:
    """An ArgumentError that names the argument, and no request."""
    sender = recorder()
    with pytest.raises(ArgumentError, match=says):
        Things(sender).list("acme", **query)
    assert sender.requests == []


async def test_a_body_is_what_was_set(recorder: Any) -> None:
    """A resource made by hand or a mapping, as JSON; the answer is of the declared class."""
    sender = recorder({"type": "webhook_subscription", "uuid": "{a}"}, {"uuid": "{b}"})
    things = Things(sender)
    made = await things.create("acme", Webhook(url="https://x", secret=None))
    assert (type(made), made.uuid, made.sender) == (Webhook, "{a}", sender)
    await things.create("acme", body={"url": "https://y", "on": date(2026, 1, 2)})
    assert [request.body.content for request in sender.requests] == [
        b'{"secret":null,"url":"https://x"}',
        b'{"url":"https://y","on":"2026-01-02"}',
    ]
    assert sender.requests[0].body.content_type == "application/json"
    assert sender.requests[0].safety is Safety.NEVER


@pytest.mark.parametrize(
    "body", [Webhook(), {"a": math.nan}, {"a": object()}], ids=["nothing", "nan", "object"]
)
async def test_a_body_that_says_nothing_or_cannot_be_said_is_refused(
    recorder: Any, body: Any
) -> None:
    """Before anything is sent."""
    sender = recorder()
    with pytest.raises(ArgumentError):
        await Things(sender).create("acme", body)
    assert sender.requests == []


async def test_a_call_without_its_body_has_none(recorder: Any) -> None:
    """None is no body, not the JSON null."""
    sender = recorder({})
    await Things(sender).search("acme")
    assert (sender.requests[0].body, sender.requests[0].safety) == (None, Safety.READ)


async def test_writes_are_as_safe_as_their_operation_says(recorder: Any, answer: Any) -> None:
    """PUT is repeatable and DELETE can be verified, where the declaration says nothing else."""
    sender = recorder(answer(body=b"", status=204), answer(body=b"", status=204))
    things = Things(sender)
    assert await things.update("acme", 7, Webhook(active=False)) is None
    assert await things.delete("acme", "7", redirect_to="https://x") is None
    assert [request.safety for request in sender.requests] == [Safety.REPEATABLE, Safety.VERIFY]
    assert sender.targets[1] == "/things/acme/7?redirect_to=https%3A%2F%2Fx"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"body": b"", "status": 200}, DecodingError),
        ({"body": b"<html>"}, DecodingError),
        ({"data": []}, DecodingError),
        ({"data": None}, DecodingError),
        ({"data": {}, "status": 202}, NotReadyError),
    ],
)
async def test_an_answer_that_is_not_the_result_is_an_error(
    recorder: Any, answer: Any, said: dict[str, Any], kind: type[Exception]
) -> None:
    """No body, another shape and "not yet" are not read as an empty thing."""
    with pytest.raises(kind):
        await Things(recorder(answer(**said))).get("acme", 7)


async def test_a_deprecated_operation_warns_and_works(recorder: Any) -> None:
    """The warning names the operation, its end and what to call instead, at the caller's line."""
    things = Things(recorder({"values": [{"uuid": "{a}"}]}, {"uuid": "{b}"}))
    with pytest.warns(DeprecationWarning, match=r"things.list_old: removed by CHANGE-1") as caught:
        walk = things.list_old()
    assert caught[0].filename == __file__
    assert [one.uuid async for one in walk] == ["{a}"]
    with pytest.warns(DeprecationWarning, match=r"things.get_old: .* call get\(\)"):
        assert (await things.get_old("x")).uuid == "{b}"


def test_a_group_lists_its_operations() -> None:
    """Method, path, scopes, name and group, for the documentation and the command line."""
    found = {operation.name: operation for operation in Things.operations}
    assert list(found) == ["list", "get", "read", "create", "search", "update", "delete",
                           "list_old", "find", "get_old"]  # fmt: skip
    listing = found["list"]
    assert (listing.method, listing.path, listing.group) == ("GET", "/things/{workspace}", "things")
    assert listing.scopes == ("thing", "account")
    assert listing.signature.max_pagelen == 50
    assert (listing.deprecated, found["get_old"].deprecated) == (False, True)
    assert set(listing.signature.parameters) >= {"workspace", "state", "from_", "q", "pagelen"}


def test_the_signature_that_a_user_sees_is_the_declared_one() -> None:
    """help() and editors show names, defaults and the docstring."""
    assert str(inspect.signature(Things.delete)) == (
        "(self, workspace: 'str', thing_id: 'str', *, redirect_to: 'str' = '') -> 'None'"
    )
    assert Things.delete.__doc__ == "Delete a thing."
    assert inspect.iscoroutinefunction(Things.delete)
    assert not inspect.iscoroutinefunction(Things.list)


async def test_the_client_hands_out_every_group_that_is_declared(client: Any) -> None:
    """getattr(getattr(bb, op.group), op.name) is the callable of each operation."""
    bb = await client("http://127.0.0.1:9/2.0")
    for operation in OPERATIONS:
        made = getattr(getattr(bb, operation.group), operation.name)
        assert made.operation is operation
        assert made.__doc__
    assert len({(operation.method, operation.path) for operation in OPERATIONS}) == len(OPERATIONS)


async def test_an_operation_goes_over_the_wire(serve: Any, client: Any, say: Any) -> None:
    """From the call to the socket and back, link by link."""
    watchers = "/2.0/repositories/acme/site/watchers"

    def by(heard: Any) -> Any:
        if heard.target.startswith(watchers):
            return say(data={"values": [{"type": "user", "uuid": "{a}"}]})
        links = {"watchers": {"href": f"http://{heard.headers['Host']}{watchers}"}}
        return say(data={"type": "repository", "slug": "site", "links": links})

    server = await serve(by=by)
    bb = await client(server.url)
    repo = await bb.repositories.get("acme", "site", fields="slug,links")
    assert isinstance(repo, Repository)
    assert [one.uuid async for one in repo.watchers()] == ["{a}"]
    assert [heard.target for heard in server.heard] == [
        "/2.0/repositories/acme/site?fields=slug%2Clinks",
        f"{watchers}?pagelen=100",
    ]
