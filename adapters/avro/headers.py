"""The Kafka headers of an event, for consumers that do not read Avro.

They are the CloudEvents 1.0 attributes in Kafka's binary binding, correlation and causation as extension attributes,
and the W3C trace context. All values derive from the event, so one event always has the same headers.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from adapters.avro.moment import iso
from domain.events import FULL_NAMES
from domain.log import Envelope, Meta

CONTENT_TYPE: Final = b"application/avro"
_SAMPLED: Final = "01"
"""Every event is recorded, so every span is sampled."""


def headers_of(envelope: Envelope) -> list[tuple[str, bytes]]:
    """Names and UTF-8 values, in a fixed order; `ce_time` is `occurred_at`, `ce_subject` the stream."""
    meta = envelope.meta
    return [
        ("ce_type", FULL_NAMES[type(envelope.event)].encode()),
        ("ce_specversion", b"1.0"),
        ("ce_id", str(meta.event_id).encode()),
        ("ce_source", f"whence/{meta.account}/{meta.source}".encode()),
        ("ce_time", iso(meta.occurred_at).encode()),
        ("ce_subject", meta.stream.encode()),
        ("ce_correlationid", meta.correlation_id.encode()),
        ("ce_causationid", meta.causation_id.encode()),
        ("content-type", CONTENT_TYPE),
        ("traceparent", traceparent(meta).encode()),
    ]


def traceparent(meta: Meta) -> str:
    """`00-<trace>-<span>-01`: one trace for each correlation id, one span for each event.

    The trace id is 128 bits of BLAKE2b of the correlation id. The span id is the last 64 bits of the event id, which
    are never zero in a UUID of RFC 4122. See https://www.w3.org/TR/trace-context/.
    """
    trace = blake2b(meta.correlation_id.encode(), digest_size=16).hexdigest()
    return f"00-{trace}-{meta.event_id.bytes[8:].hex()}-{_SAMPLED}"
