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


@pytest.mark.parametrize(("name", "market", "compared"), [("spot", "SPOT", 3_440), ("usdm", "LINEAR", 6_540)])
def test_the_best_prices_after_each_delta_are_those_of_the_last_book_ticker_up_to_it(
    market_data: Path, name: str, market: str, compared: int
) -> None:
    terms = BookTerms(rule=MARKETS[market].rule, listed=MARKETS[market].listed)
    book = Book(SYMBOL, terms)
    messages = [one for one in map(read, binance_messages(market_data, name)) if one is not None]
    tickers = iter(
        sorted((one for one in messages if isinstance(one, BestPrices)), key=lambda one: one.update)
    )
    frames = [one for one in messages if isinstance(one, BookFrame)]
    last, following, found = None, next(tickers), 0
    for frame in frames:
        taken = book.take(frame, 0.0)
        assert taken is not Taken.GAP, book.why
        if book.state(0.0) is not BookState.KNOWN:
            continue
        while following is not None and following.update <= book.update:
            last, following = following, next(tickers, None)
        if taken is Taken.CHANGED and last is not None:
            assert book.best() == as_levels(last)
            found += 1
    assert found >= compared
    assert book.gaps == 0


def as_levels(best: BestPrices) -> tuple[Level, Level]:
    (bid, ask) = levels((best.bid, best.ask))
    return Level(*bid), Level(*ask)
