"""The errors that are answers: one class a status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from .unanswered import BitbucketError

_LONGEST_SENTENCE: Final = 1000


class AnswerError(BitbucketError):
    """The service answered, and the answer is an error.

    *message*, *detail*, *fields*, *data* and *id* are the members of the body's error object, as
    far as it has them; *detail* may be text or an object, *fields* maps a name to text or a list
    of texts. A body of another layout is kept as text in *message*. Nothing in here holds a
    credential, so that it can be printed, logged and pickled.
    """

    _hint: ClassVar[str] = ""

    def __init__(
        self,
        *,
        status: int,
        method: str,
        url: str,
        message: str = "",
        detail: str | Mapping[str, Any] | Sequence[Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        id: str | None = None,
        attempts: int = 1,
        location: str | None = None,
        reset_at: datetime | None = None,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.method = method
        self.url = url
        self.message = message
        self.detail = detail
        self.fields: Mapping[str, Any] = fields or {}
        self.data: Mapping[str, Any] = data or {}
        self.id = id
        self.attempts = attempts
        """How many times the request was sent before this answer was taken as final."""
        self.location = location
        """The answer's Location header, where a redirect was not followed."""
        self.reset_at = reset_at
        """When the service is expected to answer again, as an aware datetime."""
        self.request_id = request_id
        """The service's own name of the request, for its support."""
        self.headers: Mapping[str, str] = headers or {}
        """The answer's headers, names in lower case, without cookies."""
        self.hint = ""
        """The way out, where the credential's kind tells one."""
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        said = self.message or "no message"
        if isinstance(self.detail, str) and self.detail and self.detail != self.message:
            said += f" ({self.detail})"
        for name, problem in self.fields.items():
            texts = problem if isinstance(problem, list) else [problem]
            said += f"; {name or 'body'}: {', '.join(str(text) for text in texts)}"
        said = said if len(said) <= _LONGEST_SENTENCE else f"{said[:_LONGEST_SENTENCE]}..."
        said += f" ({self.hint})" if self.hint else ""
        named = f" [request {self.request_id}]" if self.request_id else ""
        where = self.url.partition("?")[0]
        return _shown(f"{self.status} from {self.method} {where}: {said}{self._advice()}{named}")

    def _advice(self) -> str:
        return f" ({self._hint})" if self._hint else ""

    def advise(self, hint: str) -> None:
        """Tell the way out with the message."""
        self.hint = hint
        self.args = (self._sentence(),)

    def _list_of(self, key: str) -> tuple[str, ...]:
        found = self.detail.get(key) if isinstance(self.detail, Mapping) else None
        return tuple(str(one) for one in found) if isinstance(found, list) else ()

    @property
    def required_scopes(self) -> tuple[str, ...]:
        """The scopes that the operation wants, where a 403 says so."""
        return self._list_of("required")

    @property
    def granted_scopes(self) -> tuple[str, ...]:
        """The scopes that the credential holds, where a 403 says so."""
        return self._list_of("granted")

    @property
    def announcement_url(self) -> str | None:
        """Where the removal of an endpoint was announced, where a 410 says so."""
        found = self.data.get("announcement_url")
        return str(found) if found else None


def _shown(text: str) -> str:
    """*text* on one line, without what a terminal would obey and what no encoding can say."""
    return "".join(one if one.isprintable() else " " if one.isspace() else "\ufffd" for one in text)


class OAuthError(AnswerError):
    """The token endpoint refused, but not because of the user's consent; *code* is OAuth's word.

    ``invalid_client`` is a wrong key or secret of the consumer.
    """

    code: str = ""


class NotReadyError(AnswerError):
    """202 where a result was asked for: the service is still preparing it."""


class RedirectError(AnswerError):
    """A redirect that is not followed: a write that moved, one hop too many, or no address."""

    def _advice(self) -> str:
        return f" (Location: {self.location})" if self.location else ""


class BadRequestError(AnswerError):
    """400: the request is malformed; see *fields*."""


class UnauthorizedError(AnswerError):
    """401: the credential is missing, wrong, revoked or expired."""


class PaymentRequiredError(AnswerError):
    """402: the workspace's plan does not include it, or has no seat left."""


class ForbiddenError(AnswerError):
    """403: the credential is good, but its scopes or its owner's permissions are not enough."""

    def _advice(self) -> str:
        missing = [one for one in self.required_scopes if one not in self.granted_scopes]
        if self.hint:  # it tells them, and what to do
            return ""
        return f" (missing scopes: {', '.join(missing)})" if missing else ""


class NotFoundError(AnswerError):
    """404: there is no such thing, or the credential may not see it."""


class MethodNotAllowedError(AnswerError):
    """405: this address does not take this method."""


class NotAcceptableError(AnswerError):
    """406: the service can't answer in the form that was asked for."""


class ConflictError(AnswerError):
    """409: something changed meanwhile, or exists already."""


class GoneError(AnswerError):
    """410: the endpoint or the thing was removed; *announcement_url* says more where it is sent."""

    def _advice(self) -> str:
        return f" (see {self.announcement_url})" if self.announcement_url else ""


class LengthRequiredError(AnswerError):
    """411: something on the way does not see the Content-Length that every write has."""

    _hint = "every write says its length: a proxy on the way seems to lose it"


class PreconditionFailedError(AnswerError):
    """412: a condition in the request's headers does not hold."""


class ContentTooLargeError(AnswerError):
    """413: the body is larger than the service takes."""

    _hint = "send less at a time: smaller files, or fewer of them"


class AddressTooLongError(AnswerError):
    """414: the address with its query is longer than the service takes."""

    _hint = "shorten q and fields, or ask in several calls"


class UnsupportedMediaTypeError(AnswerError):
    """415: the body is of a type that the service does not take here."""


class RangeNotSatisfiableError(AnswerError):
    """416: there is nothing in that range (yet)."""


class RateLimitedError(AnswerError):
    """429: the credential's calls are used up until *reset_at*, which is told or estimated."""

    def _advice(self) -> str:
        if self.reset_at is None:
            return ""
        return f" (next call expected to work at {self.reset_at:%Y-%m-%d %H:%M:%S %Z})"


class ServerError(AnswerError):
    """5xx: the service failed, or something before it; a write may have been carried out."""


class ServerTookTooLongError(ServerError):
    """555: the service gave up after too long; a write may have been carried out all the same."""
