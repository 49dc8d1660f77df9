"""Sending traces by OTLP, to whatever the standard `OTEL_EXPORTER_OTLP_…` variables name."""

from __future__ import annotations

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from adapters.tracing.spans import EventIds, EventSpans


class Traces:
    """Spans on their way out; `close` sends what is left."""

    def __init__(self, processor: SpanProcessor | None = None) -> None:
        """`processor` takes the finished spans; OTLP over HTTP, in batches from a thread of its own, by default."""
        resource = Resource.create({SERVICE_NAME: "whence"})
        self._provider = TracerProvider(resource=resource, id_generator=EventIds(), shutdown_on_exit=False)
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
        self.spans = EventSpans(self._provider.get_tracer("whence"))

    def close(self) -> None:
        """Sends what is left, and stops."""
        self._provider.shutdown()
