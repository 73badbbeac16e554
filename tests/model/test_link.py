"""Links: the data, and following them."""

from __future__ import annotations

from typing import Any, Self

import pytest

from bbasync import Link, Links, Pager, Resource
from bbasync.errors import ArgumentError, DecodingError, NotReadyError, UnknownRelError
from bbasync.model.kinds import TYPES
from bbasync.model.link import ACTIONS, link, methods_of
from bbasync.model.make import from_wire
from bbasync.model.resource import resource
from bbasync.model.shape import NAMES
from bbasync.paging import ListQuery
from bbasync.resources import Account, PullRequest, Repository, User
from bbasync.wire.message import Safety

API = "https://api.bitbucket.org/2.0"
REPO = f"{API}/repositories/acme/site"
CLONE = [
    {"href": "https://bitbucket.org/acme/site.git", "name": "https"},
    {"href": "git@bitbucket.org:acme/site.git", "name": "ssh"},
]


@resource("gadget")
class Gadget(Resource):
    """A thing of the test's own."""

    name: str | None = None

    @link("parts")
    def parts(self, color: str, *, size: int = 0) -> Pager[Account]:
        """Walk the parts of a color."""

    @link("self")
    async def self_(self) -> Self:
        """Fetch it again."""


# Not for the tests that go through all declared classes.
del NAMES["Gadget"], TYPES["gadget"]


def linked(links: Any, kind: type[Any] = Repository, sender: Any = None) -> Any:
    """A resource with *links*, as it comes from the service."""
    return from_wire({"full_name": "acme/site", "links": links}, kind, sender)


def test_a_link_is_found_by_its_rel() -> None:
    """The data of a link is what was sent."""
    links = linked({"html": {"href": "https://bitbucket.org/x", "title": "X", "name": "n"}}).links
    assert links["html"] == Link("https://bitbucket.org/x", "n", "X")
    assert (list(links), len(links), "html" in links, "self" in links) == (["html"], 1, True, False)
    assert repr(links) == "<Links html>"


@pytest.mark.parametrize(
    ("data", "rels"),
    [
        ({"self": {"href": "/a"}, "html": {"href": "/b"}}, ["self", "html"]),
        ({"clone": CLONE}, ["clone"]),
        ([{"rel": "self", "href": "/a"}, {"rel": "html", "href": "/b"}], ["self", "html"]),
        (None, []),
        ({}, []),
        ([], []),
        ("text", []),
        ({"self": {"href": ""}}, []),
        ({"self": {"href": None}}, []),
        ({"self": {}}, []),
        ({"self": None}, []),
        ({"self": "/a"}, []),
        ({"self": []}, []),
        ({"self": [None, {"href": "/a"}]}, ["self"]),
        ([None, {"href": "/a"}, {"rel": None, "href": "/a"}], []),
    ],
)
def test_links_are_read_in_all_shapes(data: Any, rels: list[str]) -> None:
    """One link, a list, API 1.0's list, and everything that is no link."""
    assert list(linked(data).links) == rels


@pytest.mark.parametrize("data", ["text", None, []])
def test_what_is_no_object_has_no_links(data: Any) -> None:
    """An odd item can still be asked for its links."""
    assert len(from_wire(data, Repository, None).links) == 0


def test_a_list_of_links_is_chosen_from_by_name() -> None:
    """All of them, one by its name, and never one by chance."""
    links = linked({"clone": CLONE}).links
    assert [one.name for one in links.all("clone")] == ["https", "ssh"]
    assert links.choose("clone", "ssh").href == "git@bitbucket.org:acme/site.git"
    with pytest.raises(UnknownRelError, match=r"2 links 'clone' \(https, ssh\): choose one"):
        links["clone"]
    with pytest.raises(UnknownRelError, match="none called 'svn'"):
        links.choose("clone", "svn")


@pytest.mark.parametrize(
    ("links", "says"),
    [
        ({"self": {"href": "/a"}, "html": {"href": "/b"}}, "no link 'watchers'; it has self, html"),
        ({}, "no links at all: did fields= leave them out"),
    ],
)
def test_an_unknown_rel_is_a_clear_error(links: Any, says: str) -> None:
    """It names the resource, what it has, and a likely reason."""
    with pytest.raises(UnknownRelError, match=says) as caught:
        linked(links).rel("watchers")
    assert "acme/site" in str(caught.value)


async def test_a_rel_is_awaited_for_one_resource(recorder: Any) -> None:
    """It becomes the class that its type names, and goes on from there."""
    sender = recorder({"type": "user", "uuid": "{a}"})
    owner = await linked({"owner": {"href": f"{API}/users/%7Ba%7D"}}, sender=sender).rel("owner")
    assert isinstance(owner, User)
    assert owner.sender is sender
    assert sender.targets == [f"{API}/users/%7Ba%7D"]


async def test_a_rel_is_walked_as_a_list(recorder: Any) -> None:
    """A list that no class knows is asked for in the service's own page length."""
    sender = recorder({"values": [{"type": "user"}, {"type": "?"}]})
    repo = linked({"fans": {"href": f"{REPO}/fans"}}, sender=sender)
    assert [type(one) async for one in repo.rel("fans")] == [User, Resource]
    assert sender.targets == [f"{REPO}/fans"]


async def test_a_declared_rel_is_walked_with_what_its_class_knows(recorder: Any) -> None:
    """The largest pages that the list takes, and items of its class."""
    sender = recorder({"values": [{"id": 1}]})
    repo = linked({"pullrequests": {"href": f"{REPO}/pullrequests"}}, sender=sender)
    items = await repo.rel("pullrequests").list().all()
    assert [type(one) for one in items] == [PullRequest]
    assert sender.targets == [f"{REPO}/pullrequests?pagelen=50"]


async def test_a_list_behind_a_rel_takes_what_lists_take(recorder: Any) -> None:
    """Filter, order and length; what it doesn't take is an error."""
    sender = recorder({"values": []})
    rel = linked({"fans": {"href": f"{REPO}/fans?a=1"}}, sender=sender).rel("fans")
    await rel.list(q="x=1", pagelen=7, unique=True).all()
    assert sender.targets == [f"{REPO}/fans?a=1&q=x%3D1&pagelen=7"]
    with pytest.raises(TypeError, match="takes no 'order'"):
        rel.list(order="x")


async def test_awaiting_a_list_says_what_to_do(recorder: Any) -> None:
    """A page is not handed out as a resource."""
    repo = linked({"fans": {"href": "/fans"}}, sender=recorder({"values": []}))
    with pytest.raises(ArgumentError, match="walk it with async for"):
        await repo.rel("fans")


@pytest.mark.parametrize("rel", sorted(ACTIONS))
async def test_an_action_is_a_post_that_is_never_repeated(recorder: Any, rel: str) -> None:
    """approve, merge and the like do something."""
    sender = recorder({"type": "participant"})
    await linked({rel: {"href": f"{REPO}/x"}}, PullRequest, sender).rel(rel)
    request = sender.requests[0]
    assert (request.method, request.safety, request.body) == ("POST", Safety.NEVER, None)


async def test_an_answer_that_is_not_there_yet_says_so(recorder: Any, answer: Any) -> None:
    """A merge that goes on in the background is not a resource; its address is on the error."""
    sender = recorder(answer({}, status=202, headers={"Location": "/2.0/task"}))
    with pytest.raises(NotReadyError) as caught:
        await linked({"merge": {"href": "/merge"}}, PullRequest, sender).rel("merge")
    assert caught.value.location == "/2.0/task"


@pytest.mark.parametrize("data", [[], "text", 5, None])
async def test_what_is_no_object_is_no_resource(recorder: Any, answer: Any, data: Any) -> None:
    """An answer of another shape is an error that names the call."""
    repo = linked({"self": {"href": "/x"}}, sender=recorder(answer(data)))
    with pytest.raises(DecodingError, match="GET https"):
        await repo.rel("self")


TEMPLATE = f"{REPO}/src/{{commit}}{{?format}}"


@pytest.mark.parametrize("marked", [True, "true", "True"])
async def test_a_template_is_expanded(recorder: Any, marked: Any) -> None:
    """RFC 6570, each value encoded so that it stays in its place."""
    sender = recorder({})
    repo = linked({"src": {"href": TEMPLATE, "templated": marked}}, sender=sender)
    assert repo.links["src"].variables == ("commit", "format")
    await repo.rel("src", commit="a/b?c", format="meta")
    assert sender.targets == [f"{REPO}/src/a%2Fb%3Fc?format=meta"]


@pytest.mark.parametrize(
    "variables",
    [{}, {"commit": "a"}, {"commit": "a", "format": "b", "more": "c"},
     {"commit": "..", "format": "b"}, {"commit": "", "format": "b"}],
)  # fmt: skip
def test_a_template_wants_exactly_its_variables(variables: dict[str, str]) -> None:
    """A missing, a surplus and a climbing value are errors before anything is sent."""
    with pytest.raises(ArgumentError):
        linked({"src": {"href": TEMPLATE, "templated": True}}).rel("src", **variables)


@pytest.mark.parametrize("marked", [{}, {"templated": False}, {"templated": "false"}])
async def test_literal_braces_are_no_template(recorder: Any, marked: dict[str, Any]) -> None:
    """An href with a bare {uuid} in it is an address."""
    sender = recorder({})
    repo = linked({"self": {"href": f"{API}/users/{{a-1}}", **marked}}, sender=sender)
    assert repo.links["self"].variables == ()
    await repo.rel("self")
    assert sender.targets == [f"{API}/users/{{a-1}}"]


def test_variables_for_what_is_no_template_are_refused() -> None:
    """They would be dropped in silence."""
    with pytest.raises(ArgumentError, match="takes no variables, not commit"):
        linked({"self": {"href": "/x"}}).rel("self", commit="a")


async def test_braces_reach_the_service_encoded(serve: Any, client: Any, say: Any) -> None:
    """The transport encodes what an href has not."""
    server = await serve(say(data={}))
    bb = await client(server.url)
    await linked({"self": {"href": f"{server.url}/users/{{a-1}}"}}, sender=bb).rel("self")
    assert server.heard[0].target == "/2.0/users/%7Ba-1%7D"


def test_a_resource_without_a_client_follows_no_link() -> None:
    """It says why."""
    with pytest.raises(ArgumentError, match="made by hand or unpickled"):
        linked({"self": {"href": "/x"}}).rel("self")


# --- methods ----------------------------------------------------------------------------------

ALL_LINKS = {
    rel: {"href": f"{REPO}/{rel}"}
    for rel in ("self", "pullrequests", "commits", "approve", "forks")
}


async def test_a_method_walks_its_link(recorder: Any) -> None:
    """With the largest pages, its own parameters, and items of its class that lead on."""
    sender = recorder({"values": [{"id": 1}]})
    pulls = linked(ALL_LINKS, sender=sender).pullrequests(state=["OPEN", "MERGED"], sort="-id")
    assert isinstance(pulls, Pager)
    items = await pulls.all()
    assert isinstance(items[0], PullRequest)
    assert items[0].sender is sender
    expected = f"{REPO}/pullrequests?state=OPEN&state=MERGED&sort=-id&pagelen=50"
    assert sender.targets == [expected]


async def test_a_default_in_a_signature_is_not_sent(recorder: Any) -> None:
    """Only what was passed is sent; a default says what the service does."""
    sender = recorder({"values": []})
    await linked(ALL_LINKS, sender=sender).commits(path="a b").all()
    assert sender.targets == [f"{REPO}/commits?path=a%20b&pagelen=100"]


async def test_self_is_fetched_as_the_same_class(recorder: Any) -> None:
    """A stub becomes the whole thing."""
    sender = recorder({"type": "user", "nickname": "ann"})
    user = await linked(ALL_LINKS, User, sender).self_()
    assert (type(user), user.nickname) == (User, "ann")


def test_a_method_whose_link_is_missing_says_so() -> None:
    """An anonymous stub has no such link."""
    with pytest.raises(UnknownRelError, match="no link 'watchers'"):
        linked(ALL_LINKS).watchers()


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"stat": "OPEN"}, TypeError),
        ({"pagelen": 51}, ArgumentError),
        ({"sort": ""}, ArgumentError),
    ],
)
def test_a_method_checks_its_arguments_first(
    recorder: Any, query: dict[str, Any], kind: type[Exception]
) -> None:
    """What the service would ignore or refuse is an error before any request."""
    sender = recorder()
    with pytest.raises(kind):
        linked(ALL_LINKS, sender=sender).pullrequests(**query)
    assert sender.requests == []


def test_a_method_of_a_template_takes_its_variables(recorder: Any) -> None:
    """A class can declare what a templated link wants."""
    sender = recorder()
    gadget = linked(
        {"parts": {"href": f"{API}/g/{{color}}/parts", "templated": True}}, Gadget, sender
    )
    assert "/g/dark%20red/parts" in repr(gadget.parts("dark red"))
    with pytest.raises(ArgumentError, match=r"color can't be '\.\.'"):
        gadget.parts("..")


def test_the_methods_of_a_class_can_be_listed() -> None:
    """Name, rel and signature of each: documentation and tests read it."""
    found = {name: (rel, signature.paged) for name, rel, signature in methods_of(Gadget)}
    assert found == {
        "parts": ("parts", True),
        "self_": ("self", False),
    }
    assert {rel for _, rel, _ in methods_of(User)} >= {"self", "repositories"}


def test_links_are_data_of_their_own() -> None:
    """Links can be made from any object's links."""
    made = Links({"self": {"href": "/a"}}, linked({}))
    assert made["self"].href == "/a"
    assert set(ListQuery.__annotations__) >= {"q", "sort", "fields", "pagelen", "page", "unique"}
