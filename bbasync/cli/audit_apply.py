"""`bbasync audit --fix-plan FILE --apply`: sends what somebody has read, once he says so again."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from rich.markup import escape

from ..audit.address import host_of
from ..audit.apply import Applied, apply
from ..audit.fix import Call, Fix, read_fixes
from ..errors import ArgumentError
from .audit_asked import Wanted
from .exits import Code, plain, say
from .screen import Screen
from .session import base_url, connect
from .signals import ended_by_signals

_GOOD: Final = frozenset({"sent", "done already"})
_YES: Final = "yes"


def start_apply(wanted: Wanted) -> Coroutine[Any, Any, Code]:
    """The sending, once the plan is read and whoever runs the command has agreed."""
    path = Path(wanted.fix_plan or "")
    fixes = read_fixes(path, base_url=base_url())
    calls = [one for one in fixes if one.call is not None]
    _show(fixes)
    if not calls:
        say(f"{path} has no call to send")
        return _nothing()
    if not wanted.yes and not _agreed(path, len(calls)):
        say("nothing was sent")
        return _nothing()
    return _apply(wanted, fixes)


def _show(fixes: Sequence[Fix]) -> None:
    console = Screen(highlight=False, soft_wrap=True)
    for fix in fixes:
        if fix.call is not None:
            console.print(f"{escape(plain(fix.action))}\n  [dim]{escape(_sent(fix.call))}[/]")


def _sent(call: Call) -> str:
    """What is sent, and not what the plan says of it: of an address, no more than the host."""
    body = dict(call.body or {})
    if "url" in body:
        body["url"] = host_of(str(body["url"]))
    told = f" {json.dumps(body, ensure_ascii=False)}" if body else ""
    return plain(f"{call.method} {call.path}{told}")


def _agreed(path: Path, count: int) -> bool:
    """Whether a person at a terminal says yes; ArgumentError where there is none."""
    if not sys.stdin.isatty():
        raise ArgumentError(
            f"--apply asks before it sends anything, and nobody is there to answer: add --yes, "
            f"once somebody has read {path}"
        )
    calls = f"this {count:,} call" if count == 1 else f"these {count:,} calls"
    sys.stderr.write(f"Send {calls} to {base_url()}? Write {_YES}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == _YES


async def _nothing() -> Code:
    return Code.DONE


async def _apply(wanted: Wanted, fixes: Sequence[Fix]) -> Code:
    console = Screen(highlight=False, soft_wrap=True)
    states: Counter[str] = Counter()
    try:
        with ended_by_signals():
            async with (
                connect(demo=False, max_wait=wanted.max_wait) as bb,
                aclosing(apply(bb, fixes)) as outcomes,
            ):
                async for one in outcomes:
                    states[one.state] += 1
                    console.print(_line(one))
    except asyncio.CancelledError:
        say(
            f"interrupted: {_counts(states)}; of the call that was on its way nobody knows. The "
            "same command again does what is left"
        )
        return Code.INTERRUPTED
    say(_counts(states))
    done = sum(count for state, count in states.items() if state in _GOOD)
    return Code.DONE if done + states["manual"] == len(fixes) else Code.INCOMPLETE


def _line(one: Applied) -> str:
    colour = "green" if one.state in _GOOD else "yellow" if one.state == "manual" else "red"
    more = f": {one.message}" if one.message else ""
    return f"[{colour}]{one.state}[/] {escape(plain(f'{one.fix.action}{more}'))}"


def _counts(states: Counter[str]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in states.items()) or "nothing sent"
