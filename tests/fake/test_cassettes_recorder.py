"""What the recorder does with odd requests, and when it writes nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from bbasync.fake import FakeBitbucket, Fault
from bbasync.fake.cassettes import (
    Answered,
    Body,
    CassetteError,
    Player,
    Recorded,
    Recorder,
    Sent,
)
from bbasync.fake.cassettes import (
    cassette as file,
)
from bbasync.fake.cassettes.addresses import Upstream, moved
from tests.fake.conftest import Asker

SITE = "/repositories/acme/site"


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """Where a cassette goes."""
    return tmp_path / "session.json"


@pytest.fixture
def old(cassette: Path) -> Path:
    """A cassette of before."""
    cassette.write_text("old")
    return cassette


def left_alone(path: Path) -> bool:
    """Whether a cassette of before is there as it was, and nothing beside it."""
    return path.read_text() == "old" and list(path.parent.iterdir()) == [path]


def read(path: Path) -> str:
    """All that is in a file."""
    return path.read_text("utf-8")


def exchanges(path: Path) -> list[Any]:
    """What a cassette has in it."""
    found: list[Any] = json.loads(read(path))["exchanges"]
    return found


async def test_only_the_client_s_credential_is_sent(
    ask: Asker, cassette: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of a .netrc file, and none to a proxy on the way to this machine."""
    netrc = cassette.with_name("netrc")
    netrc.write_text(f"machine 127.0.0.1 login me password {ask.fake.api_token}")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with Recorder(cassette, upstream=ask.fake.site) as recorder:
        assert (await ask(f"{recorder.url}/user")).status == 200
        assert (await ask(f"{recorder.url}/user", auth="anonymous")).status == 401
    assert recorder.failures == []


async def test_it_listens_on_ipv6(ask: Asker, cassette: Path) -> None:
    """Its address has brackets then."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    async with Recorder(cassette, upstream=ask.fake.site, host="::1") as recorder:
        assert (await ask(recorder.url + SITE)).json["full_name"] == "acme/site"
    async with Player(cassette, host="::1") as player:
        assert (await ask(player.url + SITE)).json["full_name"] == "acme/site"


async def test_a_secret_that_is_put_back_is_never_written(ask: Asker, old: Path) -> None:
    """The old cassette stays, and the error does not tell the secret."""
    token = ask.fake.api_token

    def leak(one: Recorded) -> Recorded:
        hidden = base64.b64encode(f"x:{token}".encode()).decode()
        return evolve(one, answer=Answered(200, {}, Body("json", {"deep": [{"a": hidden}]})))

    with pytest.raises(CassetteError, match="exchange 1: nothing was written") as caught:
        async with Recorder(old, upstream=ask.fake.site, scrub=leak) as recorder:
            await ask(recorder.url + SITE)
    assert token not in str(caught.value)
    assert left_alone(old)


async def test_an_exception_in_the_block_leaves_no_file(ask: Asker, old: Path) -> None:
    """Half a session is none; `save` writes one all the same."""
    recorder = Recorder(old, upstream=ask.fake.site)

    async def session() -> None:
        async with recorder:
            await ask(recorder.url + SITE)
            raise LookupError

    with pytest.raises(LookupError):
        await session()
    assert left_alone(old)
    recorder.save()
    assert len(exchanges(old)) == 1


async def test_a_write_that_fails_leaves_the_old_file(
    ask: Asker, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no draft beside it."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        async with Recorder(old, upstream=ask.fake.site) as recorder:
            await ask(recorder.url + SITE)
    assert left_alone(old)


async def test_a_place_that_is_none_is_refused_before_anything_is_asked(
    fake: FakeBitbucket, tmp_path: Path
) -> None:
    """A recording that could not be kept is not begun."""
    with pytest.raises(CassetteError, match="is no folder to write in"):
        async with Recorder(tmp_path / "missing" / "x.json", upstream=fake.site):
            pass


@pytest.mark.parametrize(
    ("upstream", "why"),
    [
        ("api.bitbucket.org", "is the address of a service"),
        ("ftp://example.com", "is the address of a service"),
        ("https://me:secret-word@example.com", "is the address of a service"),
        ("http://api.bitbucket.org", "is called over https"),
        ("https://example.com/bitbucket/2.0", "without a path"),
        ("http://127.0.0.1:abc", "its host or port is none"),
        ("http://127.0.0.1:99999", "its host or port is none"),
        ("http://[::1", "its host or port is none"),
    ],
)
def test_an_upstream_that_is_none_is_refused(upstream: str, why: str, cassette: Path) -> None:
    """With what to do about it, and without the password in it."""
    with pytest.raises(ValueError, match=why) as caught:
        Recorder(cassette, upstream=upstream)
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://api.bitbucket.org/2.0/user?page=2", "/2.0/user?page=2"),
        ("https://bitbucket.org/!api/2.0/user", "/!api/2.0/user"),
        ("https://bitbucket.org/api/2.0/user", "/api/2.0/user"),
        ("https://bitbucket.org/acme/site", None),
        ("https://api.bitbucket.org.example.com/2.0/user", None),
        ("https://example.com/https://api.bitbucket.org", None),
    ],
)
def test_both_hosts_of_the_service_lead_to_the_recorder(address: str, path: str | None) -> None:
    """The API does, and pages and other hosts do not; what comes back goes where it came from."""
    here = Upstream("http://127.0.0.1:1")
    service = Upstream("https://api.bitbucket.org/2.0")
    local = moved(f'"{address}"', service, here)
    assert local == (f'"{address}"' if path is None else f'"{here.api}{path}"')
    assert moved(local, here, service) == f'"{address}"'
    if path is not None:
        assert service.address(path) == address


async def test_the_recorder_leads_nowhere_but_to_its_service(ask: Asker, cassette: Path) -> None:
    """Whatever a request says, its credential goes to the upstream, or to nobody."""
    fake = ask.fake
    async with Recorder(cassette, upstream=fake.site) as recorder:
        host, port = recorder.site.removeprefix("http://").split(":")
        for target in ("http://127.0.0.1:1/2.0/user", "//127.0.0.1:1/2.0/user", "/elsewhere/1"):
            reader, writer = await asyncio.open_connection(host, int(port))
            head = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            head += f"Authorization: {ask.header('owner')}\r\n\r\n"
            writer.write(head.encode())
            status = int((await reader.read()).split()[1])
            writer.close()
            assert status in {400, 404}, target
        assert (await ask(f"{recorder.site}/site/oauth2/authorize")).status == 501
    assert {one.path for one in fake.requests} <= {"//127.0.0.1:1/2.0/user"}


async def test_a_service_that_is_away_is_told_and_not_recorded(ask: Asker, cassette: Path) -> None:
    """The client gets 502, and the recorder remembers what failed."""
    ask.fake.faults.add("/user", Fault.reset())
    async with Recorder(cassette, upstream=ask.fake.site) as recorder:
        assert (await ask(f"{recorder.url}/user")).status == 502
        assert [one.split(":")[0] for one in recorder.failures] == ["GET /2.0/user"]
    assert exchanges(cassette) == []


async def test_renamed_places_have_their_new_name_all_over(ask: Asker, cassette: Path) -> None:
    """In paths, links and bodies; a program with the old name is understood with an alias."""
    rename = {"acme": "widgets", "site": "shop"}
    async with Recorder(cassette, upstream=ask.fake.site, rename=rename) as recorder:
        await ask(f"{recorder.url}/repositories/acme?pagelen=2")
        await ask(recorder.url + SITE)
    assert "acme" not in read(cassette).lower()
    for path in ("/repositories/widgets/shop", SITE):
        async with Player(cassette, aliases=rename) as player:
            answer = await ask(player.url + path)
            assert answer.json["full_name"] == "widgets/shop"
            home = answer.json["links"]["self"]["href"]
            assert home == f"{player.url}/repositories/widgets/shop"


async def test_what_is_kept_stays(ask: Asker, cassette: Path) -> None:
    """A name that a program has in it is the same in the cassette, and others are not."""
    one, other = ask.fake.accounts[:2]
    async with Recorder(cassette, upstream=ask.fake.site, keep=[one.nickname]) as recorder:
        for each in (one, other):
            await ask(f"{recorder.url}/users/{each.uuid}")
    text = read(cassette)
    assert one.nickname in text
    assert other.nickname not in text
    with pytest.raises(TypeError, match="several texts"):
        Recorder(cassette, keep="acme")


async def test_a_hook_changes_or_drops_what_is_written(ask: Asker, cassette: Path) -> None:
    """It sees what is clean already."""
    seen: list[Recorded] = []

    def hook(one: Recorded) -> Recorded | None:
        seen.append(one)
        return None if one.request.path.endswith("/user") else one

    async with Recorder(cassette, upstream=ask.fake.site, scrub=hook) as recorder:
        await ask(f"{recorder.url}/user")
        await ask(recorder.url + SITE)
    assert ask.fake.account("owner").display_name not in repr(seen)
    assert [one["request"]["path"] for one in exchanges(cassette)] == [f"/2.0{SITE}"]


async def test_bytes_that_can_not_be_searched_are_left_out(ask: Asker, cassette: Path) -> None:
    """Unless they are wanted; of others only the number stays, and requests still match."""
    content = b"\x89PNG\x00\xff" * 20
    for binary in (False, True):
        async with Recorder(cassette, upstream=ask.fake.site, binary=binary) as recorder:
            await ask(f"{recorder.url}{SITE}/src", "POST", data=content)
        body = exchanges(cassette)[0]["request"]["body"]
        kept = base64.b64encode(content).decode()
        assert body == ({"base64": kept} if binary else {"left_out": 120})
        async with Player(cassette) as player:
            answer = await ask(f"{player.url}{SITE}/src", "POST", data=content)
            assert answer.status == exchanges(cassette)[0]["answer"]["status"]


def test_what_is_written_is_read_again(cassette: Path) -> None:
    """Every kind of body, and texts that are hard to write, come back as they were."""
    bodies = [
        None,
        Body("json", {"a": [1, 2.5, None, True, "\ud800 ä"], "": {}}),
        Body("text", ["one\r\n", "two\u2028\x85\n", "three"]),
        Body("base64", "AAEC"),
        Body("left_out", 7),
    ]
    made = [
        Recorded(Sent("GET", "/2.0/x", (("q", "a=b"),), {}, body), Answered(200, {"A": "b"}, body))
        for body in bodies
    ]
    file.save(cassette, file.dump(made))
    assert file.load(cassette) == made
