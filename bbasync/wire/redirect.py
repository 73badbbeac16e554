"""Where a redirect is followed to, and whether the credential goes along: pure functions."""

from __future__ import annotations

from typing import Final

from attrs import frozen
from yarl import URL

from ..errors import ArgumentError, UntrustedAddressError
from .origin import Origins, printable

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MOST_HOPS: Final = 5

_READS = frozenset({"GET", "HEAD"})


@frozen
class Hop:
    """One request of a chain of redirects."""

    method: str
    url: URL
    credential: bool
    """Whether the credential goes along: only inside the API."""


def follow(origins: Origins, hop: Hop, status: int, location: str | None) -> Hop | None:
    """Where an answer sends the request behind *hop*; None where it isn't to be followed.

    Inside the API the credential stays, and so does a literal ``%0D`` in the path. Storage gets
    the request without it: it answers 400 to a credential beside its signed query. A write is
    sent again only where the status says so (307, 308).
    """
    if status not in REDIRECTS or not location:
        return None
    try:
        # A fragment is for who asked, and is never sent.
        target = origins.absolute(location.partition("#")[0], relative_to=hop.url)
    except ArgumentError:  # no address: the answer says more than an error of ours would
        return None
    if target.scheme not in {"http", "https"}:
        return None
    inside = origins.trusts(target)
    if hop.method in _READS:
        method = hop.method
    elif status == 303:  # noqa: PLR2004 - "see other": the answer stands there
        method = "GET"
    elif status in {307, 308} and inside:
        method = hop.method
    else:
        return None
    if hop.url.scheme == "https" and target.scheme != "https":
        raise UntrustedAddressError(
            f"{printable(str(hop.url))} redirects to {printable(str(target))}, which is not "
            "encrypted: not followed"
        )
    return Hop(method, target, credential=hop.credential and inside)
