"""The keeper: candles reach the store in order, and a store that fails neither stops nor blocks the engine."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import pytest

from adapters.candle_store.keeper import CandleKeeper
from domain.candle import Candle
from domain.errors import StoreUnavailable
from tests.domain.test_coarser import candles


class Book:
    """A store that refuses the first `failures` writes."""

    def __init__(self, failures: int = 0) -> None:
        self.kept: list[Candle] = []
        self.failures = failures
        self.written = threading.Event()

    def put(self, log_id: str, candles: Sequence[Candle]) -> None:
        assert log_id == "log"
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("the database does not answer")
        self.kept.extend(candles)
        self.written.set()


def keeper_of(book: Book, *, at_end: bool = False, most: int = 100) -> CandleKeeper:
    return CandleKeeper(lambda: book, lambda: "log", at_end=at_end, most=most)


def test_candles_are_written_in_order_while_the_engine_runs() -> None:
    book, taken = Book(), candles(6)
    keeper = keeper_of(book)
    try:
        keeper.closed(taken[:4])
        assert book.written.wait(10)
    finally:
        keeper.closed(taken[4:])
        keeper.close()
    assert book.kept == taken


def test_a_run_that_nobody_watches_writes_everything_at_its_end() -> None:
    book, taken = Book(), candles(12_000)
    keeper = keeper_of(book, at_end=True)
    keeper.closed(taken)
    assert book.kept == []
    keeper.close()
    assert book.kept == taken


def test_candles_wait_for_a_store_that_does_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    book, taken = Book(failures=1), candles(5)
    keeper = keeper_of(book)
    keeper.closed(taken)
    assert book.written.wait(10)
    keeper.close()
    assert book.kept == taken
    assert [record.message for record in caplog.records] == [
        "candles wait for the store of the chart: the database does not answer"
    ]


def test_candles_that_the_store_never_took_are_logged_with_the_command_that_adds_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    keeper = keeper_of(Book(failures=100), at_end=True, most=3)
    keeper.closed(candles(5))
    with caplog.at_level(logging.WARNING):
        keeper.close()
    assert "5 candles not kept for the chart: the database does not answer" in caplog.text
    assert "whence candles rebuild" in caplog.text
