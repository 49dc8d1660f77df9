"""Traces: the spans of a chain form a tree, and their ids are those in the events' headers."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapters.avro.headers import traceparent
from adapters.tracing.export import Traces
from domain.log import Envelope, Recorded, is_outside_fact
from tests.adapters.tracing.collector import collecting
from tests.projections.folded import a_run


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter: InMemorySpanExporter) -> Iterator[Traces]:
    made = Traces(SimpleSpanProcessor(exporter))
    yield made
    made.close()


def header_of(span: ReadableSpan) -> str:
    """The span's ids as a `traceparent` header."""
    assert span.context is not None
    return f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


def test_every_event_gives_a_span_with_the_ids_of_its_header(
    traces: Traces, exporter: InMemorySpanExporter
) -> None:
    events = a_run()[:200]
    traces.spans.recorded(events, 0.010, 0.002)
    spans = exporter.get_finished_spans()
    assert [header_of(span) for span in spans] == [traceparent(one.meta) for one in events]


def test_the_parent_of_a_span_is_the_span_of_the_causing_event(
    traces: Traces, exporter: InMemorySpanExporter
) -> None:
    events = a_run()[:200]
    traces.spans.recorded(events, 0.010, 0.002)
    by_id = {str(one.meta.event_id): traceparent(one.meta).split("-")[2] for one in events}
    parents = {header_of(span): span.parent for span in exporter.get_finished_spans()}
    caused = 0
    for one in events:
        parent = parents[traceparent(one.meta)]
        if is_outside_fact(one.meta.causation_id):
            assert parent is None
        else:
            assert parent is not None
            assert f"{parent.span_id:016x}" == by_id[one.meta.causation_id]
            caused += 1
    assert caused > 50


def test_a_span_lasts_from_the_stimulus_until_its_event_is_durable(
    traces: Traces, exporter: InMemorySpanExporter
) -> None:
    traces.spans.recorded(a_run()[:1], 0.010, 0.002)
    (span,) = exporter.get_finished_spans()
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.end_time - span.start_time == 12_000_000


def test_the_arrival_in_the_read_models_is_a_child_span_of_its_event(
    traces: Traces, exporter: InMemorySpanExporter
) -> None:
    one: Envelope = a_run()[20]
    began = time.time_ns()
    traces.spans.projected([Recorded(21, one)], began)
    (span,) = exporter.get_finished_spans()
    _version, trace, parent, _flags = traceparent(one.meta).split("-")
    assert span.context is not None
    assert span.parent is not None
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (trace, parent)
    assert span.start_time == began
    assert span.end_time is not None
    assert began < span.end_time <= time.time_ns()
    assert span.context.span_id != span.parent.span_id


def test_the_remaining_spans_are_sent_on_close(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        traces = Traces()
        traces.spans.recorded(a_run()[:3], 0.001, 0.001)
        traces.close()
    names = [span.name for span in collector.spans]
    assert names == ["log.LogOpened", "account.AccountOpened", "settings.SettingsChanged"]


def test_a_batch_of_a_projection_that_is_catching_up_gives_no_spans(
    traces: Traces, exporter: InMemorySpanExporter
) -> None:
    traces.spans.projected([Recorded(n, one) for n, one in enumerate(a_run()[:501], 1)], 1)
    assert exporter.get_finished_spans() == ()
