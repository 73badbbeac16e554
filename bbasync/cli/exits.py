"""Exit codes, and how a command ends: one clear line for a user's mistake, no traceback."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Callable, Coroutine
from enum import IntEnum
from typing import Any, Final, NoReturn

import typer

from ..errors import (
    AnswerError,
    ArgumentError,
    BitbucketError,
    ConfigurationError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    OAuthError,
    ReauthorizationRequired,
    TokenStoreError,
    UnauthorizedError,
)


class Code(IntEnum):
    """What the shell is told."""

    DONE = 0
    INCOMPLETE = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    SERVICE = 5
    BROKEN = 6
    INTERRUPTED = 130


EPILOG = (
    "Exit codes: 0 done · 1 done, but something could not be read · 2 wrong use, settings or "
    "request · 3 credential refused · 4 not found · 5 service unreachable, failing or out of "
    "quota · 6 the policy is broken · 130 interrupted"
)

_REQUEST_IS_WRONG: Final = frozenset({400, 402, 405, 406, 409, 411, 412, 413, 414, 415, 416})


def code_of(error: BitbucketError) -> Code:
    """The exit code for *error*."""
    match error:
        case ArgumentError() | ConfigurationError() | TokenStoreError():
            return Code.USAGE
        case UnauthorizedError() | ForbiddenError() | OAuthError() | ReauthorizationRequired():
            return Code.REFUSED
        case NotFoundError() | GoneError():
            return Code.NOT_FOUND
        case AnswerError(status=status) if status in _REQUEST_IS_WRONG:
            return Code.USAGE
    return Code.SERVICE


def say(line: str) -> None:
    """Tell the person at the terminal *line*, on stderr.

    It may quote a service, whose words must not steer the terminal.
    """
    sys.stderr.write(f"bbasync: {plain(line)}\n")


def told(error: BitbucketError) -> str:
    """What *error* is, and what to do about it."""
    return " - ".join((str(error), *_advice(error)))


def plain(text: str) -> str:
    """*text* on one line, without what a terminal would obey."""
    words = " ".join(text.split())
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in words)


def leave(work: Coroutine[Any, Any, Code] | Callable[[], Coroutine[Any, Any, Code]]) -> NoReturn:
    """Run *work* and end the process with its code, or with that of what stopped it.

    *work* may be what makes the coroutine, so that what it does before can be stopped too.
    """
    try:
        code = asyncio.run(work() if callable(work) else work)
        sys.stdout.flush()
    except (KeyboardInterrupt, asyncio.CancelledError):  # by Ctrl-C or SIGTERM
        say("interrupted")
        code = Code.INTERRUPTED
    except BitbucketError as error:
        say(told(error))
        code = code_of(error)
    except BrokenPipeError:  # whoever read stdout has seen enough
        code = Code.DONE
    except OSError as error:  # a full disk under stdout, say
        say(reason(error))
        code = Code.INCOMPLETE
    let_go()
    raise typer.Exit(code)


def shielded(app: Callable[[], object]) -> None:
    """Run *app*; help and the like are written outside of `leave`, and may not be written."""
    try:
        app()
    except OSError as error:
        say(reason(error))
        let_go()
        sys.exit(Code.INCOMPLETE)


def reason(error: OSError) -> str:
    """What *error* is, for a person, and where."""
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return "stdout is closed" if error.errno == errno.EBADF else str(error.strerror or error)


def let_go() -> None:
    """Drop what stdout does not take, or Python would complain of it when it flushes at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _advice(error: BitbucketError) -> list[str]:
    notes: list[str] = getattr(error, "__notes__", [])
    if isinstance(error, ReauthorizationRequired):
        return ["run `bbasync login`", *notes]
    if isinstance(error, UnauthorizedError) and not notes:
        return ["check the e-mail address and the token, and whether the token has expired"]
    return notes
