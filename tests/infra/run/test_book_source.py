"""The source of an engine's readings: a feed in this process, or the topic of publishers, over a real broker."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Event

import pytest

from adapters.book_source import BookSource
from adapters.book_topic.publisher import ReadingPublisher
from adapters.marks.key_folder import KeyFolder
from commands.book_readings import BookReadings
from commands.observer import ReadingOutcome
from domain.book.settings import BookSettings
from domain.errors import InvalidSettings
from domain.log import Envelope
from domain.signal import DecisionMade, SignalDetected, Verdict
from infra.books import book_topics
from infra.config import WhenceSettings
from infra.run.book_source import books_of
from infra.run.live_plan import Wake
from infra.run.place import Place
from infra.run.watchers import Watchers
from tests.domain.history import BTC
from tests.infra.run.demo_desk import DemoDesk
from tests.infra.run.test_live_books import a_plan, a_reading
from tests.replacing import replace

PATIENCE = 60.0


class Counted:
    """An observer that counts records and readings."""

    def __init__(self) -> None:
        self.records = list[str]()

    def read_record(self, outcome: str) -> None:
        self.records.append(outcome)

    def unpublished(self, count: int) -> None: ...

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None: ...

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None: ...

    def read_books(self, outcome: ReadingOutcome, count: int) -> None: ...

    def passed_over(self, count: int) -> None: ...


def test_the_topic_as_source_without_a_log_on_kafka_is_refused_with_what_to_do(tmp_path: Path) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path}/one.db", book_source=BookSource.TOPIC)
    with pytest.raises(InvalidSettings, match="this log is not on Kafka: name it with --log kafka://"):
        books_of(settings, Place(), Watchers())


def test_through_ccxt_books_are_those_of_the_topic_alone(kafka_bootstrap_servers: str) -> None:
    place = Place("ccxt:binanceusdm")
    log = f"kafka://{kafka_bootstrap_servers}/unused"
    assert books_of(WhenceSettings(log=log), place, Watchers()) is None
    assert books_of(WhenceSettings(log=log, book_source=BookSource.TOPIC), place, Watchers()) is not None


def test_an_engine_enters_on_a_reading_of_another_process_and_its_records_are_counted(
    tmp_path: Path, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    settings = WhenceSettings(
        log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}",
        keys=tmp_path / "keys",
        book_source=BookSource.TOPIC,
    )
    counted, woken = Counted(), Event()
    made = books_of(settings, Place(), Watchers(counted))
    assert made is not None

    def opened(instruments: Sequence[str], book: BookSettings, wake: Wake) -> BookReadings:
        def both() -> None:
            wake()
            woken.set()

        return made(instruments, book, both)

    topic, keys = book_topics(settings)[0], KeyFolder(tmp_path / "keys")
    with (
        closing(ReadingPublisher(topic, _now_ms, keys)) as publisher,
        closing(ReadingPublisher(topic, _now_ms, KeyFolder(tmp_path / "strange"))) as stranger,
    ):
        desk = DemoDesk(plan=a_plan(), books_of=opened).started()
        end = time.monotonic() + PATIENCE
        update = 0
        while "DecisionMade" not in desk.names() or "foreign" not in counted.records:
            assert time.monotonic() < end, (desk.names(), counted.records)
            update += 1
            stranger.publish(9, [replace(a_reading(desk, 99), update_id=99)])
            publisher.publish(1, [a_reading(desk, update)])
            woken.wait(0.5)
            woken.clear()
            desk.passes(1)
        desk.run.close()
    events = [one.event for one in desk.log.envelopes]
    (signal,) = [one for one in events if isinstance(one, SignalDetected)]
    (decided,) = [one for one in events if isinstance(one, DecisionMade)]
    assert signal.book is not None
    assert (signal.instrument, signal.book.update_id < 99, decided.verdict) == (BTC, True, Verdict.ENTER)
    assert set(counted.records) == {"taken", "foreign"}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
