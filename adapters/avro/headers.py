"""What goes beside an event's bytes in Kafka: the CloudEvents binary binding, and W3C trace context.

CloudEvents Kafka protocol binding 1.0.2, section 3.2: attributes become headers with the prefix `ce_`, `datacontenttype`
becomes `content-type`. Correlation and causation are extension attributes. Trace context, level 1: the trace is the
chain, the span the event; the last byte says that it is recorded, as every event here is.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from adapters.avro.plain import instant
from domain.events import FULL_NAMES
from domain.log import Envelope

_SPEC: Final = ("ce_specversion", b"1.0")
_CONTENT: Final = ("content-type", b"application/avro")
_TRACE_BYTES: Final = 16
_SPAN_BYTES: Final = 8


def headers_of(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The record headers of one event; a function of its meta alone, so the same event always has the same."""
    meta = envelope.meta
    return [
        ("ce_type", FULL_NAMES[type(envelope.event)].encode()),
        _SPEC,
        ("ce_id", str(meta.event_id).encode()),
        ("ce_source", f"whence/{meta.account}/{meta.source}".encode()),
        ("ce_time", instant(meta.occurred_at).encode()),
        ("ce_subject", meta.stream.encode()),
        ("ce_correlationid", meta.correlation_id.encode()),
        ("ce_causationid", meta.causation_id.encode()),
        _CONTENT,
        ("traceparent", traceparent(envelope).encode()),
    ]


def traceparent(envelope: Envelope) -> str:
    """`00-<trace of the chain>-<span of the event>-01`."""
    meta = envelope.meta
    trace = blake2b(meta.correlation_id.encode(), digest_size=_TRACE_BYTES).hexdigest()
    span = blake2b(meta.event_id.bytes, digest_size=_SPAN_BYTES).hexdigest()
    return f"00-{trace}-{span}-01"
