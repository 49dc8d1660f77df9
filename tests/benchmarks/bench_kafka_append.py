"""Durable appends: the Kafka recorder compared with bare transactions of the same bytes, and with other recorders.

Run alone: `python -m tests.benchmarks kafka_append`. A bare transaction calls librdkafka directly, with two alternating
transactional ids. Bare transactions and the recorder's appends alternate in one run, so that both meet the same load on
the broker. The other recorders are those on PostgreSQL and SQLite.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from confluent_kafka import Producer
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment

from adapters.kafka.factory import KafkaFactory
from adapters.kafka.record import headers_of
from tests.benchmarks.figure import Figure

# A value as large as a fill with its meta, and the eight headers that every event has besides type and version.
STATE = b"f" * 221
TYPE = "whence.order.OrderFilled"
_NAMES = "specversion id source time subject correlationid causationid"
HEADERS = [(f"ce_{name}", b"0198c0a0-7c1e-7b9e-b7a0-5d7d6f3b2a10") for name in _NAMES.split()]
HEADERS.append(("content-type", b"application/avro"))

_TOPIC_SETTINGS = {"ORIGINATOR_ID_TYPE": "text"}


def run(
    singles: int = 1_000, writers: int = 64, seconds: float = 5.0, batches: int = 100
) -> Sequence[Figure]:
    """Measures one event at a time, many writers at once, and batches of a thousand."""
    with _kafka() as recorder, _bare() as bare:
        return [
            *_one_at_a_time(recorder, bare, singles),
            *_of_the_library(singles),
            _many_writers(recorder, writers, seconds),
            *_in_batches(recorder, bare, batches),
        ]


Append = Callable[[Sequence[StoredEvent]], object]


def _one_at_a_time(recorder: ApplicationRecorder, bare: Append, singles: int) -> list[Figure]:
    ours, theirs = list[float](), list[float]()
    append = _with_headers(recorder)
    for _ in range(singles // 50):
        theirs += _timed(bare, 50)
        ours += _timed(append, 50)
    note = f"{singles} appends of one event, in turns with bare transactions"
    return [
        Figure("Kafka, bare transaction: p50", median(theirs), "ms", None, note),
        Figure("Kafka, bare transaction: p99", _p99(theirs), "ms", None, note),
        Figure("Kafka, append: p50", median(ours), "ms", None, note),
        Figure("Kafka, append: p50 beside bare", median(ours) / median(theirs), "ratio", 1.3, note),
        Figure("Kafka, append: p99", _p99(ours), "ms", 10.0, note),
    ]


def _of_the_library(singles: int) -> list[Figure]:
    figures: list[Figure] = []
    for name, opened in (("PostgreSQL", _postgres), ("SQLite", _sqlite)):
        with opened() as recorder:
            times = _timed(recorder.insert_events, singles)
        note = f"{singles} appends of one event, the library's recorder"
        figures += [
            Figure(f"{name}, append: p50", median(times), "ms", None, note),
            Figure(f"{name}, append: p99", _p99(times), "ms", None, note),
        ]
    return figures


def _many_writers(recorder: ApplicationRecorder, writers: int, seconds: float) -> Figure:
    append, counts = _with_headers(recorder), [0] * writers
    begin, until = threading.Barrier(writers + 1), [0.0]

    def write(number: int) -> None:
        stream = _streams()
        begin.wait()
        while perf_counter() < until[0]:
            append([StoredEvent(stream, counts[number], TYPE, STATE)])
            counts[number] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    until[0] = perf_counter() + seconds
    begin.wait()
    for thread in threads:
        thread.join()
    note = f"{writers} threads, each waiting for its own append, {seconds:g} s"
    return Figure(f"Kafka, {writers} writers", sum(counts) / seconds, "appends/s", 8_000.0, note)


def _in_batches(recorder: ApplicationRecorder, bare: Append, batches: int) -> list[Figure]:
    append = _with_headers(recorder)
    ours = theirs = 0.0
    for _ in range(batches // 10):
        theirs += sum(_timed(bare, 10, size=1_000))
        ours += sum(_timed(append, 10, size=1_000))
    events = batches * 1_000 * 1_000
    note = f"{batches} batches of 1,000 events, in turns"
    return [
        Figure("Kafka, bare, batches", events / theirs, "events/s", None, note),
        Figure("Kafka, batches", events / ours, "events/s", None, note),
        Figure("Kafka, batches beside bare", theirs / ours, "ratio", 0.8, note),
    ]


def _timed(append: Append, times: int, size: int = 1) -> list[float]:
    """The milliseconds of each append; the events are made before the measurement."""
    drafts, taken = [_events(_streams(), size) for _ in range(times)], list[float]()
    for events in drafts:
        began = perf_counter()
        append(events)
        taken.append((perf_counter() - began) * 1_000)
    return taken


def _events(stream: str, size: int) -> list[StoredEvent]:
    return [StoredEvent(stream, version, TYPE, STATE) for version in range(1, size + 1)]


_numbers = count()


def _streams() -> str:
    return f"order-main-{next(_numbers):012d}"


def _p99(times: Sequence[float]) -> float:
    return quantiles(times, n=100)[98]


def _with_headers(recorder: ApplicationRecorder) -> Append:
    return lambda events: recorder.insert_events(events, headers=[HEADERS] * len(events))


@contextmanager
def _kafka() -> Generator[ApplicationRecorder]:
    topic = f"bench.{uuid4().hex}"
    env = {"KAFKA_BOOTSTRAP_SERVERS": os.environ["KAFKA_BOOTSTRAP_SERVERS"], "KAFKA_TOPIC": topic}
    with TemporaryDirectory() as folder:
        factory = KafkaFactory(Environment("", {**env, **_TOPIC_SETTINGS, "KAFKA_INDEX_PATH": folder}))
        with closing(factory):
            yield factory.application_recorder()


@contextmanager
def _bare() -> Generator[Append]:
    topic = f"bench.{uuid4().hex}"
    settings = {"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"], "acks": "all"}
    with _kafka_topic(topic):
        producers = [Producer({**settings, "transactional.id": f"{topic}.{turn}"}) for turn in (0, 1)]
        for producer in producers:
            producer.init_transactions(30)
        turns = count()
        sent = [list[tuple[str, str | bytes | None]](headers_of(TYPE, n, HEADERS)) for n in range(1_001)]

        def append(events: Sequence[StoredEvent]) -> None:
            producer = producers[next(turns) % 2]
            producer.begin_transaction()
            for event in events:
                key = str(event.originator_id)
                producer.produce(topic, event.state, key, 0, headers=sent[event.originator_version])
            producer.commit_transaction(10)

        yield append


@contextmanager
def _kafka_topic(topic: str) -> Generator[None]:
    """A topic with the settings of a log, created by opening a log."""
    env = {"KAFKA_BOOTSTRAP_SERVERS": os.environ["KAFKA_BOOTSTRAP_SERVERS"], "KAFKA_TOPIC": topic}
    with closing(KafkaFactory(Environment("", env))) as factory:
        factory.application_recorder()
    yield


@contextmanager
def _postgres() -> Generator[ApplicationRecorder]:
    url = urlsplit(os.environ["DATABASE_URL"])
    settings = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.path.strip("/"),
        "POSTGRES_HOST": url.hostname or "127.0.0.1",
        "POSTGRES_PORT": str(url.port or 5432),
        "POSTGRES_USER": unquote(url.username or ""),
        "POSTGRES_PASSWORD": unquote(url.password or ""),
    }
    with _of_the_library_module(settings) as recorder:
        yield recorder


@contextmanager
def _sqlite() -> Generator[ApplicationRecorder]:
    with TemporaryDirectory() as folder:
        settings = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(Path(folder) / "bench.db"),
        }
        with _of_the_library_module(settings) as recorder:
            yield recorder


@contextmanager
def _of_the_library_module(settings: dict[str, str]) -> Generator[ApplicationRecorder]:
    name = f"Bench{uuid4().hex[:8]}"
    factory = InfrastructureFactory.construct(Environment(name, {**settings, **_TOPIC_SETTINGS}))
    with closing(factory):
        yield factory.application_recorder()
