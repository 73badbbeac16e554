"""OpenTelemetry: a span for each call, made of its events; needs the extra ``otel``."""

from __future__ import annotations

from attrs import define, field
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider, get_tracer
from opentelemetry.util.types import AttributeValue
from yarl import URL

from .events import Event


@define(eq=False)
class Tracing:
    """A listener for ``on_event`` that makes one client span a call, below the current span.

    Attributes are those of OpenTelemetry's conventions for HTTP, and ``bitbucket.operation``;
    waits, repetitions and redirects are events of the span. No header is added to the requests.
    """

    provider: TracerProvider | None = None
    """Where spans go; None for the one that the program has set."""
    _open: dict[int, Span] = field(factory=dict, init=False, repr=False)

    def __call__(self, event: Event) -> None:
        """Make of *event* what it is for its span."""
        if event.kind == "queued":
            self._open[event.call] = self._started(event)
        elif event.kind == "done":
            span = self._open.pop(event.call, None)
            if span is not None:
                _end(span, event)
        elif event.call in self._open:
            self._open[event.call].add_event(event.kind, _facts(event))

    def _started(self, event: Event) -> Span:
        tracer = get_tracer("bbasync", tracer_provider=self.provider)
        url = URL(event.url, encoded=True)
        attributes: dict[str, AttributeValue] = {
            "http.request.method": event.method,
            "url.full": event.url,
            "server.address": url.host or "",
            "server.port": url.port or 0,
        }
        if event.operation:
            attributes["bitbucket.operation"] = event.operation
        name = f"{event.method} {event.operation}".rstrip()
        return tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)


def _end(span: Span, event: Event) -> None:
    if event.status is not None:
        span.set_attribute("http.response.status_code", event.status)
    if event.attempt > 1:
        span.set_attribute("http.request.resend_count", event.attempt - 1)
    if event.received:
        span.set_attribute("http.response.body.size", event.received)
    if event.reason:
        span.set_attribute("error.type", str(event.status or event.reason))
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def _facts(event: Event) -> dict[str, AttributeValue]:
    facts: dict[str, AttributeValue] = {"attempt": event.attempt}
    if event.status is not None:
        facts["http.response.status_code"] = event.status
    if event.reason:
        facts["reason"] = event.reason
    if event.wait:
        facts["wait"] = event.wait
    if event.location:
        facts["location"] = event.location
    return facts
