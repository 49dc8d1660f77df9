"""Headers: CloudEvents attributes and the W3C trace context, derived from the event alone."""

from __future__ import annotations

import re
from uuid import UUID

from adapters.avro.headers import headers_of, traceparent
from domain.log import Envelope
from tests.replacing import replace
from tests.schemas.samples import META, SAMPLES

_FILL = SAMPLES["whence.order.OrderFilled"]


def test_a_fill_has_cloudevents_and_trace_headers() -> None:
    headers = dict(headers_of(_FILL))
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_id": b"6f1f7a52-4a10-5d0c-9a44-5c2ab1f0e3d7",
        "ce_type": b"whence.order.OrderFilled",
        "ce_source": b"whence/main/whence-test",
        "ce_time": b"2026-03-01T12:00:00Z",
        "ce_subject": b"order-main-01hx3k9zq2m4c-e1",
        "ce_correlationid": b"01hx3k9zq2m4c",
        "ce_causationid": b"b7a1c0de-0f0f-5e5e-8d8d-123456789abc",
        "content-type": b"application/avro",
        "traceparent": traceparent(META).encode(),
    }
    assert len(headers_of(_FILL)) == len(headers)


def test_events_of_a_chain_share_a_trace_and_have_their_own_spans() -> None:
    later = replace(META, event_id=UUID("6f1f7a52-4a10-5d0c-9a44-5c2ab1f0e3d8"), version=5)
    other = replace(META, correlation_id="01hx3k9zq2m4d")
    version, trace, span, flags = traceparent(META).split("-")
    assert (version, flags) == ("00", "01")
    assert re.fullmatch(r"[0-9a-f]{32}", trace)
    assert re.fullmatch(r"[0-9a-f]{16}", span)
    assert int(trace, 16)
    assert int(span, 16)
    assert traceparent(later).split("-")[1] == trace
    assert traceparent(later).split("-")[2] != span
    assert traceparent(other).split("-")[1] != trace


def test_equal_events_have_equal_headers() -> None:
    assert headers_of(_FILL) == headers_of(Envelope(replace(META), _FILL.event))
