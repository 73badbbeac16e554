"""Spans for OpenTelemetry."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from bbasync import BearerAuth
from bbasync.errors import ConnectionFailedError, NotFoundError
from bbasync.wire.message import Request
from bbasync.wire.otel import Tracing

SECRET = "t0ps3cret-t0ps3cret"


@pytest.fixture
def spans() -> tuple[Tracing, InMemorySpanExporter, TracerProvider]:
    """An adapter, and where its spans go."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Tracing(provider), exporter, provider


async def test_a_call_is_one_client_span(serve: Any, client: Any, say: Any, spans: Any) -> None:
    """With the attributes that the conventions name, below the span that is current."""
    tracing, exporter, provider = spans
    server = await serve(say(body=b"12345"))
    bb = await client(server.url, on_event=tracing, auth=BearerAuth(SECRET))
    with provider.get_tracer("test").start_as_current_span("outer") as outer:
        await bb.send(Request("GET", "/x", (("token", SECRET),), operation="things.get"))
    span = exporter.get_finished_spans()[0]
    assert (span.name, span.kind, span.parent.span_id) == (
        "GET things.get",
        SpanKind.CLIENT,
        outer.get_span_context().span_id,
    )
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "url.full": f"{server.url}/x?token=***",
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "bitbucket.operation": "things.get",
        "http.response.status_code": 200,
        "http.response.body.size": 5,
    }
    assert span.status.status_code is StatusCode.UNSET
    assert SECRET not in span.to_json()
    assert "traceparent" not in server.heard[0].headers


async def test_repetitions_are_events_of_the_span(
    serve: Any, client: Any, say: Any, raw: Any, spans: Any
) -> None:
    """Each wait says why and how long, each redirect where to; the span counts repetitions."""
    tracing, exporter, _ = spans
    to = {"Location": "/2.0/y"}
    server = await serve(say(503), raw(b"", "cut"), say(302, headers=to), say(data=1))
    bb = await client(server.url, on_event=tracing)
    await bb.send(Request("GET", "/x"))
    (span,) = exporter.get_finished_spans()
    found = {event.name: dict(event.attributes) for event in span.events if event.name != "sent"}
    assert found == {
        "retry": {"attempt": 2, "reason": "Server disconnected", "wait": 0.5},
        "redirect": {
            "attempt": 3,
            "http.response.status_code": 302,
            "location": f"{server.url}/y",
        },
    }
    assert [event.name for event in span.events].count("retry") == 2
    assert span.attributes["http.request.resend_count"] == 2


async def test_an_error_is_told_by_its_type(
    serve: Any, client: Any, say: Any, raw: Any, spans: Any
) -> None:
    """A status is its own type; without one it is the class. No span stays open."""
    tracing, exporter, _ = spans
    server = await serve(say(404), raw(b"", "cut"))
    bb = await client(server.url, on_event=tracing, attempts=1)
    for kind in (NotFoundError, ConnectionFailedError):
        with pytest.raises(kind):
            await bb.send(Request("GET", "/x"))
    found = exporter.get_finished_spans()
    assert [one.attributes["error.type"] for one in found] == ["404", "ConnectionFailedError"]
    assert {one.status.status_code for one in found} == {StatusCode.ERROR}
    assert not tracing._open


async def test_without_a_provider_of_its_own_it_takes_the_program_s(
    serve: Any, client: Any, say: Any
) -> None:
    """A program that has set up nothing pays nothing, and notices nothing."""
    server = await serve(say())
    bb = await client(server.url, on_event=Tracing())
    assert (await bb.send(Request("GET", "/x"))).status == 200
