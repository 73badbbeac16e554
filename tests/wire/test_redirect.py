"""Where a redirect leads, and whether the credential goes along."""

from __future__ import annotations

import pytest
from yarl import URL

from bbasync.errors import UntrustedAddressError
from bbasync.wire.origin import Origins
from bbasync.wire.redirect import REDIRECTS, Hop, follow

SERVICE = Origins("https://api.bitbucket.org/2.0")
ASKED = URL("https://api.bitbucket.org/2.0/repositories/a/b/pullrequests/1/diff")
STORAGE = "https://bbuseruploads.s3.amazonaws.com/x?Signature=abc%2B"


def hop(method: str = "GET", *, credential: bool = True) -> Hop:
    """The request that was answered with a redirect."""
    return Hop(method, ASKED, credential)


@pytest.mark.parametrize("status", sorted(REDIRECTS))
def test_a_redirect_inside_the_api_keeps_the_credential_and_the_escapes(status: int) -> None:
    """The separator %0D of a diff is sent on as it came."""
    to = "https://api.bitbucket.org/2.0/repositories/a/b/diff/a/b:12%0D34?topic=true"
    found = follow(SERVICE, hop(), status, to)
    assert found == Hop("GET", URL(to, encoded=True), credential=True)
    assert str(found.url) == to


def test_a_redirect_through_the_other_host_keeps_the_credential() -> None:
    """bitbucket.org/!api is the same service."""
    found = follow(SERVICE, hop(), 302, "https://bitbucket.org/!api/2.0/x")
    assert found is not None
    assert found.credential


@pytest.mark.parametrize("to", [STORAGE, "https://bitbucket.org/acme/site/downloads/x"])
def test_a_redirect_to_storage_loses_the_credential(to: str) -> None:
    """Storage refuses a credential beside its signature, and web pages should not see it."""
    found = follow(SERVICE, hop(), 302, to)
    assert found is not None
    assert not found.credential
    assert str(found.url) == to


def test_a_credential_that_was_dropped_does_not_come_back() -> None:
    """A foreign host that redirects to the API can't have a request signed."""
    away = Hop("GET", URL(STORAGE), credential=False)
    found = follow(SERVICE, away, 302, "https://api.bitbucket.org/2.0/user")
    assert found is not None
    assert not found.credential


@pytest.mark.parametrize("status", [301, 302])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_write_is_not_followed_where_it_would_turn_into_a_read(method: str, status: int) -> None:
    """301 and 302 do not say that a write may be sent again."""
    assert follow(SERVICE, hop(method), status, "https://api.bitbucket.org/2.0/y") is None


@pytest.mark.parametrize("status", [307, 308])
def test_a_write_is_sent_again_inside_where_the_status_says_so(status: int) -> None:
    """307 and 308 keep the method."""
    found = follow(SERVICE, hop("PUT"), status, "/2.0/y")
    assert found == Hop("PUT", URL("https://api.bitbucket.org/2.0/y"), credential=True)


@pytest.mark.parametrize("status", [307, 308])
def test_a_write_does_not_leave_the_api(status: int) -> None:
    """A body goes to no other host, whatever the status says."""
    assert follow(SERVICE, hop("POST"), status, STORAGE) is None


def test_see_other_is_a_read() -> None:
    """303 says where the answer to a write stands."""
    found = follow(SERVICE, hop("POST"), 303, "/2.0/y")
    assert found is not None
    assert found.method == "GET"


def test_head_stays_head() -> None:
    """A question about headers is not turned into a download."""
    found = follow(SERVICE, hop("HEAD"), 303, STORAGE)
    assert found is not None
    assert found.method == "HEAD"


def test_a_redirect_to_an_unencrypted_address_is_refused() -> None:
    """From https nothing goes on over http."""
    with pytest.raises(UntrustedAddressError, match="not encrypted") as caught:
        follow(SERVICE, hop(), 302, "http://storage.example/x?access_token=s3cret")
    assert "s3cret" not in str(caught.value)


def test_an_http_address_of_the_api_is_upgraded_instead() -> None:
    """The service's own http addresses are its https ones."""
    found = follow(SERVICE, hop(), 302, "http://api.bitbucket.org/2.0/y")
    assert found is not None
    assert found.url.scheme == "https"


@pytest.mark.parametrize("status", [200, 201, 300, 304, 404])
def test_other_answers_lead_nowhere(status: int) -> None:
    """A Location beside another status is not a redirect."""
    assert follow(SERVICE, hop(), status, "https://api.bitbucket.org/2.0/y") is None


@pytest.mark.parametrize("location", [None, "", "elsewhere", "https://[::1/", "/a\rb"])
def test_a_redirect_without_an_address_is_not_followed(location: str | None) -> None:
    """What can't be read as an address is left to the caller as the answer it is."""
    assert follow(SERVICE, hop(), 302, location) is None
