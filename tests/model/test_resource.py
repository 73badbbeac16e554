"""Resources: lazy reading, faithful dumping, and writing."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from bbasync import Resource
from bbasync.errors import ArgumentError, DecodingError
from bbasync.model import convert
from bbasync.model.body import encoded
from bbasync.model.kinds import TYPES, pick
from bbasync.model.make import from_wire
from bbasync.resources import (
    Account,
    AppUser,
    Author,
    Branch,
    Commit,
    CommitDirectory,
    CommitFile,
    DeployKey,
    GPGKey,
    Project,
    PullRequest,
    Repository,
    Team,
    TreeEntry,
    User,
    Webhook,
    Workspace,
    WorkspaceMembership,
)
from bbasync.wire.body import Body

FORMS: dict[str, Callable[[Any], Any]] = {
    "decoded": lambda data: data,
    "bytes": lambda data: json.dumps(data).encode(),
    "part of a page": lambda data: msgspec.json.decode(
        b"[1, %b]" % json.dumps(data).encode(), type=list[Raw]
    )[1],
}


FORMS["now"] = FORMS["decoded"]


@pytest.fixture(autouse=True, params=["decoded", "bytes", "part of a page"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every claim holds in whichever form an object comes in."""
    monkeypatch.setitem(FORMS, "now", FORMS[request.param])


def wired(data: Any, kind: type[Any] = Repository) -> Any:
    """A resource as it comes from the service."""
    return from_wire(FORMS["now"](data), kind, None)


def body_of(value: Any) -> Any:
    """What an operation sends for *value*."""
    content = encoded(value, Resource | Mapping[str, Any], "text/plain").content
    assert isinstance(content, bytes)
    return json.loads(content)


def test_only_what_is_read_is_structured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad field costs nothing and breaks nothing until somebody reads it."""
    made: list[Any] = []
    real = convert.converter.get_structure_hook(Account)

    def spy(value: Any, kind: Any) -> Any:
        made.append(kind)
        return real(value, kind)

    repo = wired({"slug": "site", "size": "big", "created_on": "?", "owner": {"type": "user"}})
    assert repo.slug == "site"
    assert "owner" not in vars(repo)
    monkeypatch.setattr(Repository.owner, "_hook", spy)
    monkeypatch.setattr(Repository.owner, "_hint", Account)
    assert isinstance(repo.owner, User)
    assert isinstance(repo.owner, User)
    assert made == [Account]


def test_what_was_structured_is_kept() -> None:
    """A nested resource, a list and a time are the same object each time."""
    pull = wired(
        {"author": {"uuid": "{a}"}, "reviewers": [{"uuid": "{b}"}], "created_on": "2026-01-01"},
        PullRequest,
    )
    assert pull.author is pull.author
    assert pull.reviewers is pull.reviewers
    assert pull.created_on is pull.created_on


def test_absent_and_null_are_none() -> None:
    """Every field may be missing, and every one may be null."""
    repo = wired({"parent": None})
    assert (repo.parent, repo.mainbranch, repo.size) == (None, None, None)


def test_lists_cannot_be_changed_in_place() -> None:
    """A change that no write would send is not possible."""
    hook = wired({"events": ["repo:push"]}, Webhook)
    assert hook.events == ("repo:push",)


RAW = {
    "type": "repository",
    "slug": "site",
    "brand_new": {"deep": [1, None, {"x": "y"}]},
    "size": "not a number",
    "owner": {"type": "user", "surprise": 1},
    "links": {},
}


def test_a_dump_is_what_came_in() -> None:
    """Unknown fields, odd values and nulls survive, before and after reading."""
    before = copy.deepcopy(RAW)
    repo = wired(RAW)
    assert repo.owner.to_dict() == {"type": "user", "surprise": 1}
    assert repo.to_dict() is repo.raw
    assert repo.raw == RAW
    assert before == RAW


def test_a_field_that_no_class_declares_is_in_raw_only() -> None:
    """Misspelt names are errors that name the class."""
    repo = wired(RAW)
    assert repo.raw["brand_new"]["deep"] == [1, None, {"x": "y"}]
    with pytest.raises(AttributeError, match="brand_new"):
        _ = repo.brand_new
    with pytest.raises(AttributeError, match="Repository has no field 'slugg'"):
        repo.slugg = "x"
    with pytest.raises(TypeError, match="Repository has no field 'slugg'"):
        Repository(slugg="x")


def test_keys_of_the_wire_do_not_replace_methods() -> None:
    """A key called like a method stays in raw."""
    repo = wired({"to_dict": 1, "_raw": 2, "rel": 3, "__class__": 4, "commits": 5})
    assert repo.to_dict()["_raw"] == 2
    assert callable(repo.rel)
    assert callable(repo.commits)


@pytest.mark.parametrize(
    ("data", "declared", "kind"),
    [
        ({"type": "user"}, Account, User),
        ({"type": "team"}, Account, Team),
        ({"type": "app_user"}, Account, AppUser),
        ({"type": "AppUser"}, Account, Account),
        ({"type": "martian"}, Account, Account),
        ({"type": "martian"}, Resource, Resource),
        ({"type": "repository"}, Account, Account),
        ({"type": "repository"}, Resource, Repository),
        ({"type": "workspace_base"}, Workspace, Workspace),
        ({"type": "account"}, User, User),
        ({}, Account, Account),
        ({"type": None}, Account, Account),
        ({"type": {"name": "user"}}, Account, Account),
        ({"type": ["user"]}, Account, Account),
        ({"type": 5}, Account, Account),
        ("text", Account, Account),
        (None, Account, Account),
        ({"type": "commit_file"}, TreeEntry, CommitFile),
        ({"type": "commit_directory"}, TreeEntry, CommitDirectory),
    ],
)
def test_the_type_chooses_the_class_where_it_fits(
    data: Any, declared: type[Resource], kind: type[Resource]
) -> None:
    """A known kind of what was declared is taken, anything else stays what was declared."""
    assert type(wired(data, declared)) is kind


def test_unknown_types_do_not_fill_the_memory() -> None:
    """What comes from outside is not remembered."""
    from bbasync.model import kinds

    before = len(kinds._PICKED)
    for number in range(100):
        pick({"type": f"martian_{number}"}, Account)
    assert len(kinds._PICKED) == before


def test_a_list_may_hold_several_types() -> None:
    """Each item is of its own class."""
    pull = wired(
        {"reviewers": [{"type": "user"}, {"type": "app_user"}, {"type": "?"}]}, PullRequest
    )
    assert [type(one) for one in pull.reviewers] == [User, AppUser, Account]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-21T08:00:00+00:00", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21T08:00:00Z", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21T08:00:00.123456+00:00", datetime(2026, 11, 21, 8, 0, 0, 123456, UTC)),
        ("2026-11-21T08:00:00.12345Z", datetime(2026, 11, 21, 8, 0, 0, 123450, UTC)),
        ("2026-11-21T08:00:00.123456789Z", datetime(2026, 11, 21, 8, 0, 0, 123456, UTC)),
        ("2026-11-21 08:00:00+00:00", datetime(2026, 11, 21, 8, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_all_their_spellings(text: str, time: datetime) -> None:
    """With Z, a space, and any number of digits."""
    assert wired({"created_on": text}).created_on == time


def test_a_time_keeps_its_offset() -> None:
    """A commit's date says what the author's clock said."""
    date = wired({"date": "2026-11-21T08:00:00+05:30"}, Commit).date
    assert date.utcoffset() == timedelta(hours=5, minutes=30)
    assert date.hour == 8


def test_a_time_without_a_zone_stays_without() -> None:
    """Memberships are dated so, and a guess would be a lie."""
    made = wired({"added_on": "2021-04-02T14:20:48.179"}, WorkspaceMembership)
    assert made.added_on.tzinfo is None


@pytest.mark.parametrize("state", ["OPEN", "BRAND_NEW", ""])
def test_an_unknown_value_is_a_value(state: str) -> None:
    """Enumerations are open."""
    assert wired({"state": state}, PullRequest).state == state


@pytest.mark.parametrize(
    ("kind", "data", "name", "says"),
    [
        (Repository, {"slug": "site", "size": "12"}, "size", "size is not int but '12'"),
        (Repository, {"slug": "site", "size": True}, "size", "size is not int but True"),
        (Repository, {"slug": "site", "size": 1.5}, "size", "size is not int but 1.5"),
        (Repository, {"slug": 5}, "slug", "slug is not str but 5"),
        (Repository, {"is_private": 1}, "is_private", "is_private is not bool but 1"),
        (Repository, {"slug": "site", "created_on": "soon"}, "created_on", "created_on is not"),
        (Repository, {"created_on": 17}, "created_on", "datetime but 17"),
        (Repository, {"owner": "ann"}, "owner", "owner is not Account but 'ann'"),
        (Repository, {"owner": ["ann"]}, "owner", "owner is not Account but"),
        (Webhook, {"events": "repo:push"}, "events", "events is not Sequence[str] but 'repo:push'"),
        (Webhook, {"events": [1]}, "events", "events is not"),
        (PullRequest, {"id": 7, "reviewers": ["ann"]}, "reviewers", "PullRequest 7: reviewers is"),
        (Repository, "text", "slug", "expected an object, got 'text'"),
        (Repository, None, "slug", "expected an object, got None"),
        (Repository, [], "owner", "expected an object, got"),
    ],
)
def test_a_malformed_field_is_an_error_that_names_item_and_field(
    kind: type[Resource], data: Any, name: str, says: str
) -> None:
    """It is raised where the field is read, each time, and raw still has what came in."""
    made = wired(data, kind)
    for _ in range(2):
        with pytest.raises(DecodingError) as caught:
            getattr(made, name)
        assert says in str(caught.value)
        assert str(caught.value).startswith(kind.__name__)
    assert made.to_dict() == data


def test_an_error_shows_the_start_of_a_long_value() -> None:
    """One line, whatever was sent."""
    with pytest.raises(DecodingError) as caught:
        _ = wired({"slug": "site", "size": "x" * 10_000}).size
    assert str(caught.value).startswith("Repository site: size is not int but 'xxx")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (wired({"full_name": "acme/site", "name": "Site"}), "<Repository acme/site>"),
        (wired({"id": 7, "title": "Fix"}, PullRequest), "<PullRequest Fix>"),
        (wired({"hash": "abc"}, Commit), "<Commit abc>"),
        (wired({}), "<Repository>"),
        (wired("text"), "<Repository>"),
        (wired({"slug": {"odd": 1}}), "<Repository>"),
        (Project(key="WEB"), "<Project WEB>"),
        (DeployKey(key=f"ssh-ed25519 {'A' * 68}", label="CI"), "<DeployKey CI>"),
        (wired({"key": "-----BEGIN PGP\n" * 9, "fingerprint": "f"}, GPGKey), "<GPGKey>"),
        (Project(), "<Project>"),
    ],
)
def test_a_resource_prints_as_what_it_is(made: Resource, text: str) -> None:
    """By whatever it has to tell it apart; printing never raises."""
    assert repr(made) == text


def test_a_resource_made_by_hand_reads_back() -> None:
    """What was set is there, and what wasn't is None."""
    repo = Repository(slug="site", is_private=None)
    assert (repo.slug, repo.is_private, repo.size) == ("site", None, None)
    assert repo.to_dict() == repo.raw == {"slug": "site", "is_private": None}


def test_only_what_was_set_is_written() -> None:
    """No default, no empty list; an explicit None is sent."""
    assert body_of(Webhook(url="https://x", secret=None)) == {"secret": None, "url": "https://x"}
    assert body_of(Webhook(url="https://x")) == {"url": "https://x"}
    assert body_of(Webhook(secret="")) == {"secret": ""}


def test_what_was_set_can_be_set_again_and_read() -> None:
    """The last value counts."""
    repo = Repository(slug="a")
    repo.slug = "b"
    assert (repo.slug, body_of(repo)) == ("b", {"slug": "b"})


def test_nested_values_are_written() -> None:
    """Resources, lists, times and plain objects, at any depth."""
    pull = PullRequest(
        title="Fix",
        source={"branch": Branch(name="fix")},
        reviewers=[User(uuid="{a}"), {"uuid": "{b}"}],
        created_on=datetime(2026, 11, 21, 8, tzinfo=UTC),
    )
    assert body_of(pull) == {
        "created_on": "2026-11-21T08:00:00+00:00",
        "reviewers": [{"uuid": "{a}"}, {"uuid": "{b}"}],
        "source": {"branch": {"name": "fix"}},
        "title": "Fix",
    }


def test_a_change_further_inside_is_written_with_what_it_is_in() -> None:
    """Setting a field of a nested resource is not lost: the nested one is sent whole."""
    repo = from_wire({"name": "site", "project": {"key": "WEB", "name": "Web"}}, Repository, None)
    assert repo.to_body() == {}
    repo.project.name = "New"
    assert body_of(repo) == {"project": {"key": "WEB", "name": "New"}}
    assert pickle.loads(pickle.dumps(repo)).to_body() == repo.to_body()
    assert repo.to_dict()["project"]["name"] == "Web"


def test_a_fetched_resource_writes_its_changes_alone() -> None:
    """Sending back read-only members is what the service refuses."""
    repo = wired({"slug": "site", "description": "old", "size": 5})
    assert repo.description == "old"
    repo.description = "new"
    assert (repo.description, body_of(repo)) == ("new", {"description": "new"})
    assert repo.to_dict() == {"slug": "site", "description": "old", "size": 5}


def test_a_fetched_resource_can_stand_in_a_body() -> None:
    """A user that was fetched can be made a reviewer."""
    user = wired({"type": "user", "uuid": "{a}"}, Account)
    assert body_of(PullRequest(reviewers=[user])) == {
        "reviewers": [{"type": "user", "uuid": "{a}"}]
    }


def test_a_change_of_a_resource_that_stands_in_a_body_is_written() -> None:
    """What was set on a fetched resource is not lost when another one holds it."""
    branch = wired({"name": "old", "type": "branch"}, Branch)
    branch.name = "new"
    assert body_of(Repository(mainbranch=branch)) == {
        "mainbranch": {"name": "new", "type": "branch"}
    }


@pytest.mark.parametrize("made", [Repository(), wired({"slug": "site"})])
def test_nothing_set_is_nothing_to_write(made: Resource) -> None:
    """A body of nothing is a mistake, found before anything is sent."""
    with pytest.raises(ArgumentError, match="nothing to write"):
        body_of(made)


@pytest.mark.parametrize("body", [{}, {"a": None}, {"a": [1, {"b": "c"}]}])
def test_a_mapping_is_written_whole(body: Mapping[str, Any]) -> None:
    """Who writes JSON by hand gets that JSON."""
    assert body_of(body) == body


def test_a_commit_author_has_a_field_raw() -> None:
    """There the wire has a key of that name; the whole object is in to_dict()."""
    data = {"raw": "Ann <ann@example.com>", "type": "author"}
    commit = wired({"author": data}, Commit)
    assert isinstance(commit.author, Author)
    assert commit.author.raw == "Ann <ann@example.com>"
    assert commit.author.to_dict() == data
    assert commit.author.user is None


class Client:
    """A sender with something that must not be pickled."""

    def __reduce__(self) -> Any:
        raise AssertionError("the client was pickled")


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_follows_links_as_the_original_does(duplicate: Any) -> None:
    """It has the same client, and changes of its own."""
    client: Any = Client()
    repo = from_wire({"slug": "site"}, Repository, client)
    again = duplicate(repo)
    again.description = "new"
    assert again.sender is client
    assert again.to_dict() == repo.to_dict()
    assert (repo.to_body(), again.to_body()) == ({}, {"description": "new"})


def test_what_was_set_can_be_taken_back() -> None:
    """Deleting a change leaves what came in; a field that was not set has nothing to take back."""
    repo = from_wire({"slug": "site"}, Repository, None)
    repo.slug = "new"
    del repo.slug
    assert (repo.slug, repo.to_body()) == ("site", {})
    with pytest.raises(AttributeError):
        del repo.slug


def test_an_iterator_is_read_once_and_sent_whole() -> None:
    """Looking at a resource does not use its values up."""
    hook = Webhook(events=(key for key in ["repo:push"]))
    assert repr(hook) == "<Webhook>"
    assert body_of(hook) == body_of(hook) == {"events": ["repo:push"]}


def test_an_object_without_a_class_can_not_be_changed_in_place() -> None:
    """Such a change would never be sent."""
    repo = from_wire({"override_settings": {"a": True}}, Repository, None)
    with pytest.raises(TypeError):
        repo.override_settings["a"] = False
    assert repo.override_settings == {"a": True}


@pytest.mark.parametrize("body", ["x", 5, [1], True, b"x"])
def test_a_body_is_a_resource_or_a_mapping(body: Any) -> None:
    """Anything else is a mistake of the caller's."""
    with pytest.raises(ArgumentError, match="takes a resource or a mapping"):
        body_of(body)


def test_a_resource_is_pickled_without_its_client() -> None:
    """Data and changes travel, the credential does not, and links say why they lead nowhere."""
    repo = from_wire({"slug": "site", "owner": {"type": "user"}, "links": {"self": {"href": "/x"}}},
                     Repository, Client())  # type: ignore[arg-type]  # fmt: skip
    assert isinstance(repo.owner, User)
    repo.description = "new"
    again = pickle.loads(pickle.dumps(repo))
    assert type(again) is Repository
    assert again.to_dict() == repo.to_dict()
    assert (again.slug, again.description, body_of(again)) == (
        "site",
        "new",
        {"description": "new"},
    )
    with pytest.raises(ArgumentError, match="made by hand or unpickled"):
        again.rel("self")


def test_a_resource_made_by_hand_survives_pickling() -> None:
    """It stays a body for writing."""
    again = pickle.loads(pickle.dumps(Webhook(url="https://x", secret=None)))
    assert body_of(again) == {"secret": None, "url": "https://x"}
    assert again.events is None


def test_resources_are_told_apart_by_identity() -> None:
    """Two answers about one thing are two objects, and both can be keys."""
    first, second = wired({"slug": "a"}), wired({"slug": "a"})
    assert first != second
    assert len({first, second}) == 2


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_class_stands_for_its_own_type(kind: str) -> None:
    """What the service calls by a declared type becomes that class."""
    assert type(wired({"type": kind}, Resource)) is TYPES[kind]


def test_a_deep_copy_changes_for_itself() -> None:
    """What is set inside the copy is not set in the original."""
    repo = from_wire({"project": {"key": "WEB"}}, Repository, None)
    again = copy.deepcopy(repo)
    again.project.name = "New"
    assert (repo.to_body(), repo.project.name) == ({}, None)
    del again.project
    assert again.to_body() == {}


def test_a_read_only_mapping_travels() -> None:
    """It is pickled, copied and sent like the object that it was."""
    fetched = from_wire({"override_settings": {"a": True}}, Repository, None)
    made = Repository(override_settings=fetched.override_settings)
    assert pickle.loads(pickle.dumps(made)).to_body() == {"override_settings": {"a": True}}
    assert copy.deepcopy(made).to_body() == made.to_body()
    assert Body.of_json(fetched.override_settings).content == b'{"a":true}'
