"""An Atlassian account's e-mail address with an API token."""

from __future__ import annotations

from base64 import b64encode

from attrs import field, frozen

from ..errors import AnswerError, ConfigurationError
from .hints import basic_hint
from .secret import Credential, checked


def _email(_: object, __: object, value: str) -> None:
    if ":" in checked("e-mail address", value):
        raise ConfigurationError("an e-mail address has no ':' in it")


def _token(_: object, __: object, value: str) -> None:
    checked("API token", value)


@frozen(eq=False)
class BasicAuth(Credential):
    """HTTP Basic with *email* and *token*: an API token with scopes, for its owner.

    The e-mail address is the one of the Atlassian account; a user name is answered with 401.
    """

    email: str = field(validator=_email)
    token: str = field(validator=_token, repr=False)

    async def authorization(self) -> str:
        """The value of the Authorization header."""
        return "Basic " + b64encode(f"{self.email}:{self.token}".encode()).decode()

    def hint(self, error: AnswerError) -> str:
        """The way out of *error*, a 401 or 403, in one clause; "" where none is known."""
        return basic_hint(error, self.email, self.token)
