"""Cancelling and amending: asked at one time, answered at another, and sometimes too late."""

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
    long_with,
    of_kind,
    reasons,
    ticket,
    told,
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


def test_a_cancelled_order_is_gone() -> None:
    venue = resting()
    venue.cancel("l", NEXT)
    reports = after_candles(venue, [candle(1, "100 101 90 95")])
    assert (told(reports), reasons(reports)) == (["l Cancelled"], {"l": "CancelByUser"})
    venue.cancel("l", NEXT + FIVE)
    assert reasons(after_candles(venue, [candle(2, QUIET)])) == {
        "l": "110001: order not exists or too late to cancel"
    }


def test_the_open_is_faster_than_a_request_still_on_its_way() -> None:
    venue = resting(SLOW)
    venue.cancel("l", NEXT)
    assert told(after_candles(venue, [candle(1, "98 101 97 100")])) == ["l Filled", "l CancelRefused"]


def test_what_happens_inside_the_candle_is_slower_than_the_request() -> None:
    venue = resting(SLOW)
    venue.cancel("l", NEXT)
    assert told(after_candles(venue, [candle(1, "100 101 97 100")])) == ["l Cancelled"]


def test_a_protective_order_can_be_taken_away_alone() -> None:
    venue = exchange()
    venue.submit(long_with("95", "105"))
    after_candles(venue, [candle(0, QUIET)])
    venue.cancel("e-stop", NEXT)
    after_candles(venue, [candle(1, QUIET)])
    assert fills(after_candles(venue, [candle(2, "100 106 94 100")])) == [("e-target", d("1"), d("105"))]


def test_cancelling_a_filled_part_leaves_its_protection() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit(long_with("95", "105", limit="99", quantity="2"))
    after_candles(venue, [candle(0, "100 100 98 99", volume="5")])
    venue.cancel("e", NEXT)
    assert told(after_candles(venue, [candle(1, QUIET)])) == ["e Cancelled"]
    assert fills(after_candles(venue, [candle(2, "100 101 94 100")])) == [("e-stop", d("0.5"), d("95"))]


def test_amended_terms_are_told_whole_and_hold() -> None:
    venue = resting()
    amend(venue, limit="98", quantity="2")
    reports = after_candles(venue, [candle(1, "100 101 98.5 100")])
    (amended,) = of_kind(Amended, reports)
    assert (amended.quantity, amended.limit_price, amended.trigger_price) == (d("2"), d("98"), None)
    assert told(reports) == ["l Amended"]
    assert fills(after_candles(venue, [candle(2, "100 101 97 100")])) == [("l", d("2"), d("98"))]


def test_an_order_amended_into_the_market_takes() -> None:
    venue = resting()
    amend(venue, limit="100.5")
    reports = after_candles(venue, [candle(1, QUIET)])
    assert told(reports) == ["l Amended", "l Filled"]
    (fill,) = of_kind(Filled, reports)
    assert (fill.price, fill.liquidity) == (d("100"), Liquidity.TAKER)


@pytest.mark.parametrize(
    ("terms", "words"),
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
def test_a_refused_amendment_leaves_the_order_as_it_was(terms: dict[str, str], words: str) -> None:
    venue = resting(balance="1000")
    amend(venue, quantity=terms.get("quantity"), limit=terms.get("limit"), trigger=terms.get("trigger"))
    reports = after_candles(venue, [candle(1, QUIET)])
    assert told(reports) == ["l AmendRefused"]
    assert reasons(reports)["l"].startswith(words)
    assert fills(after_candles(venue, [candle(2, "100 101 98 100")])) == [("l", d("1"), d("99"))]


def test_an_amendment_pays_only_for_what_it_adds() -> None:
    venue = resting(balance="19")
    amend(venue, quantity="1.8")
    assert told(after_candles(venue, [candle(1, QUIET)])) == ["l Amended"]


def test_not_below_what_is_filled() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit([ticket("l", BUY, "1", limit="99")])
    after_candles(venue, [candle(0, "100 100 98 99", volume="6")])
    amend(venue, quantity="0.6")
    words = reasons(after_candles(venue, [candle(1, QUIET)]))["l"]
    assert words == "10001: qty must be above what is filled, 0.6"


def test_a_stop_moves_behind_the_price_but_not_past_it() -> None:
    venue = exchange()
    venue.submit(long_with("95", "120"))
    after_candles(venue, [candle(0, QUIET)])
    amend(venue, "e-stop", trigger="100")
    assert reasons(after_candles(venue, [candle(1, QUIET)]))["e-stop"].startswith("110093")
    amend(venue, "e-stop", NEXT + FIVE, trigger="99")
    assert told(after_candles(venue, [candle(2, QUIET)])) == ["e-stop Amended"]
    assert fills(after_candles(venue, [candle(3, "100 101 98 100")])) == [("e-stop", d("1"), d("99"))]


def test_a_sleeping_stop_is_not_judged_by_a_price_its_entry_has_not_seen() -> None:
    venue = exchange()
    venue.submit(long_with("80", "120", limit="90"))
    after_candles(venue, [candle(0, QUIET)])
    amend(venue, "e-stop", trigger="101")
    assert told(after_candles(venue, [candle(1, QUIET)])) == ["e-stop Amended"]


def test_a_stop_that_has_gone_off_cannot_be_moved() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit(long_with("95", "120"))
    after_candles(venue, [candle(0, QUIET)])
    after_candles(venue, [candle(1, "100 100 94 95", volume="1")])
    amend(venue, "e-stop", NEXT + FIVE, trigger="93")
    reports = after_candles(venue, [candle(2, "95 96 94 95", volume="1")])
    assert told(reports) == ["e-stop AmendRefused", "e-stop Filled"]


def test_a_request_may_reach_the_exchange_together_with_its_order() -> None:
    venue = exchange()
    venue.submit([ticket("l", SELL, "1", limit="110")])
    venue.cancel("l", START)
    assert told(after_candles(venue, [candle(0, QUIET)])) == ["l Submitted", "l Accepted", "l Cancelled"]


def test_requests_are_dealt_with_in_the_order_of_their_arrival() -> None:
    venue = exchange()
    venue.submit(
        [ticket("second", BUY, "1", limit="99", sent_at=NEXT), ticket("first", BUY, "1", limit="99")]
    )
    acknowledged = told(after_candles(venue, [candle(1, QUIET)]))
    assert acknowledged == ["first Submitted", "first Accepted", "second Submitted", "second Accepted"]
