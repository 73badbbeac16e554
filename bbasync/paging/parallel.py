"""Pages fetched before their turn: the next one, or several where the service numbers them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

from attrs import frozen

from ..errors import BitbucketError
from ..wire.message import Answer, Request
from .cursor import path_of
from .page import NUMBERED, decoded, number, numbered


@frozen(eq=False, repr=False)
class _Guess:
    """A page that is under way, or waits for its turn as bytes."""

    request: Request
    task: asyncio.Task[Answer]
    number: int | None = None
    """That of the page, where it is known."""


class Ahead:
    """The pages behind the one that is worked on, at most so many at once, in their order.

    What comes behind a page is what that page says, as in a walk that fetches one at a time. All
    but the next page are guesses, which save time where they come true; where one does not, the
    walk goes on without.
    """

    def __init__(self, fetch: Callable[[Request], Coroutine[Any, Any, Answer]], most: int) -> None:
        self._fetch = fetch
        self._most = most
        self._guesses: deque[_Guess] = deque()

    async def answer(self, request: Request) -> Answer:
        """The answer to *request*, which may have been fetched ahead."""
        if self._guesses:
            return await self._guesses.popleft().task
        return await self._fetch(request)

    async def go_on(self, here: Request, body: dict[str, Any], after: Request) -> None:
        """Fetch *after*, which the page *here* says is next, and what will come behind it."""
        if self._guesses and not _same(self._guesses[0].request, after):
            self._most = 1
            await self.drop()
        if not self._guesses and self._most:
            self._start(after)
        if self._most > 1:
            self._guess(here, body, after)

    def _guess(self, here: Request, body: dict[str, Any], after: Request) -> None:
        page, last = number(body.get("page")), _last(here, body, after)
        if page is None or last is None:
            self._most = 1
            return
        for ahead in range(page + 1 + len(self._guesses), min(page + self._most, last) + 1):
            if any(_failed(one.task) for one in self._guesses):
                return  # the walk will end there
            self._start(numbered(after, ahead), ahead)

    def _start(self, request: Request, page: int | None = None) -> None:
        self._guesses.append(_Guess(request, asyncio.create_task(self._fetch(request)), page))

    async def left(self) -> Request | None:
        """The next page that has been fetched and has items, where the list says that it is over.

        A list that gets shorter while its pages are under way may say so before all were seen.
        """
        while self._guesses:
            guess = self._guesses[0]
            try:
                body = decoded(await guess.task)
            except BitbucketError:  # there is no such page
                body = {}
            if body.get("values") and number(body.get("page")) == guess.number:
                return guess.request
            self._guesses.popleft()
        return None

    async def drop(self) -> None:
        """End what is under way; what it would have said is of no interest."""
        tasks = [one.task for one in self._guesses]
        self._guesses.clear()
        for task in tasks:
            task.cancel()
            task.add_done_callback(_failed)  # else asyncio complains of errors that nobody saw
        if tasks:
            await asyncio.wait(tasks)


def _failed(task: asyncio.Task[Answer]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _last(here: Request, body: dict[str, Any], after: Request) -> int | None:
    """The number of the last page; None where the pages can't be asked for by number alone."""
    page, pagelen, size = (number(body.get(name)) for name in ("page", "pagelen", "size"))
    if page is None or not pagelen or size is None or here.method != "GET":
        return None
    if [found[1] for found in NUMBERED.findall(after.target)] != [str(page + 1)]:
        return None
    asked, said = here.target, after.target
    if path_of(asked) != path_of(said) or _question(asked) != _question(said):
        return None
    return -(-size // pagelen)


def _question(target: str) -> list[tuple[str, str]]:
    """What *target* asks for beside a page's number and length."""
    return [one for one in _pairs(target) if one[0] not in {"page", "pagelen"}]


def _pairs(target: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(target.partition("?")[2], keep_blank_values=True))


def _same(guess: Request, after: Request) -> bool:
    """Whether they fetch the same page; the order of the parameters does not matter."""
    one, other = guess.target, after.target
    return one == other or (
        one.partition("?")[0] == other.partition("?")[0] and _pairs(one) == _pairs(other)
    )
