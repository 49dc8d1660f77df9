"""A foreign tool reads the topic: key, headers, timestamp and value are where Kafka's own tools expect them."""

from __future__ import annotations

from tests.adapters.kafka.logs import Logs, events
from tests.kcat import kcat


def test_kcat_reads_key_headers_timestamp_and_value(
    logs: Logs, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    headers = [
        [("ce_id", b"id-1"), ("ce_type", b"whence.test.Happened"), ("ce_correlationid", b"signal-1")],
        [("ce_id", b"id-2"), ("ce_causationid", b"id-1")],
    ]
    recorder = logs.open().recorder
    recorder.insert_events(
        events("order-1", 1, 2), headers=headers, timestamps=[1_700_000_000_000, 1_700_000_000_001]
    )
    first, second = kcat(kafka_bootstrap_servers, kafka_topic)
    assert (first.key, first.payload, first.ts) == ("order-1", "state", 1_700_000_000_000)
    assert first.pairs == [
        ("ce_id", "id-1"), ("ce_type", "whence.test.Happened"), ("ce_correlationid", "signal-1"), ("ce_sequence", "1"),
    ]  # fmt: skip
    assert second.pairs == [
        ("ce_id", "id-2"), ("ce_causationid", "id-1"), ("ce_sequence", "2"), ("ce_type", "whence.test.Happened"),
    ]  # fmt: skip


def test_a_key_and_a_header_that_hold_separators_are_read_whole(
    logs: Logs, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    """A mark's signature is bytes: a line feed, a bar, a comma or an equals sign may be among them."""
    value = "a\nb|c,d=e\r\u2028f"
    headers = [[("ce_id", b"id-1"), ("ce_mark", value.encode() + b"\xff\x85")]]
    logs.open().recorder.insert_events(
        events("order|1,\n2", 1, 1), headers=headers, timestamps=[1_700_000_000_000]
    )
    (record,) = kcat(kafka_bootstrap_servers, kafka_topic)
    assert (record.key, record.header["ce_mark"]) == (
        "order|1,\n2",
        f"{value}\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}",
    )
