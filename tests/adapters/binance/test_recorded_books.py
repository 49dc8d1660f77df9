"""The recorded traffic of Binance gives the exchange's own best prices after every delta."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.binance.depth_frame import delta, snapshot
from adapters.binance.market import MARKETS
from adapters.binance.stream_frame import BestPrices, best_prices, combined, depth_update
from domain.book.book import Book, BookState, BookTerms, Taken
from domain.book.frame import BookFrame
from domain.market import Level
from tests.domain.book.oracle import levels
from tests.recordings import binance_messages

SYMBOL = "BTCUSDT"
Message = BookFrame | BestPrices


def read(text: bytes) -> Message | None:
    """None for a trade."""
    if text.startswith(b'{"lastUpdateId"'):
        return snapshot(text)
    message = combined(text)
    if "@depth" in message.stream:
        return delta(depth_update(message.data, SYMBOL))
    return best_prices(message.data, SYMBOL) if message.stream.endswith("@bookTicker") else None


RECORDED = pytest.mark.parametrize(("name", "market"), [("spot", "SPOT"), ("usdm", "LINEAR")])


def compared(folder: Path, name: str, terms: BookTerms) -> tuple[Book, int]:
    """The book, and the deltas of the recording after which its best prices were compared; all have to be equal."""
    book = Book(SYMBOL, terms)
    messages = [one for one in map(read, binance_messages(folder, name)) if one is not None]
    found = (one for one in messages if isinstance(one, BestPrices))
    tickers = iter(sorted(found, key=lambda one: one.update))
    last, following, count = None, next(tickers, None), 0
    for frame in messages:
        if not isinstance(frame, BookFrame) or book.take(frame, 0.0) is not Taken.CHANGED:
            continue
        while following is not None and following.update <= book.update:
            last, following = following, next(tickers, None)
        if last is not None:
            assert book.best() == as_levels(last)
            count += 1
    return book, count


@RECORDED
def test_the_best_prices_after_each_delta_are_those_of_the_last_book_ticker_up_to_it(
    market_data: Path, name: str, market: str
) -> None:
    book, count = compared(market_data, name, BookTerms(rule=MARKETS[market].rule))
    assert (book.state(0.0), book.gaps) == (BookState.KNOWN, 0)
    assert count == {"spot": 3_448, "usdm": 6_545}[name]


@RECORDED
def test_a_book_that_leaves_the_levels_of_its_only_snapshot_is_right_until_then_and_declared(
    market_data: Path, name: str, market: str
) -> None:
    listed = MARKETS[market].listed
    book, count = compared(market_data, name, BookTerms(rule=MARKETS[market].rule, listed=listed))
    assert (book.state(0.0), book.gaps) == (BookState.GAP, 1)
    assert book.why == "the market has left the levels of the last snapshot"
    assert count == {"spot": 2_592, "usdm": 4_114}[name]


def as_levels(best: BestPrices) -> tuple[Level, Level]:
    (bid, ask) = levels((best.bid, best.ask))
    return Level(*bid), Level(*ask)
