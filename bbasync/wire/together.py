"""Together: what several tasks ask for at the same time is asked once, and answered to all.

The first asks; whoever asks the same before its answer is there waits for that answer. Where the
first is cancelled or late, the next one asks in its place. The same means all that the answer may
depend on: the address, the headers and the credential.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from attrs import define, field

from ..errors import BitbucketError
from .calls import Call
from .interactive import is_interactive
from .message import Answer, Request, Safety

_FRESH: Final = "cache-control"
"""The header by which a caller asks for an answer of his own."""

Asked: TypeAlias = asyncio.Future[Answer | BitbucketError | None]
"""What one who waits is told; None: ask yourself."""
Waiting: TypeAlias = list[tuple[Asked, Call]]


def may_share(request: Request) -> bool:
    """Whether somebody else's answer to *request* is as good.

    What renews a credential may be waited for by the very call that would be waited for.
    """
    return (
        request.method == "GET"
        and request.safety is Safety.READ
        and request.body is None
        and request.counted
        and not (request.headers and _FRESH in {name.lower() for name in request.headers})
    )


@define(eq=False)
class Together:
    """The questions under way, each with those who wait for its answer in their order."""

    _asked: dict[object, Waiting] = field(factory=dict, repr=False)

    async def answer(
        self, call: Call, who: str | None, ask: Callable[[Call], Awaitable[Answer]]
    ) -> Answer:
        """The answer to *call* of the credential *who*: another's, or what *ask* gives."""
        url, headers = call.url, call.request.headers
        question = (
            url.raw_host,  # in parts, since a URL is slow to compare; all are on the API's own port
            url.raw_path,
            url.raw_query_string,
            tuple(headers.items()) if headers else None,
            who,
            is_interactive(),  # it may go where others have to wait
        )
        mine: Waiting = []
        waiting = self._asked.setdefault(question, mine)
        if waiting is not mine:
            found = await self._found(call, question, waiting)
            if found is not None:
                return found
        try:
            answer = await ask(call)
        except BitbucketError as error:
            self._forget(question, waiting)
            _tell(waiting, error, call)
            raise
        except BaseException:  # cancelled, or late: no one else's business
            self._pass_on(question, waiting)
            raise
        self._forget(question, waiting)
        if waiting:
            _tell(waiting, answer, call)
        return answer

    def part(self) -> None:
        """Let whoever asks from now on ask anew: something has changed since the others did."""
        self._asked.clear()

    async def _found(self, call: Call, question: object, waiting: Waiting) -> Answer | None:
        """What another is answered; None where *call* has to ask in its place."""
        call.phase = "waiting for another task that has asked the same"
        asked: Asked = asyncio.get_running_loop().create_future()
        waiting.append((asked, call))
        try:
            found = await asked
        except BaseException:  # cancelled, most often
            if not asked.done():
                asked.cancel()
            elif not asked.cancelled() and asked.result() is None:  # its turn came just before
                self._pass_on(question, waiting)
            raise
        if isinstance(found, BitbucketError):
            raise _copied(found)
        if found is None:
            call.asked = False  # it is of when the call began
        return found

    def _pass_on(self, question: object, waiting: Waiting) -> None:
        while waiting:
            asked, _ = waiting.pop(0)
            if not asked.done():
                asked.set_result(None)
                return
        self._forget(question, waiting)

    def _forget(self, question: object, waiting: Waiting) -> None:
        found = self._asked.pop(question, waiting)
        if found is not waiting:  # parted: others have begun to ask the same
            self._asked[question] = found


def _tell(waiting: Waiting, found: Answer | BitbucketError, by: Call) -> None:
    for asked, call in waiting:
        if asked.done():
            continue
        affinity = call.request.affinity
        if affinity is not None and by.caller is not None:
            affinity.caller = by.caller.first.auth  # a cursor in it was given to that one
        asked.set_result(found)


def _copied(error: BitbucketError) -> BitbucketError:
    """*error* for another task: a traceback grows each time its error is raised."""
    twin = type(error).__new__(type(error), *error.args)
    for name, value in vars(error).items():
        twin.__dict__[name] = [*value] if name == "__notes__" else value
    twin.__cause__, twin.__suppress_context__ = error.__cause__, error.__suppress_context__
    return twin
