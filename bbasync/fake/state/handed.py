"""What an OAuth consumer was handed and has not used yet: codes, and refresh tokens."""

import secrets

from attrs import define, field, frozen

from ..store import Account, Consumer, Store

CODE_LIFE = 600.0
REFRESH_LIFE = 90 * 86_400.0


@frozen
class Code:
    """The outcome of a consent; `redirect_uri` is as it was asked for, None where it was not."""

    account: Account
    redirect_uri: str | None
    expires_at: float


@define(eq=False)
class Refresh:
    """What a refresh token stands for."""

    account: Account
    expires_at: float


@define(eq=False)
class Handed:
    """The codes and refresh tokens of one consumer, by their texts."""

    owner: Consumer
    codes: dict[str, Code] = field(factory=dict, repr=False)
    refreshes: dict[str, Refresh] = field(factory=dict, repr=False)

    def new_code(self, account: Account, redirect_uri: str | None, now: float) -> str:
        """Make a code that a person's consent can be traded with, once and soon."""
        text = secrets.token_urlsafe(16)
        self.codes[text] = Code(account, redirect_uri, now + CODE_LIFE)
        return text

    def use_code(self, text: str, now: float) -> Code | None:
        """Take a code: whatever comes of it, it is worth nothing from then on."""
        code = self.codes.pop(text, None)
        return code if code is not None and now < code.expires_at else None

    def new_refresh(self, account: Account, now: float) -> str:
        """Make a refresh token."""
        text = secrets.token_urlsafe(24)
        self.refreshes[text] = Refresh(account, now + REFRESH_LIFE)
        return text

    def use_refresh(self, text: str, now: float) -> Refresh | None:
        """Take a refresh token, which dies of it."""
        refresh = self.refreshes.pop(text, None)
        return refresh if refresh is not None and now < refresh.expires_at else None

    def forget(self, account: Account) -> None:
        """Drop everything that acts for a person."""
        self.codes = {k: one for k, one in self.codes.items() if one.account is not account}
        self.refreshes = {k: one for k, one in self.refreshes.items() if one.account is not account}


def handed_to(store: Store, consumer: Consumer) -> Handed:
    """Give what a consumer was handed."""
    return store.part(consumer, Handed)
