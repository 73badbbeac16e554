"""Addresses of the service and their counterparts on the loopback, and in cassettes."""

import re
from urllib.parse import urlsplit

from attrs import define, field

from .hiding import API, WEB

TOKENS = "/site/oauth2/access_token"
ELSEWHERE = "/elsewhere/"
"""Where redirects that leave the service lead: through the recorder, and to the player."""
_HOSTS = {"api.bitbucket.org", "bitbucket.org"}
_TO_WEB = ("/!api/", "/api/", "/site/")


@define
class Upstream:
    """A service: the one that is recorded, Bitbucket itself, or the one that listens here."""

    given: str
    api: str = field(init=False)
    web: str = field(init=False)

    @api.default
    def _find_api(self) -> str:
        try:
            parts = urlsplit(self.given)
            _ = parts.port  # raises where it is no number
        except ValueError:
            raise ValueError(
                f"upstream is the address of a service, such as {API}: its host or port is none"
            ) from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise ValueError(
                f"upstream is the address of a service, such as {API}, without a user or a password"
            )
        if parts.path.rstrip("/") not in {"", "/1.0", "/2.0"} or parts.query or parts.fragment:
            raise ValueError(f"upstream is the address of a service, such as {API}, without a path")
        if parts.hostname in _HOSTS:
            if parts.scheme != "https":
                raise ValueError(f"{parts.hostname} is called over https: mend upstream")
            return API
        return f"{parts.scheme}://{parts.netloc}"

    @web.default
    def _find_web(self) -> str:
        return WEB if self.api == API else self.api

    def address(self, target: str) -> str:
        """Give the address on this service for what another one was asked for."""
        return f"{self.web if target.startswith(_TO_WEB) else self.api}{target}"


BITBUCKET = Upstream(API)


def moved(text: str, old: Upstream, new: Upstream) -> str:
    """Let the addresses of one service's API in a text lead to another's."""
    if "://" not in text:
        return text
    places = f"{re.escape(old.web)}(/!?api/)|{re.escape(old.api)}(/)(?!!?api/)"
    return re.sub(places, lambda found: new.address(found[1] or found[2]), text)
