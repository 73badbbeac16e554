"""The blocks of code in a text: found, run, and compared with what the text says they print.

A fence may have marks behind its language: the name of a file, in which the code is kept for the
blocks below it; ``norun`` for what needs more than a test has; ``exit=1`` for how a command ends.
A block of plain text tells what the block before it prints, ``...`` standing for anything.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import shlex
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from bbasync.fake import FakeBitbucket

FENCE: Final = re.compile(r"^```(\w*)[ ]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANYTHING: Final = "..."
_SEPARATORS: Final = frozenset({"&&", ";", "|", "||", ">", "2>", "<"})


@frozen
class Block:
    """A block of code in a text, and what it is said to print."""

    source: Path
    line: int
    language: str
    marks: Sequence[str]
    code: str
    printed: str | None

    @property
    def runs(self) -> bool:
        """Whether it can be run where there is no network."""
        return "norun" not in self.marks

    @property
    def file(self) -> str | None:
        """The name of the file that it is, if it is one."""
        return next((one for one in self.marks if "." in one), None)

    @property
    def exit(self) -> int:
        """How its last command ends."""
        return next((int(one[5:]) for one in self.marks if one.startswith("exit=")), 0)

    @property
    def commands(self) -> list[list[str]]:
        """The commands of a block for the shell, as words."""
        found: list[list[str]] = []
        for line in self.code.replace("\\\n", " ").splitlines():
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            words: list[str] = []
            for word in lexer:
                if word in _SEPARATORS:
                    found, words = [*found, words], []
                else:
                    words.append(word)
            found.append(words)
        return [one for one in found if one]


def blocks(source: Path) -> list[Block]:
    """Every block; one that a block of plain text follows prints that text."""
    text = source.read_text("utf-8")
    found = list(FENCE.finditer(text))
    return [
        Block(
            source,
            text.count("\n", 0, one.start()) + 1,
            one[1],
            one[2].split(),
            one[3],
            following[3] if following is not None and following[1] == "text" else None,
        )
        for one, following in zip_longest(found, found[1:])
        if one[1] != "text"
    ]


def fits(said: str, printed: str) -> bool:
    """Whether what was *printed* is what the text *said*."""
    lines = [" ".join(line.split()) for line in said.strip().splitlines()]
    pattern = "\n".join(re.escape(line).replace(re.escape(_ANYTHING), ".*?") for line in lines)
    shown = "\n".join(" ".join(line.split()) for line in printed.strip().splitlines())
    return re.fullmatch(pattern, shown, re.DOTALL) is not None


def run(block: Block, name: str = "__main__") -> None:
    """Run a block of Python as the module *name*, whether it awaits something or not."""
    shifted = "\n" * block.line + block.code  # so that a traceback names the text's own line
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(shifted, str(block.source), "exec", flags=flags, dont_inherit=True)
    namespace: dict[str, Any] = {"__name__": name}
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(_awaited(code, namespace))
    else:
        exec(code, namespace)


async def _awaited(code: Any, namespace: dict[str, Any]) -> None:
    await eval(code, namespace)


@contextmanager
def serving(**sizes: int) -> Iterator[FakeBitbucket]:
    """A fake on a loop and a thread of its own, so that blocks may start loops themselves."""
    with _background() as loop:
        made = FakeBitbucket(**sizes)
        asyncio.run_coroutine_threadsafe(made.start(), loop).result()
        yield made
        asyncio.run_coroutine_threadsafe(made.stop(), loop).result()


@contextmanager
def _background() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
