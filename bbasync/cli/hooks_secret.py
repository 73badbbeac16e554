"""The secret of a webhook: from the environment, a file, or a person, and never in a text."""

from __future__ import annotations

import os
import re
import sys
from getpass import getpass
from pathlib import Path
from typing import Final

from attrs import frozen

from ..errors import ArgumentError, ConfigurationError
from ..webhooks.signature import known_secrets
from .exits import say

VARIABLE: Final = "BITBUCKET_WEBHOOK_SECRET"
ADVICE: Final = f"set {VARIABLE}, or name a file with --secret-file"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@frozen
class Source:
    """Where the options say that the secret is."""

    env: str | None
    file: str | None

    @property
    def named(self) -> bool:
        """Whether one of them says it."""
        return self.env is not None or self.file is not None


def secret_of(source: Source, *, ask: bool) -> str | None:
    """The secret; None where there is none, and nobody to *ask*."""
    if source.env is not None and source.file is not None:
        raise ArgumentError("choose one of --secret-env and --secret-file")
    if source.file is not None:
        found, where = _in_file(source.file), f"the secret in {source.file}"
    elif source.env is not None:
        found, where = _in_variable(source.env), f"the secret in {source.env}"
    elif os.environ.get(VARIABLE):
        found, where = os.environ[VARIABLE], f"the secret in {VARIABLE}"
    elif ask and sys.stdin.isatty():
        found, where = _asked(), "the secret"
    else:
        return None
    known_secrets(found)
    if found != found.strip():
        say(f"{where} begins or ends with white space, which counts as part of it")
    return found


def needed(source: Source, *, otherwise: str = "") -> str:
    """The secret; ConfigurationError where there is none, or nobody says it."""
    found = secret_of(source, ask=True)
    if found is None:
        raise ConfigurationError(f"no secret of the webhook: {ADVICE}{otherwise}")
    return found


def _in_variable(name: str) -> str:
    # It may be the secret itself that was typed there, so it is not repeated.
    if not _NAME.fullmatch(name):
        raise ArgumentError("--secret-env takes the name of a variable, and not the secret")
    found = os.environ.get(name)
    if not found:
        raise ConfigurationError("--secret-env names a variable that is not set, or is empty")
    return found


def _in_file(name: str) -> str:
    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise ArgumentError(f"--secret-file {name}: {error.strerror}") from error
    except ValueError:
        raise ArgumentError("--secret-file takes a path") from None
    try:
        text = content.decode("utf-8-sig")  # editors of Windows put a mark in front
    except UnicodeDecodeError:
        raise ArgumentError(f"--secret-file {name}: it is not text in UTF-8") from None
    found = text.removesuffix("\n").removesuffix("\r")
    if not found:
        raise ArgumentError(f"--secret-file {name}: it is empty")
    return found


def _asked() -> str:
    try:
        found = getpass("secret of the webhook (not shown): ")
    except EOFError:
        found = ""
    except UnicodeDecodeError:
        raise ArgumentError("the secret is not text") from None
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        raise
    if not found:
        raise ArgumentError(f"no secret was entered: {ADVICE}")
    return found
