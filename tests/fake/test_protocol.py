"""What is HTTP rather than Bitbucket: paths, lengths, methods, quota."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp
import pytest

from bbasync.fake import FakeBitbucket
from tests.fake.conftest import Asker, basic


async def raw(fake: FakeBitbucket, text: str) -> str:
    """Send bytes as they are and read the whole answer."""
    host, _, port = fake.url.removeprefix("http://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    auth = basic(fake.email, fake.api_token)
    head, _, body = text.partition("\n\n")
    lines = [*head.splitlines(), "Host: fake", f"Authorization: {auth}", "Connection: close"]
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n")).encode())
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


@pytest.mark.parametrize("prefix", ["/2.0", "/!api/2.0", "/api/2.0"])
async def test_every_prefix_leads_to_the_same(ask: Asker, fake: FakeBitbucket, prefix: str) -> None:
    """All prefixes are served, and links in bodies use the one that the call came under."""
    root = fake.url.removesuffix("/2.0")
    answer = await ask(f"{root}{prefix}/repositories/acme/site")
    assert answer.json["links"]["self"]["href"] == f"{root}{prefix}/repositories/acme/site"


async def test_links_follow_the_host_that_was_asked(fake: FakeBitbucket) -> None:
    """Links start with the host of the request, so that they can be followed from there."""
    answer = await raw(fake, "GET /2.0/workspaces/acme HTTP/1.1")
    assert '"href": "http://fake/2.0/workspaces/acme"' in answer


@pytest.mark.parametrize(
    "path",
    [
        "/2.0/repositories/acme/../../user",
        "/2.0/repositories/acme/%2e%2e/site",
        "/2.0/repositories/acme/..",
        "/2.0/repositories/acme%2Fsite",
        "/2.0/repositories/acme//site",
        "/2.0/repositories/acme/site%252Fhooks",
        "/2.0//repositories/acme",
        "/1.0/repositories/acme",
        "/2.0/nothing",
        "/",
    ],
)
async def test_paths_are_taken_as_they_were_sent(fake: FakeBitbucket, path: str) -> None:
    """Dots and encoded slashes stay what they are; none of these is another resource."""
    assert (await raw(fake, f"GET {path} HTTP/1.1")).startswith("HTTP/1.1 404 ")


async def test_segments_are_decoded_once(fake: FakeBitbucket) -> None:
    """An encoded name is decoded once: `%2573ite` is not `site`, `%73ite` is."""
    assert " 200 " in (await raw(fake, "GET /2.0/repositories/acme/%73ite HTTP/1.1"))[:15]
    assert " 404 " in (await raw(fake, "GET /2.0/repositories/acme/%2573ite HTTP/1.1"))[:15]


async def test_an_unknown_address_is_told_so(ask: Asker) -> None:
    """An address without an operation is answered 404 with the usual words."""
    answer = await ask("/nothing/here")
    assert (answer.status, answer.message) == (404, "Resource not found")
    assert answer.json["error"]["detail"].startswith("There is no API hosted at this URL.")


@pytest.mark.parametrize(
    "request_text",
    [
        "POST /2.0/repositories/acme/new HTTP/1.1\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n",
        "PUT /2.0/repositories/acme/new HTTP/1.1\n\n",
    ],
)
async def test_a_body_needs_a_length(fake: FakeBitbucket, request_text: str) -> None:
    """A chunked body, or none with no length either, is answered 411 and changes nothing."""
    answer = await raw(fake, request_text)
    assert answer.startswith("HTTP/1.1 411 ")
    assert "new" not in fake.store.workspaces["acme"].repositories


async def test_another_method_is_not_allowed(ask: Asker) -> None:
    """A known address answers 405 to methods it does not have, and names the others."""
    answer = await ask("/repositories/acme", "POST", json={})
    assert (answer.status, answer.headers["Allow"], answer.body) == (405, "GET", b"")


async def test_head_has_no_body(ask: Asker) -> None:
    """HEAD is GET without the body."""
    answer = await ask("/repositories/acme/site", "HEAD")
    assert (answer.status, answer.body) == (200, b"")


async def test_a_trailing_slash_is_tolerated(ask: Asker) -> None:
    """Collections answer with and without a slash at the end, single things without alone."""
    assert (await ask("/repositories/acme/")).json["size"] == 12
    assert (await ask("/repositories/acme/site/pullrequests/")).status == 200
    assert (await ask("/repositories/acme/site/")).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/repositories/acme/site/refs/branches",
        "/repositories/acme/site/refs/tags",
        "/repositories/acme/site/commits",
        "/workspaces/acme/permissions/repositories/site",
    ],
)
async def test_a_trailing_slash_is_no_name(ask: Asker, path: str) -> None:
    """A list is itself with a slash behind it, where a name with slashes may follow as well."""
    with_slash, without = await ask(f"{path}/"), await ask(path)
    assert with_slash.status == 200
    assert with_slash.json["values"] == without.json["values"]


async def test_a_name_keeps_its_trailing_slash(ask: Asker) -> None:
    """A slash behind a name is part of it, and behind a commit it opens the top directory."""
    site = "/repositories/acme/site"
    for path in (f"{site}/commits/main/", f"{site}/refs/branches/main/", f"{site}/src/main"):
        assert (await ask(path)).status == 404
    assert (await ask(f"{site}/src/main/")).json["values"]


async def test_no_content_has_a_type(ask: Asker) -> None:
    """A deletion is answered with the type of nothing, as the service does."""
    answer = await ask("/repositories/acme/site", "DELETE")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("options", "status", "fields"),
    [
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, None),
        ({"json": [1]}, 400, {"": "expected a dictionary"}),
        ({"data": {"name": "x"}}, 415, None),
        ({"data": b"{}"}, 415, None),
        ({"json": {"is_private": "yes"}}, 400, {"is_private": ["expected a boolean"]}),
    ],
)
async def test_a_wrong_body_is_refused(
    ask: Asker, options: dict[str, object], status: int, fields: object
) -> None:
    """A body must be a JSON object, and say that it is JSON."""
    answer = await ask("/repositories/acme/new", "POST", **options)
    assert answer.status == status
    assert answer.json["error"].get("fields") == fields


async def test_requests_are_remembered(ask: Asker, fake: FakeBitbucket) -> None:
    """Every request is kept as it was sent, without its credential."""
    await ask("/repositories/%7B%7D/x%2Fy?q=a%20b", auth="anonymous")
    await ask("/repositories/acme/new", "POST", json={"name": "new"})
    first, second = fake.requests
    assert (first.method, first.path) == ("GET", "/2.0/repositories/%7B%7D/x%2Fy")
    assert (first.query, first.status, first.authorized) == ("q=a%20b", 404, False)
    assert (second.body, second.status, second.authorized) == (b'{"name": "new"}', 201, True)
    assert "authorization" not in {name.lower() for name in second.headers}
    assert second.headers["Content-Type"] == "application/json"


@pytest.fixture
async def small() -> AsyncIterator[Asker]:
    """Start a fake that allows three calls an hour, at a time that stands still."""
    fake = FakeBitbucket(quota=3)
    fake.store.clock = lambda: 1_000_000.0
    async with fake, aiohttp.ClientSession() as session:
        yield Asker(fake, session)


async def test_a_used_up_quota_is_told_in_plain_text(small: Asker) -> None:
    """The 429 is plain text and has no header that tells when to come back."""
    for _ in range(3):
        assert (await small("/repositories/acme/site")).status == 200
    answer = await small("/repositories/acme/site")
    assert answer.status == 429
    assert answer.body == b"Rate limit for this resource has been exceeded"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "no-cache" in answer.headers["Cache-Control"]
    names = {name.lower() for name in answer.headers}
    assert not [n for n in names if n.startswith("x-ratelimit") or n == "retry-after"]


async def test_the_hour_rolls(small: Asker) -> None:
    """An hour after a call there is room for another one, not before."""
    times = iter([0.0, 600.0, 1200.0, 3601.0, 4100.0])
    small.fake.store.clock = lambda: next(times)
    statuses = [(await small("/user")).status for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]


async def test_refused_calls_prolong_the_wait(small: Asker) -> None:
    """Calls that are refused count as well, so that hammering keeps the door shut."""
    times = iter([0.0, 600.0, 1200.0, 3599.0, 3601.0, 4801.0])
    small.fake.store.clock = lambda: next(times)
    statuses = [(await small("/user")).status for _ in range(6)]
    assert statuses == [200, 200, 200, 429, 429, 200]


async def test_each_credential_has_its_own_quota(small: Asker) -> None:
    """One caller's calls are not another's, and all tokens of a person count together."""
    for _ in range(4):
        last = await small("/user")
    assert last.status == 429
    other = basic(small.fake.email, small.fake.add_token("api_token"))
    assert (await small("/user", auth=other)).status == 429
    assert (await small("/user", auth="member")).status == 200
    assert (await small("/repositories/acme/site", auth="token")).status == 200


async def test_anonymous_callers_are_told_their_quota(small: Asker) -> None:
    """Anonymous answers, errors too, carry the quota; the reset is in seconds from now."""
    await small("/repositories/acme", auth="anonymous")
    small.fake.store.clock = lambda: 1_000_010.0
    answer = await small("/repositories", auth="anonymous")
    assert answer.status == 410
    assert answer.headers["x-ratelimit-limit"] == "60, 60;w=3600"
    assert answer.headers["x-ratelimit-remaining"] == "58"
    assert answer.headers["x-ratelimit-reset"] == "3590"


async def test_access_tokens_are_told_their_quota(small: Asker) -> None:
    """Access tokens are told the limit, and when they come near it."""
    answers = [await small("/repositories/acme/site", auth="token") for _ in range(3)]
    assert {a.headers["X-RateLimit-Limit"] for a in answers} == {"3"}
    assert [a.headers["X-RateLimit-NearLimit"] for a in answers] == ["false", "false", "true"]


async def test_no_quota_means_no_headers(ask: Asker) -> None:
    """Without a quota nothing is counted and nothing is told."""
    answer = await ask("/repositories/acme", auth="anonymous")
    assert not [name for name in answer.headers if name.lower().startswith("x-ratelimit")]


async def test_answers_can_be_slow() -> None:
    """A latency delays each answer, and calls wait side by side."""
    fake = FakeBitbucket(latency=0.1)
    async with fake, aiohttp.ClientSession() as session:
        asker = Asker(fake, session)
        loop = asyncio.get_running_loop()
        start = loop.time()
        await asyncio.gather(*(asker("/user") for _ in range(10)))
        assert 0.1 <= loop.time() - start < 0.8


async def test_a_body_may_have_any_size(ask: Asker) -> None:
    """What is uploaded is read whole, far beyond what a web server takes by itself."""
    home, size = "/repositories/acme/site/downloads", 3_000_000
    form = aiohttp.FormData()
    form.add_field("files", BytesIO(b"x" * size), filename="large.bin")
    assert (await ask(home, "POST", data=form)).status == 201
    where = (await ask(f"{home}/large.bin")).headers["Location"]
    assert len((await ask(where, auth="anonymous")).body) == size


async def test_a_body_that_cannot_be_unpacked_is_refused(fake: FakeBitbucket) -> None:
    """It says that it is compressed, and is not: the request is at fault, not the service."""
    head = "POST /2.0/repositories/acme/site/forks HTTP/1.1\nContent-Encoding: gzip\n"
    assert (await raw(fake, f"{head}Content-Length: 2\n\n{{}}")).startswith("HTTP/1.1 400 ")


async def test_a_credential_that_is_no_text_is_refused(ask: Asker) -> None:
    """Whatever stands behind the scheme, it is only unknown."""
    for header in ("Basic \u00e9", "Basic /////w==", "Basic", "Bearer \u00e9"):
        assert (await ask("/user", auth=header)).status == 401
