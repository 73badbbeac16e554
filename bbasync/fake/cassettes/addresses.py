"""Addresses of the service and their counterparts on the loopback, and in cassettes."""

import re
from collections.abc import Callable
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
    """The service that is recorded."""

    given: str
    api: str = field(init=False)
    web: str = field(init=False)

    @api.default
    def _find_api(self) -> str:
        parts = urlsplit(self.given)
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
        """Give the address on the service for what a client asked its own one for."""
        return f"{self.web if target.startswith(_TO_WEB) else self.api}{target}"

    def outward(self, text: str, here: str) -> str:
        """Let the addresses in a text that lead *here* lead to the service."""
        return _moved(text, here, here, self.address)

    def local(self, text: str, here: str) -> str:
        """Let the addresses of the API in a text lead *here*."""
        return _moved(text, self.api, self.web, lambda path: here + path)

    def official(self, text: str) -> str:
        """Make the addresses of the API in a text what they are at Bitbucket."""
        return _moved(text, self.api, self.web, official)


def localized(text: str, here: str) -> str:
    """Let Bitbucket's own addresses in a text lead *here*."""
    return _moved(text, API, WEB, lambda path: here + path)


def official(path: str) -> str:
    """Give Bitbucket's own address for a path."""
    return f"{WEB if path.startswith(_TO_WEB) else API}{path}"


def unlocalized(text: str, here: str) -> str:
    """Make addresses that lead *here* Bitbucket's own again."""
    return _moved(text, here, here, official)


def _moved(text: str, api: str, web: str, where: Callable[[str], str]) -> str:
    if "://" not in text:
        return text
    places = f"{re.escape(web)}(/!?api/)|{re.escape(api)}(/)(?!!?api/)"
    return re.sub(places, lambda found: where(found[1] or found[2]), text)
