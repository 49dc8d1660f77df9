"""Traces of events. A trace shows a chain: an event caused from outside and all events that follow from it.

Each event has a span, and the commit of its rows in the read models is a child of that span. The ids are those in the
event's `traceparent` header. The header is computed from the event alone, so any program that reads the event can
continue the trace. A span's parent is the span of the event that caused it; an event caused from outside has no parent.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from adapters.avro.headers import traceparent
from domain.events import FULL_NAMES
from domain.log import Envelope, Meta, Recorded, is_outside_fact

_LIVE = 500
"""A projection with more events than this in a batch is catching up with the log."""
_ids: ContextVar[tuple[int, int] | None] = ContextVar("ids", default=None)


class EventIds(IdGenerator):
    """Returns the ids in an event's header for the span of that event, and random ids for any other span."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()

    def generate_span_id(self) -> int:
        """A span id of 64 bits (W3C Trace Context)."""
        ids = _ids.get()
        return self._random.generate_span_id() if ids is None else ids[1]

    def generate_trace_id(self) -> int:
        """A trace id of 128 bits (W3C Trace Context)."""
        ids = _ids.get()
        return self._random.generate_trace_id() if ids is None else ids[0]


class EventSpans:
    """Makes the spans of events; an observer of the engine (`commands.observer.Observer`)."""

    def __init__(self, tracer: Tracer) -> None:
        """`tracer` must come from a provider whose id generator is `EventIds`."""
        self._tracer = tracer

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """Does nothing, because a candle without an event has no chain."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """Records a span for each event, from the start of the unit of work until its events were durable."""
        durable = time.time_ns()
        began = durable - int((worked + appended) * 1e9)
        for envelope in envelopes:
            self._span(envelope, began, durable)

    def projected(self, batch: Sequence[Recorded], began: int) -> None:
        """Records a span for each event, from `began` (ns since 1970) until now, when its rows are committed.

        A batch of more than `_LIVE` events gets no spans, because the time of catching up is not a latency.
        """
        committed = time.time_ns()
        for recorded in batch if len(batch) <= _LIVE else ():
            span = self._tracer.start_span(
                "project",
                context=_within(*_ids_of(recorded.envelope.meta)),
                kind=SpanKind.CONSUMER,
                start_time=began,
                attributes={"whence.ordinal": recorded.ordinal},
            )
            span.end(committed)

    def _span(self, envelope: Envelope, began: int, ended: int) -> None:
        meta = envelope.meta
        trace, own = _ids_of(meta)
        token = _ids.set((trace, own))
        try:
            span = self._tracer.start_span(
                FULL_NAMES[type(envelope.event)].removeprefix("whence."),
                context=_parent(meta, trace),
                kind=SpanKind.PRODUCER,
                start_time=began,
                attributes={
                    "whence.chain": meta.correlation_id,
                    "whence.stream": meta.stream,
                    "whence.version": meta.version,
                    "whence.cause": meta.causation_id,
                    "whence.account": meta.account,
                },
            )
            span.end(ended)
        finally:
            _ids.reset(token)


def _ids_of(meta: Meta) -> tuple[int, int]:
    _version, trace, span, _flags = traceparent(meta).split("-")
    return int(trace, 16), int(span, 16)


def _parent(meta: Meta, trace: int) -> Context:
    if is_outside_fact(meta.causation_id):
        return Context()
    return _within(trace, int.from_bytes(UUID(meta.causation_id).bytes[8:], "big"))


def _within(trace: int, span: int) -> Context:
    known = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(known), Context())
