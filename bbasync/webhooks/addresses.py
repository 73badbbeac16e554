"""Where deliveries may come from: networks, and the proxies that are believed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import ArgumentError, ConfigurationError

if TYPE_CHECKING:
    from aiohttp import ClientSession

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

ATLASSIAN_RANGES: Final = "https://ip-ranges.atlassian.com/"
"""Where Atlassian publishes the networks that it calls from, and is called at."""

FORWARDED: Final = "x-forwarded-for"
_OK: Final = 200


class Senders:
    """Who may send: addresses in *allowed*, seen directly or through *trusted_proxies*.

    X-Forwarded-For is what anybody may write, so it is read only where the connection comes from a
    trusted proxy, and from its end: each proxy adds there whom it has seen itself.
    """

    def __init__(
        self, allowed: Iterable[str | Network], trusted_proxies: Iterable[str | Network] = ()
    ) -> None:
        self._allowed = networks("allowed", allowed)
        self._proxies = networks("trusted_proxies", trusted_proxies)
        if not self._allowed:
            raise ConfigurationError("allowed is empty: no delivery could come in")

    def __repr__(self) -> str:
        return f"<Senders in {len(self._allowed)} networks>"

    def __contains__(self, address: object) -> bool:
        return isinstance(address, Address) and _inside(address, self._allowed)

    def admits(self, peer: str | None, forwarded: Iterable[str] = ()) -> bool:
        """Whether *peer* may send; *forwarded* are the lines of X-Forwarded-For in their order."""
        return self.sender(peer, forwarded) in self

    def sender(self, peer: str | None, forwarded: Iterable[str] = ()) -> Address | None:
        """Who sent it; None where that can't be told."""
        found = _address(peer or "")
        hops = [hop for line in forwarded for hop in line.split(",")]
        while found is not None and hops and _inside(found, self._proxies):
            found = _address(hops.pop())
        return found


def senders_of(
    allowed: Senders | Iterable[str | Network] | None, trusted_proxies: Iterable[str | Network]
) -> Senders | None:
    """Who may send, as a receiver is told it; None where everybody may."""
    if allowed is not None and not isinstance(allowed, Senders):
        return Senders(allowed, trusted_proxies)
    if trusted_proxies:
        raise ArgumentError(
            "trusted_proxies says how the networks in allowed are read: give these too, or both "
            "to Senders"
        )
    return allowed


def networks(name: str, given: Iterable[str | Network]) -> tuple[Network, ...]:
    """*given* as networks; *name* is for the error."""
    if isinstance(given, str | bytes):
        raise ConfigurationError(f"{name} takes a list of networks, not one text")
    try:
        return tuple(ip_network(one) for one in given)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{name} takes networks such as 192.0.2.0/24: {error}") from error


def atlassian_networks(
    published: bytes | str | Mapping[str, Any],
    *,
    product: str = "bitbucket",
    direction: str = "egress",
) -> tuple[Network, ...]:
    """The networks that Atlassian calls from, out of what it publishes at ATLASSIAN_RANGES."""
    try:
        data = published if isinstance(published, Mapping) else json.loads(published)
        found = [
            one["cidr"]
            for one in data["items"]
            if product in one.get("product", ()) and direction in one.get("direction", ())
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ConfigurationError(
            "this is not what Atlassian publishes: an object with items, each with its cidr, "
            "product and direction"
        ) from None
    if not found:
        raise ConfigurationError(f"no network is listed for {product} and {direction}")
    return networks("cidr", found)


async def fetch_atlassian_networks(
    session: ClientSession, *, product: str = "bitbucket", direction: str = "egress"
) -> tuple[Network, ...]:
    """Ask Atlassian for them, over a session of the caller's; they change now and then."""
    async with session.get(ATLASSIAN_RANGES) as answer:
        if answer.status != _OK:
            raise ConfigurationError(f"{ATLASSIAN_RANGES} answered {answer.status}")
        return atlassian_networks(await answer.read(), product=product, direction=direction)


def _address(text: str) -> Address | None:
    """The address in *text*, which some proxies write with a port behind it."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv4Address):
        return found
    if found.scope_id is not None:  # it may be any text, and tells nothing beyond its own link
        return None
    return found.ipv4_mapped or found


def _inside(address: Address, places: tuple[Network, ...]) -> bool:
    return any(address in one for one in places)
