"""What waits for the caller is bounded, and what is left out is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.market_lanes import Quotes, Trades, Updates, merged
from domain.direction import Side
from domain.market import BookUpdate, MarketEvent, Quote, Trade

NOON, BTC, ONE = datetime(2026, 1, 1, 12, tzinfo=UTC), "BTCUSDT-LINEAR.BYBIT", Decimal(1)


def quote(second: int) -> Quote:
    at = NOON + timedelta(seconds=second)
    return Quote(instrument=BTC, at=at, bid=ONE, bid_size=ONE, ask=ONE, ask_size=ONE)


def trade(name: str, second: int = 0) -> Trade:
    at = NOON + timedelta(seconds=second)
    return Trade(instrument=BTC, at=at, trade_id=name, side=Side.BUY, price=ONE, quantity=ONE)


def update(number: int, *, snapshot: bool = False) -> BookUpdate:
    return BookUpdate(instrument=BTC, at=NOON, update_id=number, snapshot=snapshot, bids=(), asks=())


def test_of_quotes_the_newest_waits() -> None:
    quotes = Quotes()
    for second in range(3):
        quotes.put(quote(second))
    assert (quotes.take(), quotes.dropped) == ([quote(2)], 2)
    assert quotes.take() == []


def test_a_full_queue_of_trades_loses_its_oldest_and_a_repeated_trade_is_none() -> None:
    trades = Trades(most=2)
    trades.put([trade("a"), trade("b"), trade("a"), trade("c")])
    assert (trades.take(), trades.dropped) == ([trade("b"), trade("c")], 1)
    trades.put([trade("c"), trade("d")])
    assert (trades.take(), trades.dropped) == ([trade("d")], 1)


def test_a_list_of_any_length_that_is_fetched_again_brings_its_new_trades_only() -> None:
    listed, trades = [trade(str(number)) for number in range(3_000)], Trades(most=10_000)
    trades.put(listed)
    trades.take()
    trades.put([*listed[1:], trade("new")])
    assert trades.take() == [trade("new")]


@pytest.mark.parametrize(
    ("put", "taken", "dropped"),
    [
        ([update(2), update(3)], [update(2), update(3)], 0),
        ([update(2), update(3), update(4)], [update(9, snapshot=True)], 3),
        ([update(2), update(3), update(4), update(5)], [update(9, snapshot=True)], 4),
        ([update(2), update(7, snapshot=True), update(8)], [update(7, snapshot=True), update(8)], 1),
        ([update(2), update(3), update(4), update(7, snapshot=True)], [update(7, snapshot=True)], 3),
    ],
)
def test_a_full_queue_of_updates_is_replaced_by_the_whole_book(
    put: list[BookUpdate], taken: list[BookUpdate], dropped: int
) -> None:
    updates = Updates(2, lambda: update(9, snapshot=True))
    for one in put:
        updates.put(one)
    assert (updates.take(), updates.dropped) == (taken, dropped)
    assert updates.take() == []


def test_a_full_queue_of_a_book_that_is_not_known_waits_for_its_snapshot() -> None:
    updates = Updates(1, lambda: None)
    updates.put(update(2))
    updates.put(update(3))
    assert updates.take() == []
    updates.put(update(7, snapshot=True))
    assert (updates.take(), updates.dropped) == ([update(7, snapshot=True)], 2)


def test_events_are_merged_by_time_and_each_lane_keeps_its_order() -> None:
    lanes: list[list[MarketEvent]] = [[trade("a", 3), trade("b", 1), trade("c", 5)], [quote(2), quote(4)]]
    assert merged(lanes) == [quote(2), trade("a", 3), trade("b", 1), quote(4), trade("c", 5)]
