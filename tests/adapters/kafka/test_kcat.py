"""A foreign tool reads the topic: key, headers, timestamp and value are where Kafka's own tools expect them."""

from __future__ import annotations

import json
import subprocess

from tests.adapters.kafka.logs import Logs, events


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
    command = ["kcat", "-b", kafka_bootstrap_servers, "-C", "-e", "-q", "-J", "-t", kafka_topic, "-p", "0"]
    read = subprocess.run(command, check=True, timeout=30, capture_output=True)
    first, second = (json.loads(line) for line in read.stdout.splitlines())
    assert (first["key"], first["payload"], first["ts"]) == ("order-1", "state", 1_700_000_000_000)
    assert _pairs(first["headers"]) == [
        ("ce_id", "id-1"), ("ce_type", "whence.test.Happened"), ("ce_correlationid", "signal-1"), ("ce_sequence", "1"),
    ]  # fmt: skip
    assert _pairs(second["headers"]) == [
        ("ce_id", "id-2"), ("ce_causationid", "id-1"), ("ce_sequence", "2"), ("ce_type", "whence.test.Happened"),
    ]  # fmt: skip


def _pairs(flat: list[str]) -> list[tuple[str, str]]:
    return list(zip(flat[::2], flat[1::2], strict=True))
