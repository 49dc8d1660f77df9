"""Traces: one trace a chain, one span an event, and under it one for its arrival in the read models.

The ids are the ones in the event's `traceparent` header, which is a function of the event: whoever takes an event up,
in this process or another, in this language or another, goes on with its trace. A span's parent is the event that
caused it, so that a trace is the chain's tree; what came from outside has none.
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
"""Events a batch has at most where they are projected as they come."""
_ids: ContextVar[tuple[int, int] | None] = ContextVar("ids", default=None)


class EventIds(IdGenerator):
    """Gives an event's span the ids its header tells, and any other span random ones."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()

    def generate_span_id(self) -> int:
        """64 bits; see the W3C's trace context."""
        ids = _ids.get()
        return self._random.generate_span_id() if ids is None else ids[1]

    def generate_trace_id(self) -> int:
        """128 bits."""
        ids = _ids.get()
        return self._random.generate_trace_id() if ids is None else ids[0]


class EventSpans:
    """Makes the spans of events; an observer of the engine (`commands.observer.Observer`)."""

    def __init__(self, tracer: Tracer) -> None:
        """`tracer` is of a provider with `EventIds`."""
        self._tracer = tracer

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """A candle that nobody said anything on is no chain."""

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """From the stimulus until the events were durable."""
        durable = time.time_ns()
        began = durable - int((worked + appended) * 1e9)
        for envelope in envelopes:
            self._span(envelope, began, durable)

    def projected(self, batch: Sequence[Recorded], began: int) -> None:
        """From `began`, in nanoseconds since 1970, until now, when the rows are committed.

        A batch as long as only catching up makes them is nobody's latency, and is left out.
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
