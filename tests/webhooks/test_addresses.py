"""Where deliveries may come from, and which proxies are believed."""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

import pytest

from bbasync.errors import ConfigurationError
from bbasync.webhooks import Senders, atlassian_networks, fetch_atlassian_networks

ALLOWED = ["192.0.2.0/24", "2001:db8::/32"]
PROXIES = ["10.0.0.0/8", "127.0.0.1"]

PUBLISHED = {
    "creationDate": "2026-11-01T00:00:00",
    "syncToken": 1,
    "items": [
        {"cidr": "192.0.2.0/28", "product": ["bitbucket", "jira"], "direction": ["egress"]},
        {"cidr": "2001:db8::/64", "product": ["bitbucket"], "direction": ["ingress", "egress"]},
        {"cidr": "198.51.100.0/24", "product": ["bitbucket"], "direction": ["ingress"]},
        {"cidr": "203.0.113.0/24", "product": ["jira"], "direction": ["egress"]},
        {"cidr": "203.0.114.0/24"},
    ],
}


@pytest.mark.parametrize(
    ("peer", "forwarded", "fits"),
    [
        ("192.0.2.7", [], True),
        ("2001:db8::1", [], True),
        ("::ffff:192.0.2.7", [], True),
        ("203.0.113.1", [], False),
        (None, [], False),
        ("", ["192.0.2.7"], False),
        # Anybody may write the header.
        ("203.0.113.1", ["192.0.2.7"], False),
        # Allowed itself, it is no proxy: what it says of others does not matter.
        ("192.0.2.7", ["203.0.113.1"], True),
        # A proxy adds whom it has seen at the end.
        ("10.1.2.3", ["192.0.2.7"], True),
        ("10.1.2.3", ["192.0.2.7, 203.0.113.1"], False),
        ("10.1.2.3", ["203.0.113.1, 192.0.2.7"], True),
        ("10.1.2.3", ["203.0.113.1", "192.0.2.7"], True),
        ("10.1.2.3", ["192.0.2.7", "203.0.113.1"], False),
        ("127.0.0.1", ["192.0.2.7, 10.9.9.9"], True),
        ("10.1.2.3", ["192.0.2.7:4711"], True),
        ("10.1.2.3", ["[2001:db8::1]:4711"], True),
        # Nobody, nothing, and what is no address.
        ("10.1.2.3", [], False),
        ("10.1.2.3", [""], False),
        ("10.1.2.3", ["192.0.2.7, unknown"], False),
        ("10.1.2.3", ["192.0.2.7,"], False),
        ("10.1.2.3", ["10.1.1.1"], False),
        # An address of one link only, and its scope may be any text.
        ("2001:db8::1%eth0", [], False),
        ("10.1.2.3", ["2001:db8::1%\udcff"], False),
    ],
)
def test_the_sender_is_whom_trusted_proxies_have_seen(
    peer: str | None, forwarded: list[str], *, fits: bool
) -> None:
    """And nobody else's word is taken."""
    assert Senders(ALLOWED, PROXIES).admits(peer, forwarded) is fits


def test_without_trusted_proxies_the_header_is_not_read() -> None:
    """Not even where the connection comes from this machine."""
    assert not Senders(ALLOWED).admits("127.0.0.1", ["192.0.2.7"])


@pytest.mark.parametrize(
    "wrong", [["192.0.2.1/24"], ["here"], "192.0.2.0/24", [], 5, [None], b"\xc0\x00"]
)
def test_what_is_no_list_of_networks_is_refused(wrong: Any) -> None:
    """Nobody could send, or everybody."""
    with pytest.raises(ConfigurationError, match="allowed"):
        Senders(wrong)


@pytest.mark.parametrize(
    "form", [lambda one: one, json.dumps, lambda one: json.dumps(one).encode()]
)
def test_the_published_list_is_read_for_a_product_and_a_direction(form: Any) -> None:
    """What the service calls from, and nothing else of Atlassian's."""
    found = atlassian_networks(form(PUBLISHED))
    assert found == (ip_network("192.0.2.0/28"), ip_network("2001:db8::/64"))
    jira = atlassian_networks(form(PUBLISHED), product="jira")
    assert jira == (ip_network("192.0.2.0/28"), ip_network("203.0.113.0/24"))
    assert Senders(found).admits("192.0.2.1")


@pytest.mark.parametrize(
    "wrong",
    [
        *(b"", b"<html>", b"[]", b"{}", "[" * 10**6),
        *({"items": 1}, {"items": [1]}, {"items": []}),
        {"items": [{"product": ["bitbucket"], "direction": ["egress"]}]},
        {"items": [{"cidr": "x", "product": ["bitbucket"], "direction": ["egress"]}]},
    ],
)
def test_another_list_is_an_error_and_not_an_empty_one(wrong: Any) -> None:
    """It would let nobody in, or the wrong ones."""
    with pytest.raises(ConfigurationError):
        atlassian_networks(wrong)


async def test_the_list_is_fetched_over_the_callers_own_session() -> None:
    """Nothing is asked for by itself; a refusal is an error."""

    class Answering:
        def __init__(self, status: int) -> None:
            self.status, self.asked = status, ""

        def get(self, url: str) -> Any:
            self.asked = url
            return self

        async def __aenter__(self) -> Any:
            return self

        async def __aexit__(self, *_: object) -> None:
            """Nothing is open."""

        async def read(self) -> bytes:
            return json.dumps(PUBLISHED).encode()

    session: Any = Answering(200)
    assert len(await fetch_atlassian_networks(session)) == 2
    assert session.asked == "https://ip-ranges.atlassian.com/"
    away: Any = Answering(503)
    with pytest.raises(ConfigurationError, match="503"):
        await fetch_atlassian_networks(away)
