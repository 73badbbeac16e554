"""aioresponses, for whoever tests with it already."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import aioresponses as original
from aiohttp import ClientResponse


class _Writer:
    """What aiohttp asks of the body that was sent: how long it was."""

    output_size = 0


class _Response(ClientResponse):
    """A response for any aiohttp: since 3.14 it wants to know who wrote the request."""

    def __init__(self, *args: Any, **options: Any) -> None:
        try:
            super().__init__(*args, **{"stream_writer": _Writer(), **options})
        except TypeError:  # an aiohttp that does not know it
            super().__init__(*args, **options)


class aioresponses(original.aioresponses):  # noqa: N801 - its own name
    """What `aioresponses.aioresponses` is, and works with aiohttp 3.14 and later as well.

    aioresponses 0.7.9 makes responses without what aiohttp asks for since then.
    """

    def add(self, *args: Any, **options: Any) -> None:
        """Say what an address is answered with; see aioresponses."""
        options.setdefault("response_class", _Response)
        if callable(options.get("callback")):
            options["callback"] = _completed(options["callback"])
        super().add(*args, **options)


def _completed(callback: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Let what *callback* gives say whose the response is: aioresponses asks that alone."""

    async def called(*args: Any, **options: Any) -> Any:
        result = callback(*args, **options)
        if inspect.isawaitable(result):
            result = await result
        if result is not None and result.response_class is None:
            result.response_class = _Response
        return result

    return called
