"""Sends the calls of a plan of fixes, one after the other, each only while it is still right.

It changes what people may do. Hand it nothing but a plan that somebody has reviewed: one that was
written with `write_fixes`, looked through, and read back with `read_fixes`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any, Final, Literal
from urllib.parse import unquote

from attrs import frozen

from ..client import Bitbucket
from ..errors import (
    AmbiguousWriteError,
    AnswerError,
    BitbucketError,
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    DecodingError,
    ForbiddenError,
    NotFoundError,
    OAuthError,
    RateLimitedError,
    ReauthorizationRequired,
    ServerError,
    TimedOutError,
    TokenStoreError,
    UnauthorizedError,
)
from ..wire.message import Answer
from .fixing.calls import Call, Expects, Fix
from .fixing.compared import difference, goes_too_far, holds

State = Literal[
    "sent",
    "done already",
    "changed",
    "refused",
    "ambiguous",
    "manual",
    "not sent",
    "would be sent",
]
"""What has become of a fix.

``changed``: something is not as it was when the plan was made, and so nothing was sent.
``refused``: the service said no. ``ambiguous``: the call was sent, its answer was lost, and what
can be read does not show it carried out. ``not sent``: the service could not be asked.
"""

_ENDS: Final = (
    ClientClosedError,
    ConfigurationError,
    ConnectionFailedError,
    OAuthError,
    RateLimitedError,
    ReauthorizationRequired,
    TimedOutError,
    TokenStoreError,
    UnauthorizedError,
)
"""What would be the same for the next call."""
_LOST: Final = (AmbiguousWriteError, ClientClosedError, ServerError)
"""After these a write may have been carried out."""
_FRESH: Final = {"Cache-Control": "no-cache"}
"""So that nobody's earlier reading stands for what is there now."""
_NEEDED: Final = (
    "description",
    "url",
    "active",
    "events",
    "skip_cert_verification",
    "history_enabled",
)
"""What a PUT of a webhook says beside what changes. Without its secret, that stays."""
_FIRST_SERVER_ERROR: Final = 500
_TOKENS_ONLY: Final = (
    "grants are changed with an administrator's API token: OAuth and access tokens can't"
)


@frozen
class Applied:
    """What has become of one fix, with a sentence where there is more to say."""

    fix: Fix
    state: State
    message: str = ""


@frozen
class _End:
    state: State
    message: str = ""
    stop: BitbucketError | None = None
    """Why nothing more is sent after it."""


async def apply(
    bb: Bitbucket, fixes: Iterable[Fix], *, dry_run: bool = False
) -> AsyncGenerator[Applied, None]:
    """Send the calls of *fixes*, which somebody has reviewed; each outcome as it is known.

    Before each call what it *expects* is read; where that differs nothing is sent, nor where
    everything is already as the call would make it. No call is repeated blindly: where its answer
    is lost, what is there now is read. A credential that is refused, a service that can't be
    reached and a quota that is used up end it: the rest is ``not sent``. With *dry_run* it only
    reads, and tells what would be sent.

    Of a call that is cancelled on its way nobody knows whether it was carried out. Apply the plan
    again: what is done is done already.
    """
    stop: BitbucketError | None = None
    for fix in fixes:
        if fix.call is None:
            yield Applied(fix, "manual", fix.manual)
        elif stop is not None:
            yield Applied(fix, "not sent", f"it was not tried any more: {stop}")
        else:
            end = await _Attempt(bb, fix.call).make(dry_run=dry_run)
            stop = end.stop
            yield Applied(fix, end.state, end.message)


class _Attempt:
    """One call, from looking to knowing what has become of it."""

    def __init__(self, bb: Bitbucket, call: Call) -> None:
        self._bb = bb
        self._call = call
        self._found: dict[str, Any] = {}
        """What was read of the service, by path."""

    async def make(self, *, dry_run: bool) -> _End:
        """Look, and send the call if nothing speaks against it."""
        try:
            end = await self._look()
        except BitbucketError as error:
            refused = isinstance(error, AnswerError) and error.status < _FIRST_SERVER_ERROR
            stop = error if isinstance(error, _ENDS) else None
            state: State = "refused" if refused and stop is None else "not sent"
            return _End(state, f"it can't be looked at, and so nothing was sent: {error}", stop)
        if end is not None:
            return end
        return _End("would be sent") if dry_run else await self._send()

    async def _look(self) -> _End | None:
        """Why the call is not to be sent; None where it is."""
        call = self._call
        if await self._is_done():
            return _End("done already")
        if call.method != "POST" and self._found[call.path] is None:
            return _End("changed", f"{call.path} is gone, or not to be seen")
        too_far = goes_too_far(call, self._found.get(call.path) or {})
        if too_far:
            return _End("changed", too_far)
        for one in call.expects:
            found = self._found[one.path] if one.path in self._found else await self._read(one.path)
            if found is None:
                return _End("changed", f"{one.path} is gone, or not to be seen")
            wrong = difference(one, found)
            if wrong:
                return _End("changed", f"{one.path}: {wrong}")
        return None

    async def _is_done(self) -> bool:
        """Whether everything is as the call would make it."""
        call = self._call
        if call.method == "POST":
            return await self._has_rule(call.body or {})
        found = self._found[call.path] = await self._read(call.path)
        if call.method == "PUT":
            return found is not None and holds(call.body or {}, found)
        if found is None:  # where its owner can be seen, it is really gone
            return await self._read(call.owner) is not None
        return "/permissions-config/" in call.path and found.get("permission") == "none"

    async def _has_rule(self, wanted: Mapping[str, Any]) -> bool:
        """Whether there is such a branch restriction."""
        _, _, workspace, repository, *_ = map(unquote, self._call.path.split("/"))
        rules = self._bb.branch_restrictions.list(workspace, repository, kind=wanted["kind"])
        try:
            return any([holds(wanted, one.to_dict()) async for one in rules])
        except NotFoundError:
            return False

    async def _read(self, path: str) -> dict[str, Any] | None:
        """What is at *path* now; None for what is not there, or not to be seen."""
        try:
            answer = await self._bb.request("GET", path, headers=_FRESH)
        except NotFoundError:
            return None
        return _object(answer)

    async def _send(self) -> _End:
        call = self._call
        try:
            answer = await self._bb.request(call.method, call.path, json=self._body())
        except _LOST as error:
            return await self._look_again(error)
        except _ENDS as error:
            state: State = "refused" if isinstance(error, UnauthorizedError) else "not sent"
            return _End(state, str(error), error)
        except AnswerError as error:
            grant = isinstance(error, ForbiddenError) and "/permissions-config/" in call.path
            return _End("refused", f"{error} ({_TOKENS_ONLY})" if grant else str(error))
        if call.method == "PUT":
            try:
                wrong = difference(Expects(call.path, call.body or {}), _object(answer))
            except DecodingError as error:
                return await self._look_again(error)
            if wrong:
                return _End("refused", f"it was answered {answer.status}, and yet {wrong}")
        return _End("sent")

    def _body(self) -> Mapping[str, Any] | None:
        """What is sent: of a webhook, with all that a PUT of one says."""
        call = self._call
        if call.body is None or "/hooks/" not in call.path:
            return call.body
        now = self._found[call.path] or {}
        kept = {name: now[name] for name in _NEEDED if now.get(name) is not None}
        return {**kept, **call.body}

    async def _look_again(self, error: BitbucketError) -> _End:
        """Find out what has become of a call that may have been carried out, or not."""
        stop: BitbucketError | None = error if isinstance(error, ClientClosedError) else None
        try:
            done = stop is None and await self._is_done()
        except BitbucketError as again:
            stop = again if isinstance(again, _ENDS) else None
            return _End("ambiguous", f"{error} And it can't be looked at: {again}", stop)
        if done:
            return _End("sent", f"it is as it should be, though its answer was lost: {error}")
        return _End(
            "ambiguous", f"it is not as it should be, or not yet. Apply it again: {error}", stop
        )


def _object(answer: Answer) -> dict[str, Any]:
    found = answer.json()
    if not isinstance(found, dict):
        raise DecodingError(
            f"{answer.method} {answer.url} answered no object: {answer.text[:80]!r}"
        )
    return found
