"""The market view: the last price from every source, and the causes of market events."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.candle import Candle
from domain.direction import Side
from domain.log import is_outside_fact
from domain.market import (
    BookUpdate,
    KnownPrice,
    LastPrice,
    Level,
    MarketEvent,
    MarketView,
    PriceSource,
    Quote,
    Trade,
    cause_of,
)
from tests.domain.history import BTC, ETH, NOW
from tests.replacing import replace

D = Decimal
MINUTE = timedelta(minutes=1)
CANDLE = Candle(
    instrument=BTC,
    interval=MINUTE,
    open_time=NOW - MINUTE,
    open=D(99),
    high=D(102),
    low=D(98),
    close=D(101),
    volume=D(3),
)
TRADE = Trade(instrument=BTC, at=NOW, trade_id="t7", side=Side.BUY, price=D("100.5"), quantity=D(1))
QUOTE = Quote(instrument=BTC, at=NOW, bid=D(100), bid_size=D(2), ask=D(101), ask_size=D(1))
SNAPSHOT = BookUpdate(
    instrument=BTC,
    at=NOW,
    update_id=9,
    snapshot=True,
    bids=(Level(D(90), D(1)), Level(D(89), D(1))),
    asks=(Level(D(92), D(1)),),
)
KNOWN = KnownPrice(instrument=BTC, at=NOW, price=D(77))


@pytest.mark.parametrize(
    ("event", "last"),
    [
        (CANDLE, LastPrice(D(101), NOW, PriceSource.CANDLE)),
        (TRADE, LastPrice(D("100.5"), NOW, PriceSource.TRADE)),
        (QUOTE, LastPrice(D("100.5"), NOW, PriceSource.QUOTE, D(100), D(101), NOW)),
        (SNAPSHOT, LastPrice(D(91), NOW, PriceSource.BOOK, D(90), D(92), NOW)),
        (KNOWN, LastPrice(D(77), NOW, PriceSource.LOG)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_each_market_event_sets_the_last_price_with_its_time_and_source(
    event: MarketEvent, last: LastPrice
) -> None:
    view = MarketView()
    view.take(event)
    assert view.last(BTC) == last
    assert view.prices == {BTC: last.price}
    assert view.age(BTC, NOW + MINUTE) == MINUTE


def test_an_instrument_without_an_event_has_no_price_and_no_age() -> None:
    view = MarketView()
    view.take(TRADE)
    assert (view.last(ETH), view.age(ETH, NOW)) == (None, None)


def test_a_trade_leaves_bid_and_ask_as_they_were_quoted() -> None:
    view = MarketView()
    view.take(QUOTE)
    view.take(replace(TRADE, at=NOW + MINUTE))
    last = LastPrice(D("100.5"), NOW + MINUTE, PriceSource.TRADE, D(100), D(101), NOW)
    assert view.last(BTC) == last


def test_an_older_event_does_not_change_the_last_price() -> None:
    view = MarketView()
    view.take(TRADE)
    view.take(KnownPrice(instrument=BTC, at=NOW - MINUTE, price=D(1)))
    assert view.prices == {BTC: TRADE.price}


@pytest.mark.parametrize(
    "update",
    [
        BookUpdate(
            instrument=BTC, at=NOW, update_id=10, snapshot=False, bids=SNAPSHOT.bids, asks=SNAPSHOT.asks
        ),
        BookUpdate(instrument=BTC, at=NOW, update_id=10, snapshot=True, bids=(), asks=SNAPSHOT.asks),
    ],
)
def test_a_book_update_without_both_best_prices_sets_no_price(update: BookUpdate) -> None:
    view = MarketView()
    view.take(update)
    assert view.last(BTC) is None


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (CANDLE, f"candle:{BTC}:1m:2025-04-03T11:59:00Z"),
        (TRADE, f"trade:{BTC}:t7"),
        (QUOTE, f"quote:{BTC}:2025-04-03T12:00:00+00:00"),
        (SNAPSHOT, f"book:{BTC}:9"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_the_cause_of_a_market_event_is_an_outside_fact(
    event: Candle | Trade | Quote | BookUpdate, cause: str
) -> None:
    assert cause_of(event) == cause
    assert is_outside_fact(cause)
