"""What to do about a 401: the same credential renewed, or another one."""

from __future__ import annotations

from typing import Final

from ..errors import OAuthError, ReauthorizationRequired
from .caller import Callers
from .calls import Call

_RENEWED: Final = "its credential was renewed"
_ANOTHER: Final = "another credential is used"


async def way_in(call: Call, callers: Callers) -> str:
    """How *call*, which was answered 401, is made once more; empty where it is not.

    Each credential is asked for another header once, and then is out where there are others. Where
    all are refused, that is the call's own fault, as far as anybody knows: the service answers 401
    to a good credential too, where the endpoint takes none of its kind. So those that are out
    because of it are in again.
    """
    caller, header = call.caller, call.header
    if caller is None or header is None:
        return ""
    try:
        if caller.first not in call.renewed:
            call.renewed += (caller.first,)
            if await caller.renew(header):
                return _RENEWED
    except (ReauthorizationRequired, OAuthError) as error:
        if not callers.drop(caller, str(error)):
            raise
        return _ANOTHER
    if callers.drop(caller, "the service answered 401"):
        call.dropped += (caller,)
        return _ANOTHER
    callers.take_back(call.dropped)
    return ""
