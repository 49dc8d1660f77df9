"""Sending traces by OTLP to the endpoint that the standard `OTEL_EXPORTER_OTLP_…` variables name."""

from __future__ import annotations

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from adapters.tracing.spans import EventIds, EventSpans


class Traces:
    """The exporter of spans; `close` sends the spans that have not been sent yet."""

    def __init__(self, processor: SpanProcessor | None = None) -> None:
        """`processor` receives finished spans; the default sends them in batches by OTLP over HTTP from a thread."""
        resource = Resource.create({SERVICE_NAME: "whence"})
        self._provider = TracerProvider(resource=resource, id_generator=EventIds(), shutdown_on_exit=False)
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
        self.spans = EventSpans(self._provider.get_tracer("whence"))

    def close(self) -> None:
        """Sends the remaining spans and stops."""
        self._provider.shutdown()
