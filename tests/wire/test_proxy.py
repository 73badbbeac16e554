"""Proxies, the environment and certificates."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
from attrs import define, field
from yarl import URL

from bbasync import BearerAuth, Bitbucket
from bbasync.errors import AnswerError, ConfigurationError, ConnectionFailedError
from bbasync.wire.message import Request
from bbasync.wire.proxy import Proxies, Proxy

SECRET = "t0ps3cret-t0ps3cret"
READ = Request("GET", "/x")
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has set is not there."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@define
class Forward:
    """A forward proxy: CONNECT and absolute addresses; every host leads to *target*."""

    target: int
    refusal: bytes = b""
    heads: list[str] = field(factory=list)
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> Forward:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head.decode())
            if self.refusal:
                writer.write(self.refusal)
            else:
                await self._forward(head, reader, writer)
        writer.close()

    async def _forward(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 Established\r\n\r\n")
        else:
            method, address, rest = head.split(b" ", 2)
            back.write(b"%s %s %s" % (method, URL(address.decode()).raw_path_qs.encode(), rest))
        both = _copy(reader, back), _copy(there, writer)
        await asyncio.gather(*both)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
    writer.close()


@pytest.fixture
async def forward() -> AsyncIterator[Callable[..., Awaitable[Forward]]]:
    """Starts forward proxies."""
    running = []

    async def start(target: int, refusal: bytes = b"") -> Forward:
        running.append(await Forward(target, refusal).start())
        return running[-1]

    yield start
    for one in running:
        await one.stop()


@pytest.fixture
async def secure() -> AsyncIterator[tuple[int, trustme.CA]]:
    """The port of a server that speaks TLS for bitbucket.test and 127.0.0.1, and its authority."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("bitbucket.test", "127.0.0.1").configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1], authority
    server.close()


def pem(authority: trustme.CA, path: Path) -> Path:
    """The authority's certificate as a file."""
    authority.cert_pem.write_to_path(path)
    return path


async def test_a_proxy_gets_whole_addresses(
    serve: Any, client: Any, say: Any, forward: Any
) -> None:
    """Over http the proxy is asked for the address itself, with its own credential."""
    server = await serve(say(data=1))
    proxy = await forward(server.port)
    address = f"http://me:pr0xy%2Fp%40ss@127.0.0.1:{proxy.port}"
    bb = await client("http://bitbucket.test/2.0", proxy=address, auth=BearerAuth(SECRET))
    assert (await bb.send(READ)).json() == 1
    assert proxy.heads[0].startswith("GET http://bitbucket.test/2.0/x HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic bWU6cHIweHkvcEBzcw==\r\n" in proxy.heads[0]
    assert server.heard[0].authorization == f"Bearer {SECRET}"


async def test_a_proxy_never_sees_what_is_encrypted(
    client: Any, forward: Any, secure: Any, tmp_path: Path
) -> None:
    """Over https the proxy connects through, and sees its own credential alone."""
    port, authority = secure
    proxy = await forward(port)
    bb = await client(
        "https://bitbucket.test/2.0",
        proxy=f"http://me:pr0xy%2Fp%40ss@127.0.0.1:{proxy.port}",
        auth=BearerAuth(SECRET),
        ca=pem(authority, tmp_path / "ca.pem"),
    )
    assert (await bb.send(READ)).json() == {}
    assert proxy.heads[0].startswith("CONNECT bitbucket.test:443 HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic bWU6cHIweHkvcEBzcw==\r\n" in proxy.heads[0]
    assert SECRET not in str(proxy.heads)


@pytest.mark.parametrize("status", [407, 503])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_refuses_is_named_without_its_password(
    client: Any, forward: Any, caplog: pytest.LogCaptureFixture, scheme: str, status: int
) -> None:
    """The error says that it was the proxy; its credential is neither there nor in the log."""
    caplog.set_level("DEBUG")
    proxy = await forward(0, b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)
    address = f"http://me:pr0xy%2Fp%40ss@127.0.0.1:{proxy.port}"
    bb = await client(f"{scheme}://bitbucket.test/2.0", proxy=address, attempts=2)
    kind = ConnectionFailedError if scheme == "https" else AnswerError
    with pytest.raises(kind, match=str(status)) as caught:
        await bb.send(READ)
    shown = f"{caught.value!r} {vars(caught.value)} {caught.value.__cause__!r} {caplog.text} {bb!r}"
    assert "pr0xy" not in shown
    assert "bWU6" not in shown
    assert len(proxy.heads) == (1 if status == 407 else 2)


async def test_a_proxy_that_is_not_there_is_a_failed_connection(
    client: Any, unused_tcp_port: int
) -> None:
    """And nothing of its credential comes with the error or what caused it."""
    address = f"http://me:{SECRET}@127.0.0.1:{unused_tcp_port}"
    bb = await client("https://bitbucket.test/2.0", proxy=address, attempts=1)
    with pytest.raises(ConnectionFailedError) as caught:
        await bb.send(READ)
    cause = caught.value.__cause__
    assert SECRET not in f"{caught.value} {cause!r} {cause.args!r} {vars(cause)!r}"


async def test_the_environment_names_a_proxy(
    serve: Any, client: Any, say: Any, forward: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY is used, except for the hosts of NO_PROXY and this very machine."""
    server = await serve(say(data=1))
    proxy = await forward(server.port)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", "other.test, .inside.test")
    bb = await client("http://bitbucket.test/2.0")
    assert (await bb.send(READ)).json() == 1
    assert len(proxy.heads) == 1
    here = await client(server.url)
    assert (await here.send(READ)).json() == 1
    assert len(proxy.heads) == 1


async def test_an_untrusted_environment_is_not_asked(
    serve: Any, client: Any, say: Any, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    """With trust_env=False the variables mean nothing."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_tcp_port}")
    assert Proxies.of(None, trust_env=False).to(URL("http://bitbucket.test/2.0")) is None
    assert Proxies.of(None, trust_env=True).to(URL("http://bitbucket.test/2.0")) is not None
    server = await serve(say(data=1))
    bb = await client(server.url, trust_env=False)
    assert (await bb.send(READ)).json() == 1


@pytest.mark.parametrize("authorized", [True, False], ids=["with a credential", "anonymous"])
async def test_netrc_is_never_read(
    serve: Any,
    client: Any,
    say: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    authorized: bool,
) -> None:
    """A .netrc with the hosts in it changes no request, and goes to storage neither."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {SECRET}\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    storage = await serve(say(body=b"file"))
    server = await serve(say(302, headers={"Location": f"http://127.0.0.1:{storage.port}/y"}))
    bb = await client(server.url, auth=BearerAuth("0ther-t0ken") if authorized else None)
    assert (await bb.send(READ)).body == b"file"
    assert server.heard[0].authorization == ("Bearer 0ther-t0ken" if authorized else None)
    assert storage.heard[0].authorization is None


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.bitbucket.org/2.0", "http://secure:8080"),
        ("http://x.test/", "http://plain:3128"),
        ("https://inside.test/", None),
        ("https://a.inside.test/", None),
        ("https://notinside.test/", "http://secure:8080"),
        ("https://port.test:8443/", None),
        ("https://port.test/", "http://secure:8080"),
        ("https://localhost/", None),
        ("https://127.0.0.1/", None),
        ("https://[::1]/", None),
        ("https://a.localhost/", None),
    ],
)
def test_no_proxy_is_read_as_by_other_programs(
    monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None
) -> None:
    """By scheme, by name, by name with port; and a proxy without a scheme is an http one."""
    monkeypatch.setenv("HTTPS_PROXY", "secure:8080")
    monkeypatch.setenv("http_proxy", "http://plain:3128")
    monkeypatch.setenv("NO_PROXY", "inside.test,port.test:8443")
    found = Proxies.of(None, trust_env=True).to(URL(url))
    assert (str(found.url) if found else None) == (f"{proxy}" if proxy else None)


def test_all_proxy_serves_where_no_other_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """ALL_PROXY is the last resort, and NO_PROXY=* the end of all."""
    monkeypatch.setenv("ALL_PROXY", "http://all:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://secure:2")
    proxies = Proxies.of(None, trust_env=True)
    assert [proxies.to(URL(f"{scheme}://x.test")).url.port for scheme in ("http", "https")] == [
        1,
        2,
    ]
    monkeypatch.setenv("NO_PROXY", "*")
    assert Proxies.of(None, trust_env=True).to(URL("http://x.test")) is None


@pytest.mark.parametrize("value", ["socks5://x:1", "http://", "ftp://x", "http://x:99999", "//"])
def test_a_proxy_that_can_t_be_used_is_refused(value: str) -> None:
    """The error says where it comes from, and shows no password."""
    with pytest.raises(ConfigurationError, match="proxy names no proxy that can be used"):
        Bitbucket(proxy=value)
    with pytest.raises(ConfigurationError) as caught:
        Proxy.of("ALL_PROXY", f"socks5://me:{SECRET}@x:1")
    assert "ALL_PROXY" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "me:{}@x:port",
        "me:{}@",
        "http://me:a/{}@x:1",
        "http://me:a?{}@x:1",
        "http://me:a#{}@x:1",
        "http://me:a://{}@x:y",
        "me:a://{}@x:y",
    ],
)
def test_a_proxy_that_is_no_address_shows_no_password_either(value: str) -> None:
    """What was typed wrongly may hold one in any place before its last @."""
    with pytest.raises(ConfigurationError, match="no proxy that can be used") as caught:
        Bitbucket(proxy=value.format(SECRET))
    assert SECRET not in str(caught.value)


def test_a_proxy_s_credential_is_not_shown() -> None:
    """It is apart from the address, in the header's form."""
    proxy = Proxy.of("proxy", f"http://me:{SECRET}@proxy.test:8080")
    assert repr(proxy) == "Proxy(url=URL('http://proxy.test:8080'))"
    assert proxy.authorization is not None


async def test_a_certificate_of_nobody_is_refused_once(client: Any, secure: Any) -> None:
    """An authority that the system does not know is no passing trouble, so it is not retried."""
    port, _ = secure
    bb = await client(f"https://127.0.0.1:{port}/2.0")
    with pytest.raises(ConnectionFailedError, match=r"certificate does not fit.*\(tried once\)"):
        await bb.send(READ)


@pytest.mark.parametrize("kind", ["file", "text", "context"])
async def test_a_certificate_of_one_s_own_is_trusted(
    client: Any, secure: Any, tmp_path: Path, kind: str
) -> None:
    """By its file or by a context."""
    port, authority = secure
    path = pem(authority, tmp_path / "ca.pem")
    ca = {"file": path, "text": str(path), "context": ssl.create_default_context(cafile=path)}[kind]
    bb = await client(f"https://127.0.0.1:{port}/2.0", ca=ca)
    assert (await bb.send(READ)).status == 200


async def test_the_environment_names_the_system_s_certificates(
    client: Any, secure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE holds for this client too, although it is set late."""
    port, authority = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(pem(authority, tmp_path / "ca.pem")))
    bb = await client(f"https://127.0.0.1:{port}/2.0")
    assert (await bb.send(READ)).status == 200


@pytest.mark.parametrize("ca", ["/no/such/file", b"x", 5, __file__])
def test_what_holds_no_certificates_is_refused(ca: Any) -> None:
    """When the client is made, and by name."""
    with pytest.raises(ConfigurationError, match=r"ca (takes|names)"):
        Bitbucket(ca=ca)
