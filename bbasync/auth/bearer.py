"""An access token of a repository, project or workspace, or of OAuth."""

from __future__ import annotations

from attrs import field, frozen

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
