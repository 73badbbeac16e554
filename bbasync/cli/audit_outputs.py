"""The files that `bbasync audit` writes, each by its end; whole, or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Final, TextIO

from attrs import frozen

from ..audit.report import (
    Report,
    write_csv,
    write_html,
    write_json,
    write_jsonl,
    write_junit,
    write_sarif,
)
from ..errors import ArgumentError, ConfigurationError

Write = Callable[[Report, TextIO], None]


_ENDS: Final[dict[str, Write]] = {
    ".html": write_html,
    ".jsonl": write_jsonl,
    ".json": write_json,
    ".csv": write_csv,
    ".sarif": write_sarif,
    ".xml": write_junit,
}
_STDOUT: Final[dict[str, Write]] = {"json": write_json, "jsonl": write_jsonl, "csv": write_csv}


@frozen
class Output:
    """A file, and how a report is written to it."""

    path: Path
    write: Write

    def put(self, report: Report) -> None:
        """Write *report*."""
        with replaced(self.path) as out:
            self.write(report, out)


def outputs_of(
    names: Sequence[str], *, kept: Iterable[str | None], overwrite: bool
) -> list[Output]:
    """What *names* ask for; an error where one can't be, or would lose what is there.

    None of them may be one of *kept*, which are read, or written otherwise.
    """
    outputs: list[Output] = []
    taken = list(kept)
    for name in names:
        path = Path(name)
        write = next((one for end, one in _ENDS.items() if name.lower().endswith(end)), None)
        if write is None or not path.name:
            raise ArgumentError(
                f"--to {name}: its end tells what to write: {', '.join(_ENDS)} (JUnit)"
            )
        check_place(path, f"--to {name}", kept=taken, overwrite=overwrite)
        taken.append(name)
        outputs.append(Output(path, write))
    return outputs


def check_place(path: Path, option: str, *, kept: Iterable[str | None], overwrite: bool) -> None:
    """An error where *path* can't be written, or is there and may not be replaced.

    Nor may it be one of *kept*, which are read, or written otherwise.
    """
    if path.resolve() in {Path(one).resolve() for one in kept if one is not None}:
        raise ArgumentError(f"{option}: another option has that file, name another one")
    if path.is_dir():
        raise ArgumentError(f"{option}: that is a directory")
    if not path.absolute().parent.is_dir():
        raise ArgumentError(f"{option}: there is no directory {path.parent} to put it in")
    if path.exists() and not overwrite:
        raise ConfigurationError(f"{path} is there already: --overwrite replaces it")
    try:
        check_writable(path.absolute().parent)
    except OSError as error:
        raise ConfigurationError(f"{option} can't be written: {error.strerror}") from error


def check_writable(directory: Path) -> None:
    """OSError where no file can be made in *directory*."""
    with tempfile.TemporaryFile(dir=directory):
        pass


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """A file to write to, which takes the place of *path* when the block ends well."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as out:  # noqa: PTH123 - it is open
            yield out
        Path(draft).chmod(0o666 & ~_umask())
        Path(draft).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


def _umask() -> int:
    found = os.umask(0o077)
    os.umask(found)
    return found


def to_stdout(form: str, report: Report) -> None:
    """Write *report* as *form* to stdout: as UTF-8, as programs expect it."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    _STDOUT[form](report, sys.stdout)
