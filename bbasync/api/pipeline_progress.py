"""Starting pipelines, and following them to their end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import Final, TypeVar

from attrs import frozen

from ..errors import ArgumentError, NotFoundError, RangeNotSatisfiableError, TimedOutError
from ..model.poll import Polling, poll
from ..model.reply import read
from ..resources import Pipeline, PipelineSelector, PipelineState, PullRequest
from ..wire.body import Body
from ..wire.message import Request, Safety
from ..wire.origin import segment
from ..wire.stream import Stream
from .pipeline_runs import Runs
from .pipeline_targets import Variables, query_of, target_of, variables_of

T = TypeVar("T")

_PROGRESS: Final = ("state.name", "state.type", "state.stage.name", "state.stage.type")
_USUAL: Final = Polling(timeout=7200.0, first=5.0, longest=30.0)


class Progress(Runs):
    """What is done with pipelines in several calls."""

    async def run(
        self,
        workspace: str,
        repo_slug: str,
        *,
        branch: str | None = None,
        tag: str | None = None,
        commit: str | None = None,
        pullrequest: PullRequest | None = None,
        custom: str | None = None,
        selector: PipelineSelector | None = None,
        variables: Variables = (),
        definition: str | None = None,
    ) -> Pipeline:
        """Start a pipeline on a branch, a tag, a commit (of one of these), or a pull request.

        *custom* names a definition under ``custom`` in the configuration file; *selector* names
        any other than the one that fits. *definition* is YAML to run in place of that file.
        """
        if custom is not None:
            if selector is not None:
                raise ArgumentError("custom and selector say the same: give one of them")
            selector = PipelineSelector(type="custom", pattern=custom)
        target = target_of(branch, tag, commit, pullrequest, selector)
        given = variables_of(variables)
        asked = {"target": target, "variables": given} if given else {"target": target}
        if definition is None:
            return await self.create(workspace, repo_slug, asked)
        if not isinstance(definition, str):
            raise ArgumentError(f"definition takes YAML as text, not {type(definition).__name__}")
        request = Request(
            "POST",
            f"/repositories/{segment('workspace', workspace)}"
            f"/{segment('repo_slug', repo_slug)}/pipelines",
            tuple(query_of(asked)),
            Body.of_text(definition, "application/yaml"),
            safety=Safety.NEVER,
        )
        made: Pipeline = read(await self._sender.send(request), Pipeline, self._sender)
        return made

    async def wait(
        self,
        workspace: str,
        repo_slug: str,
        pipeline_uuid: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - it is of the polling, not of one call
        polling: Polling | None = None,
        through_pauses: bool = False,
    ) -> Pipeline:
        """Wait until a pipeline has ended, and return it in full.

        One that failed is returned too: see its ``successful``. So is one that is paused before a
        manual step, or halted, since it goes on only when somebody makes it; *through_pauses*
        waits for that. TimedOutError after *timeout* seconds, two hours if not given.
        """

        async def look() -> Pipeline | None:
            found = await self.get(workspace, repo_slug, pipeline_uuid, fields=_PROGRESS)
            return found if _over(found.state, through_pauses=through_pauses) else None

        await poll(look, _settings(timeout, polling), what=f"pipeline {pipeline_uuid}")
        return await self.get(workspace, repo_slug, pipeline_uuid)

    async def tail_log(
        self,
        workspace: str,
        repo_slug: str,
        pipeline_uuid: str,
        step_uuid: str,
        *,
        offset: int = 0,
        timeout: float | None = None,  # noqa: ASYNC109 - it is of the polling, not of one call
        polling: Polling | None = None,
        through_pauses: bool = False,
    ) -> AsyncGenerator[bytes, None]:
        """Follow the log of a step from byte *offset* on, piece by piece, until the step has ended.

        What was read is not asked for again. A log that grows all the time is asked for every five
        seconds, 720 times an hour; the ``first`` of *polling* changes that. A step that never ran
        has no log, which is no error. A step that is paused or halted ends it as in ``wait``;
        TimedOutError likewise.
        """
        settings = _settings(timeout, polling)
        log = self.get_step_log(workspace, repo_slug, pipeline_uuid, step_uuid)
        due = settings.clock() + settings.timeout
        within = _Deadline(settings, f"the log of step {step_uuid}", due).within

        async def ended() -> bool:
            found = await self.get_step(
                workspace, repo_slug, pipeline_uuid, step_uuid, fields=_PROGRESS
            )
            return _over(found.state, through_pauses=through_pauses)

        over = False
        pause = settings.first
        while True:
            before = offset
            async with aclosing(_new(log.starting_at(offset))) as pieces:
                while piece := await within(anext(pieces, b"")):
                    offset += len(piece)
                    yield piece
            if over:
                return
            if offset > before:
                pause = settings.first
            elif over := await within(ended()):
                continue  # it may have written its last between the two looks
            await within(settings.sleep(pause))
            pause = min(pause * 2, settings.longest)


async def _new(log: Stream) -> AsyncGenerator[bytes, None]:
    """What there is of a log; nothing where it has not begun, or has not grown."""
    try:
        async with aclosing(aiter(log)) as pieces:
            async for piece in pieces:
                yield piece
    except (NotFoundError, RangeNotSatisfiableError):
        return


def _settings(timeout: float | None, polling: Polling | None) -> Polling:
    return (polling or _USUAL).within(timeout)


def _over(state: PipelineState | None, *, through_pauses: bool) -> bool:
    if state is None:
        return False
    return state.completed or (state.paused and not through_pauses)


@frozen
class _Deadline:
    """A time by which several things have to be done, one after another."""

    settings: Polling
    what: str
    due: float

    async def within(self, work: Awaitable[T]) -> T:
        """Do one of them; TimedOutError when the time is up."""
        limit = asyncio.timeout(max(0.0, self.due - self.settings.clock()))
        try:
            async with limit:
                return await work
        except TimeoutError as error:
            if limit.expired():
                late = f"{self.what} is not complete after {self.settings.timeout:g} s"
                raise TimedOutError(late) from error
            raise
