"""Times that come without an offset, though it is known: the annotation says whose they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timezone, tzinfo
from functools import cache
from typing import Any, NewType
from zoneinfo import ZoneInfo

from .convert import converter

AmsterdamTime = NewType("AmsterdamTime", datetime)
"""Local time of Amsterdam, read as an aware datetime with the offset that held there.

Of the hour that comes twice in autumn it is the first, in summer time. The hour that summer time
skips in spring has winter's offset. Neither can be told from the text.
"""

UTCTime = NewType("UTCTime", datetime)
"""UTC, read as an aware datetime whether the offset was sent or not."""


@cache
def _amsterdam() -> tzinfo:
    return ZoneInfo("Europe/Amsterdam")


def _utc() -> tzinfo:
    return UTC


def _hook(zone: Callable[[], tzinfo]) -> Callable[[Any, Any], datetime]:
    def structure(value: Any, _: Any) -> datetime:
        read = converter.structure(value, datetime)
        if read.tzinfo is not None:
            return read
        # A fixed offset: times in a zone do not equal the same times in UTC where they are
        # ambiguous there.
        offset = read.replace(tzinfo=zone()).utcoffset()
        return read.replace(tzinfo=UTC if not offset else timezone(offset))

    return structure


converter.register_structure_hook_func(lambda kind: kind is AmsterdamTime, _hook(_amsterdam))
converter.register_structure_hook_func(lambda kind: kind is UTCTime, _hook(_utc))
