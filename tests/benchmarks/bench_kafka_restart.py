"""The time and memory of a restart on a long log, with and without an existing index.

Run alone: `python -m tests.benchmarks kafka_restart`. Each start is a separate process, timed from the import of the
recorder until it is ready to append.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import Environment

from adapters.kafka.factory import KafkaFactory
from tests.benchmarks.bench_kafka_append import HEADERS, STATE, TYPE
from tests.benchmarks.figure import Figure

_BATCH = 3_000
_EVENTS_OF_AN_ORDER = 5

_START = """
import json, sys, time
import psutil
from eventsourcing.utils import Environment
began = time.perf_counter()
from adapters.kafka.factory import KafkaFactory
memory = psutil.Process().memory_info
before = memory().rss
factory = KafkaFactory(Environment("", json.loads(sys.argv[1])))
events = factory.application_recorder().max_notification_id()
ready = time.perf_counter() - began
grown = memory().rss - before
factory.close()
print(json.dumps([events, ready, grown / 1_048_576]))
"""


def run(events: int = 1_000_000) -> Sequence[Figure]:
    """Seconds and megabytes with `events` events in the log, five in each stream."""
    with TemporaryDirectory() as folder:
        env = {
            "KAFKA_BOOTSTRAP_SERVERS": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
            "KAFKA_TOPIC": f"bench.{uuid4().hex}",
            "ORIGINATOR_ID_TYPE": "text",
            "KAFKA_INDEX_PATH": str(Path(folder) / "warm"),
        }
        filled = _filled(env, events)
        return [
            Figure("restart: filling the log", events / filled, "events/s", None, "the same run"),
            *_started("warm index", env, events, 5.0),
            *_started("no index", {**env, "KAFKA_INDEX_PATH": str(Path(folder) / "cold")}, events, None),
        ]


def _filled(env: dict[str, str], events: int) -> float:
    began = perf_counter()
    with closing(KafkaFactory(Environment("", env))) as factory:
        recorder = factory.application_recorder()
        for first in range(0, events, _BATCH):
            batch = [_event(number) for number in range(first, min(first + _BATCH, events))]
            recorder.insert_events(batch, headers=[HEADERS] * len(batch))
    return perf_counter() - began


def _event(number: int) -> StoredEvent:
    order, version = divmod(number, _EVENTS_OF_AN_ORDER)
    return StoredEvent(f"order-main-{order:012d}", version + 1, TYPE, STATE)


def _started(name: str, env: dict[str, str], events: int, limit: float | None) -> list[Figure]:
    command = [sys.executable, "-c", _START, json.dumps(env)]
    done = subprocess.run(command, check=True, capture_output=True)
    found, seconds, megabytes = json.loads(done.stdout)
    assert found == events, f"{found} of {events} events were found"
    note = f"{events:,} events in {events // _EVENTS_OF_AN_ORDER:,} streams"
    return [
        Figure(f"restart with {name}: ready after", seconds, "s", limit, note),
        Figure(f"restart with {name}: memory", megabytes, "MB", None, "more than after the imports"),
    ]
