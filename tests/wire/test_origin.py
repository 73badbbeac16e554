"""Which addresses belong to the API, and how values become paths."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from yarl import URL

from bbasync.errors import ArgumentError, ConfigurationError, UntrustedAddressError
from bbasync.wire.origin import Origins, path_tail, printable, segment

SERVICE = Origins("https://api.bitbucket.org/2.0")
LOCAL = Origins("http://127.0.0.1:8080/2.0")


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("..")
@example("../../w2/r2")
@example("a/../..")
@example("feature/a#b")
@example("a?b=c")
@example("%2e%2e")
@example("..;/x")
@example("\\..\\..")
@example("a%00\r\nb")
def test_no_value_reaches_another_path_than_its_own(text: str) -> None:
    """Any text is one segment, and stays so in the URL that is sent; or it is refused."""
    try:
        part = segment("repo_slug", text)
    except ArgumentError:
        assert text in {"", ".", ".."}
        return
    url = SERVICE.resolve(f"/repositories/acme/{part}/refs")
    assert url.raw_path == f"/2.0/repositories/acme/{part}/refs"
    assert URL(str(url), encoded=True).raw_path_qs == url.raw_path
    assert not url.query_string
    assert not url.raw_fragment
    pieces = url.raw_path.split("/")
    assert len(pieces) == 6
    assert unquote(pieces[4]) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("docs/a#b?.md")
@example("docs/../../x")
@example("a//b")
def test_a_path_keeps_its_slashes_and_nothing_else(text: str) -> None:
    """A file's path keeps its parts as they are; empty parts and dots are refused."""
    parts = text.split("/")
    try:
        tail = path_tail("path", text)
    except ArgumentError:
        assert {"", ".", ".."} & set(parts)
        return
    url = SERVICE.resolve(f"/repositories/a/b/src/c/{tail}")
    assert [unquote(part) for part in url.raw_path.split("/")][7:] == parts


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_values_that_address_something_else_are_refused(value: str) -> None:
    """An empty slug would be the list, and a dot its parent."""
    with pytest.raises(ArgumentError, match="repo_slug can't be"):
        segment("repo_slug", value)


def test_invalid_unicode_is_refused() -> None:
    """A lone surrogate has no bytes."""
    with pytest.raises(ArgumentError, match="not valid Unicode"):
        segment("path", "a\ud800")


def test_braces_of_a_uuid_are_encoded() -> None:
    """UUIDs keep their braces, percent-encoded."""
    assert segment("workspace", "{ab-1}") == "%7Bab-1%7D"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("/repositories/acme", "https://api.bitbucket.org/2.0/repositories/acme"),
        ("/2.0/repositories/acme", "https://api.bitbucket.org/2.0/repositories/acme"),
        ("/1.0/groups/acme", "https://api.bitbucket.org/1.0/groups/acme"),
        ("/2.0", "https://api.bitbucket.org/2.0"),
        ("/2.00/x", "https://api.bitbucket.org/2.0/2.00/x"),
        ("https://api.bitbucket.org/2.0/x?page=2", "https://api.bitbucket.org/2.0/x?page=2"),
        ("https://api.bitbucket.org/1.0/groups", "https://api.bitbucket.org/1.0/groups"),
        ("https://api.bitbucket.org/api/2.0/x", "https://api.bitbucket.org/api/2.0/x"),
        ("https://bitbucket.org/!api/2.0/x", "https://bitbucket.org/!api/2.0/x"),
        ("https://bitbucket.org/api/2.0/x", "https://bitbucket.org/api/2.0/x"),
        ("https://api.bitbucket.org/2.0//x", "https://api.bitbucket.org/2.0//x"),
        ("https://api.bitbucket.org:443/2.0/x", "https://api.bitbucket.org/2.0/x"),
        ("http://api.bitbucket.org/2.0/x", "https://api.bitbucket.org/2.0/x"),
        ("http://api.bitbucket.org:80/2.0/x", "https://api.bitbucket.org/2.0/x"),
        ("//api.bitbucket.org/2.0/x", "https://api.bitbucket.org/2.0/x"),
        ("/x/%7Bu%7D?a=%2B", "https://api.bitbucket.org/2.0/x/%7Bu%7D?a=%2B"),
        ("/x/{u}", "https://api.bitbucket.org/2.0/x/%7Bu%7D"),
        ("/d/a:1%0Db", "https://api.bitbucket.org/2.0/d/a:1%0Db"),
        ("/x?q=a#b", "https://api.bitbucket.org/2.0/x?q=a%23b"),
        ("/x/100%", "https://api.bitbucket.org/2.0/x/100%25"),
        (
            "/x?next=http://evil.example/",
            "https://api.bitbucket.org/2.0/x?next=http://evil.example/",
        ),
    ],
)
def test_addresses_of_the_api_are_resolved_as_they_are(address: str, url: str) -> None:
    """Paths go below the base, known names are trusted, http is upgraded, escapes are kept."""
    assert str(SERVICE.resolve(address)) == url


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/2.0/x",
        "//evil.example/2.0/x",
        "http://169.254.169.254/2.0/latest",
        "https://api.bitbucket.org.evil.example/2.0/x",
        "https://evil.example\\@api.bitbucket.org/2.0/x",
        "https://api.bitbucket.org@evil.example/2.0/x",
        "https://me:pw@api.bitbucket.org/2.0/x",
        "https://me@api.bitbucket.org/2.0/x",
        "https://api.bitbucket.org:8443/2.0/x",
        "https://bitbucket.org/acme",
        "https://bitbucket.org/acme/!api/2.0/x",
        "https://bitbucket.org/!apix/2.0",
        "https://bitbucket.org/",
        "https://api.bitbucket.org/",
        "https://bitbucket.org/!api/../acme",
        "https://api.bitbucket.org/2.0/../acme",
        "https://api.bitbucket.org/2.0/%2e%2e/acme",
        "https://api.bitbucket.org/2.0/.%2E/acme",
        "https://api.bitbucket.org/2.0/./acme",
        "/repositories/../../acme",
        "/%2e%2e/acme",
        "ftp://api.bitbucket.org/2.0/x",
        "wss://api.bitbucket.org/2.0/x",
        "https://bytebucket.org/2.0/x",
        "//127.0.0.1:8080/2.0/x:[https://api.bitbucket.org/2.0",
    ],
)
def test_addresses_outside_the_api_are_refused(address: str) -> None:
    """Other hosts, ports, web pages, user information and dot segments get no credential."""
    with pytest.raises((UntrustedAddressError, ArgumentError)):
        SERVICE.resolve(address)


@pytest.mark.parametrize(
    "address",
    ["", "x", "a\nb", "/a\r\nb", "/a\x00", "https://[::1/x", "?a=1", "https://::", "https://[]@"],
)
def test_what_is_no_address_is_an_argument_error(address: str) -> None:
    """Nothing is guessed from text that is no address."""
    with pytest.raises(ArgumentError):
        SERVICE.resolve(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://api.bitbucket.org/2.0/x",
        "http://127.0.0.1:8081/2.0/x",
        "https://127.0.0.1:8080/2.0/x",
        "http://localhost:8080/2.0/x",
        "http://127.0.0.1:8080/other",
    ],
)
def test_another_base_url_trusts_itself_alone(address: str) -> None:
    """A test server's credential does not go to Bitbucket, nor to another port or scheme."""
    with pytest.raises(UntrustedAddressError):
        LOCAL.resolve(address)


def test_a_base_url_without_a_path_trusts_its_whole_host() -> None:
    """A proxy may serve the API at its root."""
    origins = Origins("http://proxy.example:8080/")
    assert str(origins.resolve("/repositories")) == "http://proxy.example:8080/repositories"
    assert str(origins.resolve("http://proxy.example:8080/any")) == "http://proxy.example:8080/any"


def test_the_usual_port_may_be_said() -> None:
    """With it an address is of the same origin."""
    origins = Origins("https://proxy.example/api/2.0")
    assert origins.trusts(origins.resolve("https://proxy.example:443/api/2.0/x"))


def test_a_relative_location_stays_on_its_host() -> None:
    """A path in a Location counts from the root of the host that sent it."""
    asked = URL("https://bitbucket.org/!api/2.0/x")
    found = SERVICE.resolve("/!api/2.0/y", relative_to=asked)
    assert str(found) == "https://bitbucket.org/!api/2.0/y"


@pytest.mark.parametrize(
    "base",
    ["", "api.bitbucket.org/2.0", "ftp://x/2.0", "https://", "https://me:s3cret@x/2.0",
     "https://x/2.0?a=1", "https://x/2.0#a", "https://[::1/2.0", "https://x:99999/2.0",
     "https://x:port/2.0"],
)  # fmt: skip
def test_a_base_url_that_cannot_be_one_is_refused(base: str) -> None:
    """The error comes at once, and shows no password."""
    with pytest.raises(ConfigurationError) as caught:
        Origins(base)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:s3cret@x/y",
        "https://s3cret@x/y",
        "https://x/y?access_token=s3cret&page=2",
        "https://x/y?page=2&jwt=s3cret",
        "https://x/y?a=1&TOKEN=s3cret",
        "https://x/y?client_secret=s3cret",
        "https://x/y?X-Amz-Credential=s3cret&X-Amz-Signature=s3cret&X-Amz-Security-Token=s3cret",
        "https://x/y?AWSAccessKeyId=A&Signature=s3cret&Expires=1",
        "https://x/y?variables%5B0%5D.key=A&variables%5B0%5D.value=s3cret&variables[1].value=s3cret",
        "https://x/y?a=1#access_token=s3cret",
    ],
)
def test_a_printable_url_shows_no_secret(url: str) -> None:
    """User information, tokens and signatures are left out of what people see."""
    shown = printable(url)
    assert "s3cret" not in shown
    assert shown.startswith("https://x/y")


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["/", "https://", ""]))
def test_nothing_but_the_api_is_ever_resolved(text: str, start: str) -> None:
    """Whatever the text, the result is below a prefix of the API on one of its hosts."""
    try:
        url = SERVICE.resolve(start + text)
    except (ArgumentError, UntrustedAddressError):
        assume(start == "/")
        return
    assert url.host in {"api.bitbucket.org", "bitbucket.org"}
    assert url.scheme == "https"
    assert url.raw_path.startswith(("/2.0", "/1.0", "/!api", "/api"))
