"""Where `bbasync api` writes to: a terminal, a pipe, or a file that appears when it is whole."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from rich.console import Console

from ..errors import ArgumentError
from .call import STDIO


@contextmanager
def opened(output: str | None, *, lines: bool) -> Iterator[IO[bytes]]:
    """The file *output* to write to, or stdout; ArgumentError where it can't be written.

    A file appears when the block ends, and replaces one that was there. Where the block fails it
    does not, unless it has whole *lines* already.
    """
    if output is None or output == STDIO:
        yield sys.stdout.buffer
        return
    target = Path(output)
    if target.is_file() or not target.exists():
        target = target.resolve()
        part = _beside(target)
    else:  # a device, or a pipe by its name
        part = target
    try:
        file = part.open("wb")
    except OSError as error:
        raise ArgumentError(f"--output {output}: {error.strerror}") from error
    keep = False
    try:
        with file:
            try:
                yield file
                keep = True
            finally:
                keep = keep or (lines and part != target and file.tell() > 0)
    finally:
        if part != target and keep:
            part.replace(target)
        elif part != target:
            part.unlink()


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.part")


async def write(chunks: AsyncIterator[bytes], to: IO[bytes]) -> None:
    """Write the bytes as they come."""
    async for chunk in chunks:
        to.write(chunk)
    to.flush()


async def show(chunks: AsyncIterator[bytes], content_type: str) -> None:
    """Show a person at a terminal what came; ArgumentError for what no terminal can show."""
    content = b"".join([chunk async for chunk in chunks])
    if not content:
        return
    data = _json_in(content)
    if data is not None:
        Console(soft_wrap=True).print_json(data, indent=2, ensure_ascii=False)
        return
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        kind = content_type or "no media type"
        raise ArgumentError(
            f"the answer is binary ({kind}, {len(content):,} bytes): --output FILE keeps it"
        )
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def _json_in(content: bytes) -> str | None:
    """The content as JSON text, if it is an object or an array."""
    if content.lstrip()[:1] not in {b"{", b"["}:
        return None
    try:
        return json.dumps(json.loads(content))
    except (ValueError, RecursionError):
        return None


def line_of(item: Any) -> bytes:
    """An item as one line of JSON."""
    try:
        return f"{json.dumps(item, ensure_ascii=False, separators=(',', ':'))}\n".encode()
    except UnicodeEncodeError:  # half a surrogate pair can only be sent in its escaped form
        return f"{json.dumps(item, separators=(',', ':'))}\n".encode()
