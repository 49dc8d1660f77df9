"""Cancellations and amendments: they take effect when they arrive, and are refused after the order's end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from adapters.simulated import SimulatedExchange, SimulationRules
from commands.exchange import Amended, Filled
from domain.order import Liquidity
from tests.adapters.simulated.scene import (
    BUY,
    FIVE,
    SELL,
    SMOOTH,
    START,
    after_candles,
    candle,
    d,
    exchange,
    fills,
    kinds,
    long_with,
    of_kind,
    reasons,
    ticket,
)
from tests.replacing import replace

QUIET = "100 101 99.5 100"
SLOW = replace(SMOOTH, latency=timedelta(seconds=1))
NEXT = START + FIVE


def amend(
    venue: SimulatedExchange,
    order_id: str = "l",
    at: datetime = NEXT,
    quantity: str | None = None,
    limit: str | None = None,
    trigger: str | None = None,
) -> None:
    venue.amend(
        order_id,
        at,
        quantity=None if quantity is None else d(quantity),
        limit_price=None if limit is None else d(limit),
        trigger_price=None if trigger is None else d(trigger),
    )


def resting(rules: SimulationRules = SMOOTH, balance: str = "10000") -> SimulatedExchange:
    venue = exchange(rules, balance=balance)
    venue.submit([ticket("l", BUY, "1", limit="99")])
    after_candles(venue, [candle(0, QUIET)])
    return venue


def test_a_cancelled_order_cannot_be_cancelled_again() -> None:
    venue = resting()
    venue.cancel("l", NEXT)
    reports = after_candles(venue, [candle(1, "100 101 90 95")])
    assert (kinds(reports), reasons(reports)) == (["l Cancelled"], {"l": "CancelByUser"})
    venue.cancel("l", NEXT + FIVE)
    assert reasons(after_candles(venue, [candle(2, QUIET)])) == {
        "l": "110001: order not exists or too late to cancel"
    }


def test_an_order_filled_at_the_open_is_not_cancelled_by_a_request_in_transit() -> None:
    venue = resting(SLOW)
    venue.cancel("l", NEXT)
    assert kinds(after_candles(venue, [candle(1, "98 101 97 100")])) == ["l Filled", "l CancelRefused"]


def test_a_cancellation_that_arrives_before_the_close_prevents_a_fill_inside_the_candle() -> None:
    venue = resting(SLOW)
    venue.cancel("l", NEXT)
    assert kinds(after_candles(venue, [candle(1, "100 101 97 100")])) == ["l Cancelled"]


def test_cancelling_a_stop_leaves_its_target_active() -> None:
    venue = exchange()
    venue.submit(long_with("95", "105"))
    after_candles(venue, [candle(0, QUIET)])
    venue.cancel("e-stop", NEXT)
    after_candles(venue, [candle(1, QUIET)])
    assert fills(after_candles(venue, [candle(2, "100 106 94 100")])) == [("e-target", d("1"), d("105"))]


def test_cancelling_a_partly_filled_entry_leaves_its_protection_active() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit(long_with("95", "105", limit="99", quantity="2"))
    after_candles(venue, [candle(0, "100 100 98 99", volume="5")])
    venue.cancel("e", NEXT)
    assert kinds(after_candles(venue, [candle(1, QUIET)])) == ["e Cancelled"]
    assert fills(after_candles(venue, [candle(2, "100 101 94 100")])) == [("e-stop", d("0.5"), d("95"))]


def test_an_amendment_reports_all_terms_and_takes_effect() -> None:
    venue = resting()
    amend(venue, limit="98", quantity="2")
    reports = after_candles(venue, [candle(1, "100 101 98.5 100")])
    (amended,) = of_kind(Amended, reports)
    assert (amended.quantity, amended.limit_price, amended.trigger_price) == (d("2"), d("98"), None)
    assert kinds(reports) == ["l Amended"]
    assert fills(after_candles(venue, [candle(2, "100 101 97 100")])) == [("l", d("2"), d("98"))]


def test_a_limit_order_amended_to_a_price_at_which_it_can_trade_is_filled_as_a_taker() -> None:
    venue = resting()
    amend(venue, limit="100.5")
    reports = after_candles(venue, [candle(1, QUIET)])
    assert kinds(reports) == ["l Amended", "l Filled"]
    (fill,) = of_kind(Filled, reports)
    assert (fill.price, fill.liquidity) == (d("100"), Liquidity.TAKER)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({}, "10001: order not modified"),
        ({"limit": "99"}, "10001: order not modified"),
        ({"limit": "99.05"}, "10001: price 99.05 is not a multiple of 0.1"),
        ({"quantity": "0"}, "10001: quantity and prices must be positive numbers"),
        ({"trigger": "98"}, "10001: a LIMIT order takes a limit price and nothing else"),
        ({"limit": "105"}, "110003"),
        ({"quantity": "900"}, "110007"),
    ],
)
def test_a_refused_amendment_leaves_the_order_unchanged(terms: dict[str, str], reason: str) -> None:
    venue = resting(balance="1000")
    amend(venue, quantity=terms.get("quantity"), limit=terms.get("limit"), trigger=terms.get("trigger"))
    reports = after_candles(venue, [candle(1, QUIET)])
    assert kinds(reports) == ["l AmendRefused"]
    assert reasons(reports)["l"].startswith(reason)
    assert fills(after_candles(venue, [candle(2, "100 101 98 100")])) == [("l", d("1"), d("99"))]


def test_an_amendment_requires_balance_only_for_the_added_quantity() -> None:
    venue = resting(balance="19")
    amend(venue, quantity="1.8")
    assert kinds(after_candles(venue, [candle(1, QUIET)])) == ["l Amended"]


def test_an_amendment_to_the_filled_quantity_is_refused() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit([ticket("l", BUY, "1", limit="99")])
    after_candles(venue, [candle(0, "100 100 98 99", volume="6")])
    amend(venue, quantity="0.6")
    reason = reasons(after_candles(venue, [candle(1, QUIET)]))["l"]
    assert reason == "10001: qty must be above what is filled, 0.6"


def test_a_stop_can_be_moved_to_the_current_price_but_not_past_it() -> None:
    venue = exchange()
    venue.submit(long_with("95", "120"))
    after_candles(venue, [candle(0, QUIET)])
    amend(venue, "e-stop", trigger="100")
    assert reasons(after_candles(venue, [candle(1, QUIET)]))["e-stop"].startswith("110093")
    amend(venue, "e-stop", NEXT + FIVE, trigger="99")
    assert kinds(after_candles(venue, [candle(2, QUIET)])) == ["e-stop Amended"]
    assert fills(after_candles(venue, [candle(3, "100 101 98 100")])) == [("e-stop", d("1"), d("99"))]


def test_an_inactive_stop_can_be_amended_past_the_current_price() -> None:
    venue = exchange()
    venue.submit(long_with("80", "120", limit="90"))
    after_candles(venue, [candle(0, QUIET)])
    amend(venue, "e-stop", trigger="101")
    assert kinds(after_candles(venue, [candle(1, QUIET)])) == ["e-stop Amended"]


def test_an_amendment_of_a_triggered_stop_is_refused() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit(long_with("95", "120"))
    after_candles(venue, [candle(0, QUIET)])
    after_candles(venue, [candle(1, "100 100 94 95", volume="1")])
    amend(venue, "e-stop", NEXT + FIVE, trigger="93")
    reports = after_candles(venue, [candle(2, "95 96 94 95", volume="1")])
    assert kinds(reports) == ["e-stop AmendRefused", "e-stop Filled"]


def test_a_cancellation_sent_together_with_its_order_takes_effect() -> None:
    venue = exchange()
    venue.submit([ticket("l", SELL, "1", limit="110")])
    venue.cancel("l", START)
    assert kinds(after_candles(venue, [candle(0, QUIET)])) == ["l Submitted", "l Accepted", "l Cancelled"]


def test_requests_are_processed_in_the_order_of_arrival() -> None:
    venue = exchange()
    venue.submit(
        [ticket("second", BUY, "1", limit="99", sent_at=NEXT), ticket("first", BUY, "1", limit="99")]
    )
    acknowledged = kinds(after_candles(venue, [candle(1, QUIET)]))
    assert acknowledged == ["first Submitted", "first Accepted", "second Submitted", "second Accepted"]
