"""`bbasync hooks verify`: whether signatures fit, and what was done wrong where they don't."""

from __future__ import annotations

import sys
from collections.abc import Coroutine, Sequence
from typing import Any

from attrs import field, frozen

from ..errors import ArgumentError
from ..webhooks import verify
from .exits import Code, plain
from .hooks_kept import content_of, kept_in
from .hooks_mistakes import mistakes
from .hooks_secret import Source, needed


@frozen
class Signed:
    """A body, and the signature that it is said to have."""

    body: bytes = field(repr=False)
    header: str
    name: str = ""


def start_verify(file: str, signature: str | None, source: Source) -> Coroutine[Any, Any, Code]:
    """Read what is to be looked at, and the secret; what is left is to be run."""
    those = _those(file, signature)
    return _verify(those, needed(source))


def _those(file: str, signature: str | None) -> Sequence[Signed]:
    content = content_of(file)
    kept = kept_in(content, file)
    if kept is None:
        if signature is None:
            raise ArgumentError(
                "give what the header X-Hub-Signature of this body had, as --signature sha256=..."
            )
        return [Signed(content, signature)]
    if signature is not None and len(kept) > 1:
        raise ArgumentError(f"--signature is of one delivery, and {file} has {len(kept)}")
    return [Signed(one.body, signature or one.signature or "", f"{one.name}  ") for one in kept]


async def _verify(those: Sequence[Signed], secret: str) -> Code:
    code = Code.DONE
    for one in those:
        if verify(one.body, one.header, secret):
            sys.stdout.write(f"{one.name}valid\n")
            continue
        code = Code.REFUSED
        why = "; ".join(mistakes(one.body, one.header, secret))
        sys.stdout.write(f"{one.name}not valid: {plain(why)}\n")
    return code
