"""A reduce-only order only reduces a position, on arrival and while it rests."""

from __future__ import annotations

from adapters.simulated import SimulatedExchange
from commands.exchange import Ticket
from tests.adapters.simulated.scene import (
    BTC,
    BUY,
    FIVE,
    SELL,
    START,
    after_candles,
    candle,
    d,
    exchange,
    fills,
    kinds,
    reasons,
    ticket,
)

QUIET = "100 101 99 100"


def holding_long(quantity: str = "2") -> SimulatedExchange:
    venue = exchange()
    venue.submit([ticket("e", BUY, quantity)])
    after_candles(venue, [candle(0, QUIET)])
    return venue


def closing(
    order_id: str, quantity: str, n: int, *, limit: str | None = None, trigger: str | None = None
) -> Ticket:
    sent_at = START + n * FIVE
    return ticket(order_id, SELL, quantity, reduce_only=True, limit=limit, trigger=trigger, sent_at=sent_at)


def test_a_reduce_only_order_without_a_position_is_rejected() -> None:
    venue = exchange()
    venue.submit([closing("r", "1", 0), closing("l", "1", 0, limit="120")])
    given = reasons(after_candles(venue, [candle(0, QUIET)]))
    assert {reason[:6] for reason in given.values()} == {"110017"}


def test_a_reduce_only_order_that_would_enlarge_the_position_is_rejected() -> None:
    venue = holding_long()
    venue.submit([ticket("r", BUY, "1", reduce_only=True, sent_at=START + FIVE)])
    assert reasons(after_candles(venue, [candle(1, QUIET)]))["r"].startswith("110017")


def test_a_reduce_only_order_larger_than_the_position_is_cut_on_arrival() -> None:
    venue = holding_long("2")
    venue.submit([closing("r", "5", 1)])
    reports = after_candles(venue, [candle(1, QUIET)])
    assert fills(reports) == [("r", d("2"), d("100"))]
    assert kinds(reports) == ["r Submitted", "r Filled", "r Cancelled"]
    assert reasons(reports) == {"r": "CancelByReduceOnly"}


def test_a_resting_reduce_only_order_is_cut_as_the_position_shrinks_and_stays_cut() -> None:
    venue = holding_long("3")
    venue.submit([closing("l", "3", 1, limit="110")])
    after_candles(venue, [candle(1, QUIET)])
    venue.submit([closing("r", "2", 2)])
    after_candles(venue, [candle(2, QUIET)])
    venue.submit([ticket("more", BUY, "4", sent_at=START + 3 * FIVE)])
    after_candles(venue, [candle(3, QUIET)])
    reports = after_candles(venue, [candle(4, "100 111 99 100")])
    assert fills(reports) == [("l", d("1"), d("110"))]
    assert reasons(reports) == {"l": "CancelByReduceOnly"}
    assert venue.position(BTC.id) == d("4")


def test_resting_reduce_only_orders_are_cancelled_when_the_position_is_closed() -> None:
    venue = holding_long("2")
    venue.submit([closing("l", "2", 1, limit="110"), closing("s", "2", 1, trigger="90")])
    after_candles(venue, [candle(1, QUIET)])
    venue.submit([closing("r", "2", 2)])
    reports = after_candles(venue, [candle(2, QUIET)])
    assert reasons(reports) == {"l": "CancelByReduceOnly", "s": "CancelByReduceOnly"}
    assert not after_candles(venue, [candle(3, "100 120 80 100")])


def test_a_reduce_only_order_requires_no_balance() -> None:
    venue = exchange(balance="10.2")
    venue.submit([ticket("e", BUY, "1")])
    after_candles(venue, [candle(0, QUIET)])
    assert venue.available < d("0.1")
    venue.submit([closing("r", "1", 1)])
    assert fills(after_candles(venue, [candle(1, QUIET)])) == [("r", d("1"), d("100"))]
