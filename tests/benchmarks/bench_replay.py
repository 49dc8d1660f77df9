"""Replay: folds a log of many accounts to aggregates on one core.

The rate is compared with those of reading without decoding and of fastavro alone.
"""

from __future__ import annotations

import gc
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from io import BytesIO
from time import perf_counter
from typing import Any

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from adapters.avro.schema import schemas_by_fingerprint
from commands.world import World
from domain.log import Envelope
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, reader
from tests.benchmarks.long_log import fill, history_of_one

_EVENTS = 200_000
_PREFIX = 10


def run(events: int = _EVENTS) -> Sequence[Figure]:
    """Events per second from SQLite and from Kafka; `ratio` compares with the bare rate for the same bytes."""
    history = history_of_one()
    return [figure for kind in ("SQLite", "Kafka") for figure in _measured(kind, history, events)]


def _measured(kind: str, history: Sequence[Envelope], events: int) -> Iterator[Figure]:
    with fresh(kind) as address:
        count = fill(address, history, events)
        states = list(_RAW[kind](address, count))
        size = sum(map(len, states)) / count
        reading = _rate(count, lambda: deque(_RAW[kind](address, count), maxlen=0))
        decoding = _rate(count, lambda: _bare(states))
        with closing(reader(address)) as log:
            replaying = _rate(count, lambda: _replay(log.read(upto=count)))
    bare = 1 / (1 / reading + 1 / decoding)
    note = f"{count:,} events of {size:.0f} bytes"
    yield Figure(f"read from {kind}, nothing decoded", reading, "events/s", None, note)
    yield Figure(f"{kind}: read and bare fastavro", bare, "events/s", None, "the raw limit in this run")
    yield Figure(
        f"{kind}: replay to aggregates",
        replaying,
        "events/s",
        100_000,
        "decoded, checked, folded, portfolios too",
    )
    yield Figure(f"{kind}: replay beside bare", replaying / bare, "ratio", 0.8, "")


def _from_sqlite(address: str, _count: int) -> Iterator[bytes]:
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as connection:
        for row in connection.execute("SELECT state FROM stored_events ORDER BY rowid"):
            yield row[0]


def _from_kafka(address: str, count: int) -> Iterator[bytes]:
    servers, _, topic = address.removeprefix("kafka://").partition("/")
    settings = {"bootstrap.servers": servers, "group.id": "bench", "isolation.level": "read_committed"}
    with closing(Consumer(settings)) as consumer:
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        while count > 0:
            messages = consumer.consume(min(count, 10_000), timeout=1.0)
            count -= len(messages)
            yield from (message.value() or b"" for message in messages)


_RAW: Mapping[str, Callable[[str, int], Iterator[bytes]]] = {"SQLite": _from_sqlite, "Kafka": _from_kafka}


def _rate(count: int, measured: Callable[[], object]) -> float:
    """The best rate of three runs; objects made before the measurement are excluded from garbage collection."""
    gc.collect()
    gc.freeze()
    took: list[float] = []
    for _ in range(3):
        started = perf_counter()
        measured()
        took.append(perf_counter() - started)
    gc.unfreeze()
    return count / min(took)


def _bare(states: Sequence[bytes]) -> None:
    schemas: Mapping[bytes, Any] = {
        fingerprint: fastavro.parse_schema(schema.source)
        for fingerprint, schema in schemas_by_fingerprint().items()
    }
    untyped: Any = fastavro  # its stubs leave the type of IO unspecified
    read: Callable[..., object] = untyped.schemaless_reader
    for state in states:
        body = BytesIO(state)
        body.seek(_PREFIX)
        read(body, schemas[state[2:_PREFIX]], None)


def _replay(log: Any) -> None:
    worlds: dict[str, World] = {}
    for recorded in log:
        envelope = recorded.envelope
        world = worlds.get(envelope.meta.account)
        if world is None:
            world = worlds[envelope.meta.account] = World()
        world.fold(envelope)
