"""`bbasync hooks replay`: sends deliveries that were kept, or a body, as Bitbucket would."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Coroutine, Sequence
from itertools import chain, repeat
from typing import Any, Final

from attrs import evolve, frozen

from ..errors import ArgumentError
from ..webhooks import sign
from ..webhooks.parse import HOOK, ID, KEY, WORD
from ..webhooks.sending import Courier, Outcome, Outgoing, address_of
from .exits import Code, let_go, plain, say
from .hooks_kept import Kept, content_of, kept_in
from .hooks_keys import Choice, check
from .hooks_secret import ADVICE, Source, secret_of

_UNSIGNED: Final = frozenset({401, 403})


@frozen
class Wanted:
    """The command line."""

    file: str
    to_url: str
    secret: Source
    event: str | None
    delivery_id: str | None
    new_id: bool
    count: int
    timeout: float
    pause: float


def start_replay(wanted: Wanted) -> Coroutine[Any, Any, Code]:
    """Read what is to be sent; what is left is to be run."""
    to_url = address_of("--to-url", wanted.to_url)
    courier = Courier(to_url, timeout=wanted.timeout, pause=wanted.pause)
    secret = secret_of(wanted.secret, ask=False)
    content = content_of(wanted.file)
    kept = kept_in(content, wanted.file)
    those = [_made(content, wanted)] if kept is None else _chosen(kept, wanted)
    if secret is not None:
        those = [evolve(one, signature=sign(one.body, secret)) for one in those]
    unsigned = sum(one.signature is None for one in those)
    if unsigned:
        say(f"{unsigned} without a signature, for there is no secret: {ADVICE}")
    return _replay(those, courier, wanted)


def outgoing_of(kept: Kept) -> Outgoing:
    """*kept* as it is sent again: with the signature that it had."""
    headers = kept.headers
    return Outgoing(headers[KEY], headers[ID], kept.body, headers.get(HOOK), kept.signature)


def told_of(outcome: Outcome) -> str:
    """*outcome*, for a person."""
    status = "" if outcome.status is None else f"{outcome.status} "
    times = f" ({outcome.attempts} attempts)" if outcome.attempts > 1 else ""
    return f"{status}{outcome.text}".strip() + times


def _chosen(kept: Sequence[Kept], wanted: Wanted) -> list[Outgoing]:
    choice = Choice(() if wanted.event is None else (wanted.event,))
    found = [
        outgoing_of(one)
        for one in kept
        if choice.takes(one.headers[KEY]) and wanted.delivery_id in {None, one.headers[ID]}
    ]
    if not found:
        raise ArgumentError(f"{wanted.file}: none of its {len(kept)} deliveries is asked for")
    return found


def _made(body: bytes, wanted: Wanted) -> Outgoing:
    if not body:
        raise ArgumentError(f"{wanted.file} is empty")
    if wanted.event is None:
        raise ArgumentError(f"{wanted.file} is a body: say what it tells with --event KEY")
    check(wanted.event, one=True)
    id = wanted.delivery_id or str(uuid.uuid4())
    if not WORD.fullmatch(id):
        raise ArgumentError("--delivery-id takes one word of printable ASCII")
    return Outgoing(wanted.event, id, body, str(uuid.uuid4()))


async def _replay(those: Sequence[Outgoing], courier: Courier, wanted: Wanted) -> Code:
    outcomes: list[Outcome] = []
    async with courier:
        for one in chain.from_iterable(repeat(one, wanted.count) for one in those):
            sent = evolve(one, id=str(uuid.uuid4())) if wanted.new_id else one
            outcome = await courier.send(sent)
            outcomes.append(outcome)
            try:
                sys.stdout.write(f"{sent.key}  {sent.id}  {plain(told_of(outcome))}\n")
                sys.stdout.flush()
            except BrokenPipeError:  # which is no success here: the rest is not sent
                say(f"whoever read stdout has left: ended, after {len(outcomes):,} deliveries")
                let_go()
                return Code.INCOMPLETE
    return _code(outcomes)


def _code(outcomes: Sequence[Outcome]) -> Code:
    taken = sum(one.ok for one in outcomes)
    if taken == len(outcomes):
        return Code.DONE
    say(f"{len(outcomes) - taken:,} of {len(outcomes):,} were not taken")
    if taken:
        return Code.INCOMPLETE
    refused = all(one.status in _UNSIGNED for one in outcomes)
    return Code.REFUSED if refused else Code.SERVICE
