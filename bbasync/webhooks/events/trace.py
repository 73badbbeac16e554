"""OpenTelemetry's traces, as OTLP says them in JSON: exact numbers, attributes as mappings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NewType

from ...model.convert import converter
from ...model.resource import Resource, resource

Nanoseconds = NewType("Nanoseconds", int)
"""Nanoseconds since 1970, exact; JSON has them as text, since they are too large for some."""

Attributes = NewType("Attributes", Mapping[str, Any])
"""Values by key, read from OTLP's list of ``{"key", "value": {"stringValue": ...}}``."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INTEGER: Final = re.compile(r"-?[0-9]{1,20}")


@resource()
class SpanScope(Resource):
    """Which part of the service made some spans."""

    name: str | None = None
    version: str | None = None
    attributes: Attributes | None = None


@resource()
class SpanStatus(Resource):
    """How a span ended."""

    code: Any = None
    """0, 1 and 2, or their names: not said, all right, failed."""
    message: str | None = None


@resource()
class SpanEvent(Resource):
    """A moment in a span."""

    name: str | None = None
    timeUnixNano: Nanoseconds | None = None  # noqa: N815 - the wire's name
    attributes: Attributes | None = None

    @property
    def time(self) -> datetime | None:
        """When; whole microseconds."""
        return _moment(self.timeUnixNano)


@resource()
class Span(Resource):
    """A piece of work: a run of a pipeline, a step, a command or a container."""

    name: str | None = None
    """``bbc.pipeline_run``, ``bbc.step``, ``bbc.command`` and others."""
    traceId: str | None = None  # noqa: N815 - the wire's name
    spanId: str | None = None  # noqa: N815 - the wire's name
    parentSpanId: str | None = None  # noqa: N815 - the wire's name
    """None or "" for the run as a whole."""
    kind: Any = None
    """A number, or its name."""
    startTimeUnixNano: Nanoseconds | None = None  # noqa: N815 - the wire's name
    endTimeUnixNano: Nanoseconds | None = None  # noqa: N815 - the wire's name
    attributes: Attributes | None = None
    events: Sequence[SpanEvent] | None = None
    status: SpanStatus | None = None

    @property
    def started_at(self) -> datetime | None:
        """When it began; whole microseconds, ``startTimeUnixNano`` is exact."""
        return _moment(self.startTimeUnixNano)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; whole microseconds, ``endTimeUnixNano`` is exact."""
        return _moment(self.endTimeUnixNano)


@resource()
class SpanSource(Resource):
    """What spans are of, as a whole."""

    attributes: Attributes | None = None


@resource()
class ScopeSpans(Resource):
    """Spans of one part of the service."""

    scope: SpanScope | None = None
    spans: Sequence[Span] | None = None


@resource()
class ResourceSpans(Resource):
    """Spans of one source."""

    resource: SpanSource | None = None
    scopeSpans: Sequence[ScopeSpans] | None = None  # noqa: N815 - the wire's name


def _moment(nanoseconds: int | None) -> datetime | None:
    return None if nanoseconds is None else _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def _integer(value: Any) -> int:
    """An integer, which may come as text."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("not an integer")


def _nanoseconds(value: Any, _: Any) -> int:
    found = _integer(value)
    if not 0 <= found < 2**64:
        raise ValueError("no time in nanoseconds")
    return found


def _attributes(value: Any, _: Any) -> Mapping[str, Any]:
    if not isinstance(value, list):
        raise ValueError("not a list")  # noqa: TRY004 - the reader turns ValueError into its own
    return MappingProxyType({_key(one): _plain(one.get("value")) for one in value})


def _key(one: Any) -> str:
    key = one.get("key") if isinstance(one, dict) else None
    if not isinstance(key, str):
        raise ValueError("an attribute without a key")  # noqa: TRY004 - see above
    return key


def _plain(value: Any) -> Any:
    """A value without what says its kind; one whose kind is not known stays as it came."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inside),) = value.items()
    read = _READERS.get(kind)
    return value if read is None else read(inside)


def _array(inside: Any) -> tuple[Any, ...]:
    values = inside.get("values", [])
    if not isinstance(values, list):
        raise ValueError("not a list")  # noqa: TRY004 - see above
    return tuple(_plain(one) for one in values)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "stringValue": lambda inside: inside,
    "boolValue": lambda inside: inside,
    "bytesValue": lambda inside: inside,
    "intValue": _integer,
    "doubleValue": float,  # NaN and Infinity come as text
    "arrayValue": _array,
    "kvlistValue": lambda inside: _attributes(inside.get("values", []), None),
}

converter.register_structure_hook_func(lambda kind: kind is Nanoseconds, _nanoseconds)
converter.register_structure_hook_func(lambda kind: kind is Attributes, _attributes)
