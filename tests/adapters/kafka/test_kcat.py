"""A foreign tool reads the topic: key, headers, timestamp and value are where Kafka's own tools expect them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.adapters.kafka.logs import Logs, events
from tests.adapters.log.days import days, opened
from tests.infra.run.stores import filled
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


def test_the_searches_of_the_document_find_a_chain_a_stream_and_a_time(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    filled(f"kafka://{kafka_bootstrap_servers}/{kafka_topic}", [opened(), *days("account-main", 1, 2)])
    chain, stream, since = (_ran(command, kafka_bootstrap_servers, kafka_topic) for command in _searches())
    assert [line.split()[1] for line in chain] == ["log", "account-main", "account-main"]
    assert all("ce_type=whence." in line and "ce_correlationid=0123456789abc" in line for line in chain)
    assert [line.split()[:2] for line in stream] == [
        ["account-main", "1743638400000"],
        ["account-main", "1743724800000"],
    ]
    assert [line.split() for line in since][-2:] == [
        ["1743638400000", "account-main"],
        ["1743724800000", "account-main"],
    ]


def _searches() -> Sequence[str]:
    """The commands of the document, in its order."""
    lines = (Path(__file__).parents[3] / "docs" / "kafka.md").read_text().splitlines()
    return [line for line in lines if line.startswith("kcat -b localhost:9092 ")]


def _ran(command: str, servers: str, topic: str) -> Sequence[str]:
    own = command.replace("localhost:9092", servers).replace("whence.events", topic)
    done = subprocess.run(["sh", "-c", own], capture_output=True, check=True, timeout=30)
    # A mark is bytes: `splitlines` would also split at each carriage return or vertical tab among them.
    return done.stdout.decode(errors="replace").removesuffix("\n").split("\n")
