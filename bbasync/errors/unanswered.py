"""What goes wrong before there is an answer, and the root of the tree."""

from __future__ import annotations

from typing import Any


class BitbucketError(Exception):
    """Anything that goes wrong in or through bbasync."""

    def __reduce__(self) -> tuple[Any, ...]:
        # With all that anybody has put on it, notes included; the sentence is not made anew.
        return _rebuild, (type(self), self.args), vars(self)


class ConfigurationError(BitbucketError, ValueError):
    """A constructor option, a credential or the environment can't be used as it is."""


class ArgumentError(BitbucketError, ValueError):
    """A call was given a value that can't be sent; nothing was."""


class UnknownRelError(ArgumentError):
    """A resource has no such link."""


class ClientClosedError(BitbucketError, RuntimeError):
    """The client was used outside its ``async with`` block, or closed while a call ran."""


class UntrustedAddressError(BitbucketError):
    """An address leads outside the API that the credential belongs to; nothing was sent to it."""


class ConnectionFailedError(BitbucketError, ConnectionError):
    """The service could not be reached, or the connection broke before the answer was complete."""


class TimedOutError(BitbucketError, TimeoutError):
    """The service did not answer in time."""


class AmbiguousWriteError(BitbucketError):
    """A write was sent and its answer lost: it may or may not have been carried out.

    It was not repeated, or its repetitions settled nothing. Read the resource's state first.
    """

    def __init__(self, method: str, url: str, reason: str) -> None:
        super().__init__(
            f"{method} {url} was sent, but its answer was lost ({reason}): it may or may not "
            "have been carried out. Read the state of the resource before you repeat it."
        )
        self.method = method
        self.url = url
        self.reason = reason


class PagingError(BitbucketError):
    """A walk over pages can't go on: pages in a circle, or a cursor of another walk."""


class DecodingError(BitbucketError, ValueError):
    """An answer, or one field of it, is not of the declared shape; ``raw`` still holds it."""


class ReauthorizationRequired(BitbucketError):  # noqa: N818 - it says what to do
    """The consent that *key* stands for is lost, revoked or used up: the user has to log in again.

    No refresh can help, and none is tried again.
    """

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}. Send the user through the authorization again")
        self.key = key
        self.reason = reason


class InvalidTokenError(BitbucketError, ValueError):
    """A JWT that was received is forged, expired, of another app, or none at all."""


class TokenStoreError(BitbucketError):
    """A token store could not load or save a token."""


class WebhookError(BitbucketError, ValueError):
    """A delivery of a webhook can't be taken; *reason* says why in one word.

    ``too_large``, ``header``, ``not_json``, ``not_an_object``, a reason of SignatureError, or
    ``store`` where the store of deliveries does not answer.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class SignatureError(WebhookError):
    """A delivery is not signed with a secret that is known here.

    Its *reason* is ``missing``, ``malformed`` or ``wrong``.
    """


def _rebuild(kind: type[BitbucketError], args: tuple[Any, ...]) -> BitbucketError:
    return kind.__new__(kind, *args)
