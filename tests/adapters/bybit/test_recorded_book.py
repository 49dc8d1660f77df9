"""The recorded traffic of Bybit's topic `orderbook.500` gives the exchange's own book after every message."""

from __future__ import annotations

from pathlib import Path

from adapters.bybit.book_frame import book_frame, book_push, book_terms
from domain.book.book import Book, BookState, Taken
from tests.domain.book.oracle import ObviousBook, levels
from tests.recordings import bybit_messages

DEPTH = 500


def test_the_recording_has_500_levels_of_both_sides_after_every_message(market_data: Path) -> None:
    book, obvious = Book("XRPUSDT", book_terms(DEPTH, patience=10.0)), ObviousBook()
    messages = bybit_messages(market_data)
    for text in messages:
        frame = book_frame(book_push(text))
        taken = book.take(frame, 0.0)
        obvious.take(frame)
        assert taken is (Taken.REPLACED if frame.is_snapshot else Taken.CHANGED)
        assert (len(book.bids), len(book.asks)) == (DEPTH, DEPTH)
        assert levels(book.bids.best_rows()) == obvious.bids()
        assert levels(book.asks.best_rows()) == obvious.asks()
    assert len(messages) == 50


def test_a_lost_message_of_the_recording_is_a_gap_and_no_later_one_changes_the_book(
    market_data: Path,
) -> None:
    frames = [book_frame(book_push(text)) for text in bybit_messages(market_data)]
    book = Book("XRPUSDT", book_terms(DEPTH, patience=10.0))
    taken = [book.take(frame, 0.0) for frame in (*frames[:20], *frames[21:])]
    assert taken[20] is Taken.GAP
    assert set(taken[21:]) == {Taken.REFUSED}
    assert book.refused == len(frames) - 22
    assert book.state(0.0) is BookState.GAP
    assert len(book.bids) == 0
