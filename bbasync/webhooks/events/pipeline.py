"""Events of pipelines: traces, which are no envelope like the others."""

from __future__ import annotations

from collections.abc import Sequence

from .event import Event, keyed
from .trace import ResourceSpans, Span


@keyed("pipeline:span_created")
class PipelineSpanCreated(Event):
    """Spans of a run; ``actor`` and ``repository`` are None, attributes name the repository."""

    resourceSpans: Sequence[ResourceSpans] | None = None  # noqa: N815 - the wire's name

    @property
    def spans(self) -> tuple[Span, ...]:
        """All its spans, whatever they are of."""
        scopes = [scope for one in self.resourceSpans or () for scope in one.scopeSpans or ()]
        return tuple(span for scope in scopes for span in scope.spans or ())
