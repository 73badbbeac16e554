"""Every link that leads into the API can be followed, by its name and by the method for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from cases import EVERY

from bbasync import Bitbucket, Pager, Resource, resources
from bbasync.errors import ArgumentError, DecodingError, GoneError
from bbasync.fake import FakeBitbucket
from bbasync.model.link import methods_of
from bbasync.model.make import from_wire
from bbasync.model.reply import item_of
from bbasync.model.shape import NAMES
from bbasync.model.signature import Signature

Everything = Callable[[Resource], list[Resource]]

PAGES = {"html", "avatar", "clone", "pullrequest_create", "html_overview"}
"""Rels that lead to people's pages, images and git, not into the API."""


@pytest.mark.parametrize("kind", EVERY.found)
async def test_every_link_is_followed_by_its_name(
    kind: str, client: Bitbucket, service: FakeBitbucket
) -> None:
    """``rel`` reaches what is behind each link, one thing or a list."""
    one = await EVERY.found[kind](client)
    assert type(one).__name__ == kind
    rels = [rel for rel in api_rels(one, client) if (kind, rel) not in EVERY.actions]
    expected = {rel: _expected(kind, rel) for rel in rels}
    assert rels
    names = {"project_key": "WEB", "repo_slug": "site", "member": service.account("member").uuid}
    assert {rel: await _followed(one, rel, names) for rel in rels} == expected


@pytest.mark.parametrize("kind", EVERY.found)
async def test_every_link_method_returns_what_it_says(
    kind: str, client: Bitbucket, everything: Everything
) -> None:
    """What a method for a link brings is of the class that its annotation names."""
    one = await EVERY.found[kind](client)
    for rel, (name, signature) in _methods(type(one)).items():
        if rel not in one.links or (kind, rel) in EVERY.actions:
            continue
        if _expected(kind, rel) == "gone":
            continue
        made = getattr(one, name)()
        if _expected(kind, rel) == "bytes":
            assert isinstance(await made, bytes)
            continue
        items = await made.all() if signature.paged else [await made]
        wanted = item_of(signature.returns) if signature.paged else signature.returns
        for item in items:
            assert isinstance(item, wanted if isinstance(wanted, type) else type(one))
            everything(item)


@pytest.mark.parametrize("kind", EVERY.found)
async def test_every_method_for_a_link_that_the_fake_never_sends_is_known(
    kind: str, client: Bitbucket
) -> None:
    """A method whose link does not come is on the list of those that the next test follows."""
    one = await EVERY.found[kind](client)
    missing = {(kind, rel) for rel in _methods(type(one)) if rel not in one.links}
    assert missing <= set(EVERY.never_sent)


@pytest.mark.parametrize(("kind", "rel"), EVERY.never_sent)
async def test_a_method_whose_link_the_fake_does_not_send_is_followed_too(
    kind: str, rel: str, client: Bitbucket, everything: Everything
) -> None:
    """With the link as the service sends it, the method and the name bring the same."""
    cls = NAMES[kind]
    if kind in EVERY.found:
        assert rel not in (await EVERY.found[kind](client)).links
    data = {
        "links": {rel: {"href": f"{client._options.origins.base}{EVERY.never_sent[kind, rel]}"}}
    }
    one = from_wire(data, cls, client)
    name, signature = _methods(cls)[rel]
    if not signature.paged:
        everything(await getattr(one, name)())
        return
    found = await getattr(one, name)().all()
    assert all(isinstance(item, item_of(signature.returns)) for item in found)
    assert [item.to_dict() for item in found] == [item.to_dict() async for item in one.rel(rel)]
    assert found
    for item in found:
        everything(item)


@pytest.mark.parametrize(("kind", "rel"), sorted(EVERY.removed))
async def test_what_was_removed_says_so_through_its_method(
    kind: str, rel: str, client: Bitbucket
) -> None:
    """The method for a link to what was removed is kept, and raises the service's 410."""
    one = await EVERY.found[kind](client)
    name, _ = _methods(type(one))[rel]
    found = getattr(one, name)()
    with pytest.raises(GoneError):
        await (found.first() if isinstance(found, Pager) else found)


def test_every_class_is_looked_for() -> None:
    """Each resource class is found somewhere, or comes without links, or never comes itself."""
    assert sorted({*EVERY.found, *EVERY.linkless, *EVERY.abstract}) == sorted(resources.__all__)


@pytest.mark.parametrize(("kind", "rel"), sorted(EVERY.actions))
def test_a_link_that_does_something_has_a_method(kind: str, rel: str) -> None:
    """What acts is declared as a coroutine, whose method name is the rel's."""
    name, _ = _methods(NAMES[kind])[rel]
    assert name == rel.replace("-", "_")
    assert inspect.iscoroutinefunction(getattr(NAMES[kind], name))


def _methods(kind: type[Resource]) -> dict[str, tuple[str, Signature]]:
    """Which method follows a rel: the one of the class itself before its parents'."""
    every = [(rel, (name, signature)) for name, rel, signature in methods_of(kind)]
    return dict(reversed(every))


def _expected(kind: str, rel: str) -> str:
    known = {"bytes": EVERY.bytes_, "gone": EVERY.removed}
    return next((said for said, those in known.items() if (kind, rel) in those), "answered")


def api_rels(one: Resource, client: Bitbucket) -> list[str]:
    """The rels of *one* that lead into the API, where all of them have to lead."""
    found = [rel for rel in one.links if rel not in PAGES]
    for rel in found:
        for link in one.links.all(rel):
            assert link.href.startswith(client._options.origins.base), f"{rel} leads out of the API"
    return found


async def _followed(one: Resource, rel: str, names: dict[str, str]) -> str:
    link = one.links[rel]
    variables = {name: names[name] for name in link.variables}
    try:
        return await _answered(one, rel, variables)
    except GoneError:
        return "gone"
    except DecodingError:
        answer = await one.rel(rel, **variables).answer()
        assert "json" not in answer.headers["Content-Type"]
        return "bytes" if answer.status == 200 and answer.body else "empty"


async def _answered(one: Resource, rel: str, variables: dict[str, Any]) -> str:
    try:
        found = await one.rel(rel, **variables)
    except ArgumentError:  # it is a list
        walked = [item async for item in one.rel(rel, **variables)]
        assert all(isinstance(item, Resource) for item in walked)
        return "answered"
    assert isinstance(found, Resource)
    return "answered"
