"""An access token of a repository, project or workspace, or of OAuth."""

from __future__ import annotations

from attrs import field, frozen

from ..errors import AnswerError
from .hints import bearer_hint
from .secret import Credential, checked


def _token(_: object, __: object, value: str) -> None:
    checked("access token", value)


@frozen(eq=False)
class BearerAuth(Credential):
    """HTTP Bearer with *token*."""

    token: str = field(validator=_token, repr=False)

    async def authorization(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self.token}"

    def hint(self, error: AnswerError) -> str:
        """The way out of *error*, a 401 or 403, in one clause; "" where none is known."""
        return bearer_hint(error, self.token)
