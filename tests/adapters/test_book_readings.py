"""Readings of the books of a feed: the newest wins, a lost book is one reading, and a late analysis loses the book."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

import numpy as np
import pytest

from adapters import book_readings
from adapters.book_readings import FeedReadings
from adapters.book_shelf import BookListener
from commands.feed import FeedState
from commands.observer import ReadingOutcome
from domain.book.depth import Depth, PublicTrade
from domain.market import BookReading, Level
from tests.domain.history import BTC, ETH, D
from tests.replacing import replace

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
PERIOD = timedelta(milliseconds=500)
SECOND = timedelta(seconds=1)


class Quiet:
    """A feed that a test speaks for."""

    def __init__(self) -> None:
        self.began, self.ended, self.fault = Event(), Event(), ""

    def start(self) -> None:
        self.began.set()

    def close(self) -> None:
        self.ended.set()

    def states(self) -> Sequence[FeedState]:
        is_live = not self.fault
        return [
            FeedState(instrument=one, is_live=is_live, heard_at=START, dropped=0, fault=self.fault)
            for one in (BTC, ETH)
        ]


class Counts:
    """See `BookCounts`."""

    def __init__(self) -> None:
        self.replaced = self.late = 0

    def read_books(self, outcome: ReadingOutcome, count: int) -> None:
        assert outcome is ReadingOutcome.REPLACED
        self.replaced += count

    def passed_over(self, count: int) -> None:
        self.late += count


class Bench:
    def __init__(self, on_reading: Callable[[], None] = lambda: None) -> None:
        self.now, self.feed, self.counts = START, Quiet(), Counts()
        self.source = FeedReadings(
            self._feed_of,
            [ETH, BTC],
            levels=2,
            period=PERIOD,
            confirms=5 * SECOND,
            on_reading=on_reading,
            clock=lambda: self.now,
            counts=self.counts,
        )

    def _feed_of(self, listener: BookListener) -> Quiet:
        self.listener = listener
        return self.feed

    def after(self, milliseconds: int) -> list[BookReading]:
        """The readings that the engine gets after this time."""
        self.now += timedelta(milliseconds=milliseconds)
        self.source.look()
        return list(self.source.readings())

    def depth(self, update: int, instrument: str = BTC, bid: float = 100.0) -> Depth:
        return Depth(
            instrument=instrument,
            update_id=update,
            sequence=update,
            matched_ms=int(self.now.timestamp() * 1_000),
            received_ms=int(self.now.timestamp() * 1_000),
            bid_prices=np.array([bid, bid - 0.1, bid - 0.2]),
            bid_sizes=np.array([1.5, 2.0, 3.0]),
            ask_prices=np.array([bid + 0.1, bid + 0.2, bid + 0.3]),
            ask_sizes=np.array([0.25, 2.0, 3.0]),
        )

    def trade(self) -> PublicTrade:
        at = int(self.now.timestamp() * 1_000)
        return PublicTrade(instrument=BTC, id="t", price=100.1, size=1.0, is_buy=True, matched_ms=at)


def test_the_newest_levels_of_a_period_are_one_reading_with_the_figures_of_all_its_changes() -> None:
    bench = Bench()
    bench.listener.changed(bench.depth(1))
    (first,) = bench.after(1)
    assert (first.instrument, first.update_id, first.is_known) == (BTC, 1, True)
    assert first.asks == (Level(D("100.1"), D("0.25")), Level(D("100.2"), D("2.0")))
    bench.listener.changed(bench.depth(2))
    bench.listener.changed(bench.depth(3, bid=100.5))
    assert bench.after(100) == []
    (second,) = bench.after(400)
    assert (second.update_id, second.bids[0].price) == (3, D("100.5"))
    assert (second.figures, len(second.values)) == ("book.1", 122)


def test_the_engine_that_is_late_gets_the_newest_reading_and_the_replaced_one_is_counted() -> None:
    bench = Bench()
    for update in (1, 2):
        bench.listener.changed(bench.depth(update))
        bench.now += PERIOD
        bench.source.look()
    assert [one.update_id for one in bench.source.readings()] == [2]
    assert bench.counts.replaced == 1
    assert list(bench.source.readings()) == []


def test_a_lost_book_is_one_reading_that_is_not_known_until_the_book_is_known_again() -> None:
    bench = Bench()
    bench.listener.changed(bench.depth(1))
    bench.after(1)
    bench.listener.lost(BTC, "a delta is missing")
    (gone,) = bench.after(500)
    assert (gone.is_known, gone.why, gone.bids, gone.values) == (False, "a delta is missing", (), ())
    assert bench.after(500) == []
    bench.listener.changed(bench.depth(9))
    assert [one.update_id for one in bench.after(500)] == [9]


def test_a_book_whose_feed_has_ended_without_a_word_is_lost_and_not_confirmed() -> None:
    bench = Bench()
    bench.listener.changed(bench.depth(1))
    bench.after(1)
    bench.feed.fault = "the book is STALE"
    bench.after(5_001)
    (lost,) = bench.after(500)
    assert (lost.is_known, lost.why) == (False, "the book is STALE")


def test_a_known_book_that_nothing_changes_is_confirmed_and_one_that_is_lost_is_not() -> None:
    bench = Bench()
    bench.listener.changed(bench.depth(1))
    (first,) = bench.after(1)
    assert bench.after(4_999) == []
    assert bench.after(1) == [replace(first, confirmed_at=bench.now)]
    assert bench.after(4_999) == []
    (again,) = bench.after(1)
    assert (again.at, again.known_at) == (first.at, bench.now)
    bench.listener.lost(BTC, "nothing came for 10 s")
    assert [one.is_known for one in bench.after(500)] == [False]
    assert bench.after(60_000) == []


def test_readings_of_several_instruments_come_in_their_order() -> None:
    bench = Bench()
    bench.listener.changed(bench.depth(2, ETH))
    bench.listener.changed(bench.depth(1))
    assert [one.instrument for one in bench.after(1)] == [BTC, ETH]


def test_an_analysis_that_is_late_loses_the_book_and_counts_what_it_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(book_readings, "MOST_WAITING", 3)
    bench = Bench()
    bench.listener.changed(bench.depth(1))
    bench.after(1)
    for _ in range(4):
        bench.listener.traded(bench.trade())
    assert bench.counts.late == 3
    (gone,) = bench.after(500)
    assert (gone.is_known, gone.why) == (False, "the analysis of the book is late")


def test_what_waits_is_bounded_by_its_bytes_over_all_instruments(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    size = sum(
        one.nbytes
        for one in (bench.depth(1).bid_prices, bench.depth(1).bid_sizes)
        for _side in ("bid", "ask")
    )
    monkeypatch.setattr(book_readings, "MOST_BYTES", 3 * size)
    for update in (1, 2):
        bench.listener.changed(bench.depth(update))
    bench.listener.changed(bench.depth(1, ETH))
    assert bench.counts.late == 0
    bench.listener.changed(bench.depth(3))
    assert bench.counts.late == 2
    assert {one.instrument: one.update_id for one in bench.after(1)} == {BTC: 3, ETH: 1}
    for update in (4, 5, 6):
        bench.listener.changed(bench.depth(update))
    assert bench.counts.late == 2, "what was analysed waits no longer"


def test_a_book_that_cannot_be_analysed_is_lost_alone_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    bench.listener.changed(bench.depth(1))
    bench.after(1)
    bench.listener.changed(replace(bench.depth(2), matched_ms=1))
    bench.listener.changed(bench.depth(3, ETH))
    lost, known = bench.after(500)
    assert (lost.instrument, lost.is_known, lost.why) == (
        BTC,
        False,
        "it could not be analysed: InvalidInput",
    )
    assert (known.instrument, known.is_known) == (ETH, True)
    assert "levels of 1 ms follow" in caplog.text


def test_the_thread_wakes_the_engine_after_a_reading_and_ends_with_its_feed() -> None:
    woken = Event()
    bench = Bench(on_reading=woken.set)
    bench.source.start()
    assert bench.feed.began.is_set()
    bench.listener.changed(bench.depth(1))
    assert woken.wait(30)
    assert [one.update_id for one in bench.source.readings()] == [1]
    bench.source.close()
    bench.source.close()
    assert bench.feed.ended.is_set()
