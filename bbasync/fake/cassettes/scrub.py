"""From what was heard to what may be written: no secret, and nobody's data."""

import base64
import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

from attrs import asdict, evolve

from .bodies import of_text
from .cassette import Answered, Body, CassetteError, Recorded, Sent
from .hiding import Found, hide_json, hide_pair, hide_text
from .known import Secrets
from .people import People
from .pseudonyms import Pseudonyms
from .words import distinct

SCRUBBED_HEADERS = ("Location", "Content-Disposition", "WWW-Authenticate")
Hook = Callable[[Recorded], Recorded | None]
Change = Callable[[str], str]


def hidden(request: Sent, found: Found = str) -> Sent:
    """Hide what is secret by its place or its looks in a request."""
    return evolve(
        request,
        path=hide_text(request.path, found),
        query=tuple((name, hide_pair(name, value, found)) for name, value in request.query),
        body=_body(request.body, _root(request), found),
    )


def scrubbed(
    heard: Iterable[Recorded],
    secrets: Secrets,
    *,
    users: Iterable[str],
    keep: frozenset[str],
    rename: Mapping[str, str],
    hook: Hook | None,
) -> list[Recorded]:
    """Make exchanges fit to be written, or refuse to."""
    safe = [_hidden(one, secrets.add) for one in heard]
    people = People(keep)
    for one in safe:
        people.learn_places(_contents(one))
    for one in safe:
        people.learn(_contents(one))
    for user in users:
        people.user(user)
    made = Pseudonyms(people, rename)
    result = []
    for number, one in enumerate(safe, 1):
        exchange: Recorded | None = _changed(one, made, secrets)
        if hook is not None and exchange is not None:
            exchange = hook(exchange)
        if exchange is not None:
            _check(number, exchange, secrets)
            result.append(exchange)
    return result


def _hidden(one: Recorded, found: Found) -> Recorded:
    headers = {
        name: hide_text(value, found) if name in SCRUBBED_HEADERS else value
        for name, value in one.answer.headers.items()
    }
    body = _body(one.answer.body, _root(one.request), found)
    for value in _files(one):
        hide_json(value, found)  # only to learn: what is a file stays as it is
    return Recorded(hidden(one.request, found), evolve(one.answer, headers=headers, body=body))


def _root(request: Sent) -> str:
    """Name the kind of what a request is about, where the body alone does not tell."""
    parts = request.path.split("/")
    return "hooks" if "hooks" in parts[-2:] else ""


def _body(body: Body | None, root: str, found: Found) -> Body | None:
    if body is None or body.kind == "left_out":
        return body
    if body.kind == "json":
        return Body("json", hide_json(body.value, found, parent=root))
    if body.kind == "text":
        return of_text(hide_text("".join(body.value), found))
    return _of_bytes(hide_text(_bytes_as_text(body), found))


def _contents(one: Recorded) -> list[Any]:
    """Everything in which people may be found."""
    found: list[Any] = [value for _, value in one.request.query]
    bodies = [body for body in (one.request.body, one.answer.body) if body is not None]
    found += [body.value for body in bodies if body.kind == "json"]
    texts = ["".join(body.value) for body in bodies if body.kind == "text"]
    return [*found, *texts, *map(unquote_plus, texts), *_files(one)]


def _files(one: Recorded) -> Iterator[Any]:
    """What an answer says that is a text, and JSON nevertheless: a file."""
    body = one.answer.body
    if body is not None and body.kind == "text":
        with contextlib.suppress(ValueError, RecursionError):
            yield json.loads("".join(body.value))


def _everywhere(value: Any, change: Change) -> Any:
    """Change all texts in JSON, its keys as well."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_everywhere(one, change) for one in value]
    if isinstance(value, dict):
        shown: dict[str, Any] = {}
        for key, one in value.items():
            shown[distinct(change(key), shown)] = _everywhere(one, change)
        return shown
    return value


def reworded(request: Sent, text: Change, data: Callable[[Any], Any] | None = None) -> Sent:
    """Change all texts of a request but those in its headers."""
    return evolve(
        request,
        path=text(request.path),
        query=tuple((text(name), text(value)) for name, value in request.query),
        body=_reworded(request.body, text, data or (lambda value: _everywhere(value, text))),
    )


def _changed(one: Recorded, made: Pseudonyms, secrets: Secrets) -> Recorded:
    def text(old: str) -> str:
        return secrets.hide(made.text(secrets.hide(old)))

    def data(old: Any) -> Any:
        return _everywhere(made.json(_everywhere(old, secrets.hide)), secrets.hide)

    def headers(old: dict[str, str]) -> dict[str, str]:
        return {k: text(v) if k in SCRUBBED_HEADERS else secrets.hide(v) for k, v in old.items()}

    request = reworded(one.request, text, data)
    told = one.answer
    answer = Answered(told.status, headers(told.headers), _reworded(told.body, text, data))
    return Recorded(evolve(request, headers=headers(request.headers)), answer)


def _reworded(body: Body | None, text: Change, data: Callable[[Any], Any]) -> Body | None:
    if body is None or body.kind == "left_out":
        return body
    if body.kind == "json":
        return Body("json", data(body.value))
    if body.kind == "text":
        return of_text(text("".join(body.value)))
    return _of_bytes(text(_bytes_as_text(body)))


def _bytes_as_text(body: Body) -> str:
    """Read bytes as text as far as they are, so that they can be searched and put back."""
    return base64.b64decode(body.value).decode("utf-8", "surrogateescape")


def _of_bytes(text: str) -> Body:
    raw = text.encode("utf-8", "surrogateescape")
    return Body("base64", base64.b64encode(raw).decode())


def _check(number: int, one: Recorded, secrets: Secrets) -> None:
    """Refuse what still has a secret in it: nothing may be written then."""
    for place, text in _texts(one):
        if secrets.shown_in(text):
            raise CassetteError(
                f"A secret is still in the {place} of exchange {number}: nothing was written. "
                "Take it out in scrub="
            )


def _texts(one: Recorded) -> Iterator[tuple[str, str]]:
    """Every text of an exchange, and where it stands."""
    for side, message in (("request", one.request), ("answer", one.answer)):
        for name, value in asdict(message, recurse=False).items():
            for text in _leaves(_searchable(value) if isinstance(value, Body) else value):
                yield f"{side}'s {name}", text


def _searchable(body: Body) -> Any:
    if body.kind == "text":
        return "".join(body.value)
    return _bytes_as_text(body) if body.kind == "base64" else body.value


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)
    else:
        yield str(value)
