"""Fills against a live book: queues, partial fills, latency, and a market that is not known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.simulated.matched import MatchedRules
from domain.direction import Side
from domain.errors import InvalidInput
from domain.market import KnownPrice
from tests.adapters.simulated.matched_scene import AT_ONCE, SECOND, Matched, book, trade
from tests.adapters.simulated.scene import (
    BTC,
    BUY,
    FIVE,
    SELL,
    START,
    candle,
    d,
    fills,
    instrument,
    kinds,
    reasons,
    ticket,
)

HALF = timedelta(milliseconds=500)


def shown(rules: MatchedRules = AT_ONCE) -> Matched:
    scene = Matched(rules)
    scene.shown("99.9x5 99.8x10", "100.1x5 100.2x10")
    return scene


# -- queues and partial fills


def test_a_market_order_walks_the_book_and_pays_the_prices_shown() -> None:
    assert fills(shown().sent(ticket("m", BUY, "7"))) == [
        ("m", d("5"), d("100.1")),
        ("m", d("2"), d("100.2")),
    ]


def test_what_a_market_order_does_not_find_in_the_book_is_cancelled() -> None:
    scene = Matched()
    scene.shown("99.9x5", "100.1x5")
    assert kinds(scene.sent(ticket("m", BUY, "7"))) == ["m Accepted", "m Filled", "m Cancelled"]


def test_a_market_order_does_not_walk_beyond_the_price_band() -> None:
    scene = Matched()
    scene.shown("99.9x5", "100.1x1 101.5x50")
    assert fills(scene.sent(ticket("m", BUY, "7"))) == [("m", d("1"), d("100.1"))]


def test_a_limit_order_fills_behind_what_its_price_showed_before() -> None:
    scene = shown()
    assert kinds(scene.sent(ticket("l", BUY, "2", limit="99.9"))) == ["l Accepted"]
    assert scene.traded(SELL, "99.9", "5") == []
    assert fills(scene.traded(SELL, "99.9", "0.5")) == [("l", d("0.5"), d("99.9"))]
    assert fills(scene.traded(SELL, "99.9", "9")) == [("l", d("1.5"), d("99.9"))]


def test_a_trade_beyond_its_price_fills_a_limit_order_at_its_own_price() -> None:
    scene = shown()
    scene.sent(ticket("l", BUY, "2", limit="99.9"))
    assert fills(scene.traded(SELL, "99.7", "9")) == [("l", d("2"), d("99.9"))]


def test_a_quantity_that_the_market_withdraws_from_behind_gains_no_place() -> None:
    scene = shown()
    scene.sent(ticket("l", BUY, "1", limit="99.9"))
    scene.changed("99.9x8")
    scene.changed("99.9x6")
    assert scene.traded(SELL, "99.9", "5") == []
    assert fills(scene.traded(SELL, "99.9", "1")) == [("l", d("1"), d("99.9"))]


def test_a_book_that_moves_through_a_limit_order_fills_it_at_its_own_price() -> None:
    scene = shown()
    scene.sent(ticket("l", BUY, "2", limit="99.9"))
    assert fills(scene.changed("99.9x0 99.8x0", "99.8x1.5")) == [("l", d("1.5"), d("99.9"))]


@pytest.mark.parametrize(
    ("bids", "asks", "side", "price"),
    [
        ("99.9x0 100.9x5", "100.1x0 101.1x5", SELL, "100.9"),
        ("99.9x0 99.1x5", "100.1x0 99.3x5", BUY, "99.3"),
    ],
    ids=["up", "down"],
)
def test_a_book_that_moves_by_more_than_its_spread_shows_both_sides(
    bids: str, asks: str, side: Side, price: str
) -> None:
    scene = Matched()
    scene.shown("99.9x5", "100.1x5")
    scene.changed(bids, asks)
    assert fills(scene.sent(ticket("m", side, "1"))) == [("m", d("1"), d(price))]


def test_a_trade_that_the_book_shows_already_takes_nothing_from_the_queue_again() -> None:
    scene = shown()
    scene.sent(ticket("l", BUY, "1", limit="99.9"))
    scene.changed("99.9x1")
    assert scene.traded(SELL, "99.9", "4", at=scene.now) == []
    assert scene.traded(SELL, "99.9", "1") == []
    assert fills(scene.traded(SELL, "99.9", "1")) == [("l", d("1"), d("99.9"))]


def test_of_one_time_the_trade_is_played_before_the_book_that_it_left() -> None:
    scene = shown()
    scene.sent(ticket("l", BUY, "1", limit="99.9"))
    scene.now += SECOND
    left = book(2, scene.now, "99.9x0 99.8x0 99.6x5", "", whole=False)
    reports = scene.moved(left, trade(SELL, "99.7", "16", scene.now))
    assert fills(reports) == [("l", d("1"), d("99.9"))]


def test_nothing_fills_where_only_trades_are_known() -> None:
    scene = Matched()
    scene.traded(BUY, "100", "5")
    assert scene.sent(ticket("m", BUY, "1")) == []
    assert scene.exchange.waiting == 1


# -- latency


def test_a_request_meets_the_book_at_its_arrival() -> None:
    scene = shown(MatchedRules(latency=HALF))
    assert scene.sent(ticket("m", BUY, "1")) == []
    assert fills(scene.changed(asks="100.1x0 100.2x0 100.3x4")) == [("m", d("1"), d("100.1"))]


def test_a_book_that_is_shown_before_the_arrival_is_the_one_that_counts() -> None:
    scene = shown(MatchedRules(latency=SECOND + HALF))
    scene.sent(ticket("m", BUY, "1"))
    assert scene.changed(asks="100.1x0 100.2x0 100.3x4") == []
    assert fills(scene.changed(asks="100.3x4 100.4x1")) == [("m", d("1"), d("100.3"))]


# -- a market that is not known


def test_an_order_waits_for_the_first_book() -> None:
    scene = Matched()
    assert scene.sent(ticket("m", BUY, "1")) == []
    assert scene.exchange.order("m") is None
    assert fills(scene.shown("99.9x5", "100.1x5")) == [("m", d("1"), d("100.1"))]


def test_after_a_missing_update_an_order_waits_for_the_next_whole_book() -> None:
    scene = shown()
    scene.changed(asks="100.1x1", skipped=1)
    assert scene.sent(ticket("m", BUY, "1")) == []
    assert scene.changed(asks="100.1x2") == []
    assert fills(scene.shown("99.9x5", "100.4x5")) == [("m", d("1"), d("100.4"))]


def test_an_update_that_was_played_before_changes_nothing() -> None:
    scene = shown()
    scene.changed(asks="100.1x3")
    scene.changed(asks="100.1x1", skipped=-1)
    assert fills(scene.sent(ticket("m", BUY, "3"))) == [("m", d("3"), d("100.1"))]


def test_while_the_feed_is_not_live_an_order_waits() -> None:
    scene = shown()
    scene.heard(is_live=False)
    assert scene.sent(ticket("m", BUY, "1")) == []
    assert fills(scene.heard(is_live=True)) == [("m", d("1"), d("100.1"))]


def test_an_entry_that_waited_until_it_was_stale_expires_and_a_way_out_does_not() -> None:
    scene = shown()
    scene.sent(ticket("m", BUY, "1"))
    scene.heard(is_live=False)
    scene.sent(ticket("late", BUY, "1"), ticket("out", SELL, "1", reduce_only=True))
    scene.passes(FIVE + SECOND)
    assert kinds(scene.heard(is_live=True)) == ["late Expired", "out Accepted", "out Filled"]


def test_after_a_gap_a_resting_order_is_behind_what_the_market_shows() -> None:
    scene = Matched()
    scene.shown("99.9x1", "100.1x5")
    scene.sent(ticket("l", BUY, "1", limit="99.9"))
    scene.changed("99.9x3", skipped=1)
    scene.shown("99.9x6", "100.1x5")
    assert scene.traded(SELL, "99.9", "6") == []
    assert fills(scene.traded(SELL, "99.9", "1")) == [("l", d("1"), d("99.9"))]


def test_a_gap_in_which_the_market_went_through_a_resting_order_fills_it_at_its_own_price() -> None:
    scene = shown()
    scene.sent(ticket("l", BUY, "1", limit="99.9"))
    scene.changed("99.9x3", skipped=1)
    assert fills(scene.shown("99.0x5", "99.2x5")) == [("l", d("1"), d("99.9"))]


def test_a_request_that_waited_longer_than_the_patience_is_refused_and_a_cancel_is_carried_out() -> None:
    scene = shown(MatchedRules(latency=timedelta(0), patience=2 * SECOND))
    scene.sent(ticket("l", BUY, "1", limit="99.9"))
    scene.heard(is_live=False)
    assert scene.sent(ticket("m", SELL, "1")) == []
    assert scene.amended("l", limit="99.8") == []
    assert scene.cancelled("l") == []
    reports = scene.passes(3 * SECOND)
    assert kinds(reports) == ["m Rejected", "l AmendRefused", "l Cancelled"]
    assert reasons(reports)["m"] == "10016: the market shows nothing: its data does not arrive"
    assert scene.heard(is_live=True) == []


def test_a_cancel_is_carried_out_after_the_order_that_waits() -> None:
    scene = Matched()
    scene.sent(ticket("l", BUY, "1", limit="99"))
    scene.cancelled("l")
    assert kinds(scene.shown("99.9x5", "100.1x5")) == ["l Accepted", "l Cancelled"]


def test_market_data_of_another_instrument_is_refused() -> None:
    other = KnownPrice(instrument=instrument("ETHUSDT").id, at=START, price=d("1"))
    with pytest.raises(InvalidInput, match="ETHUSDT-LINEAR"):
        shown().moved(other)


# -- the finest source counts


def test_quotes_fill_at_most_their_size() -> None:
    scene = Matched()
    scene.quoted("99.9x2", "100.1x3")
    assert fills(scene.sent(ticket("m", BUY, "4"))) == [("m", d("3"), d("100.1"))]


def test_quotes_count_no_more_once_a_book_is_shown() -> None:
    scene = shown()
    scene.quoted("90x1", "90.1x1")
    assert fills(scene.sent(ticket("m", BUY, "1"))) == [("m", d("1"), d("100.1"))]


def test_candles_count_no_more_once_quotes_are_shown() -> None:
    scene = Matched()
    scene.quoted("99.9x2", "100.1x3")
    scene.sent(ticket("l", BUY, "1", limit="99"))
    scene.now = START + FIVE
    assert scene.moved(candle(0, "100 100 90 95")) == []


def test_an_order_is_carried_out_along_the_way_of_the_candle_in_which_it_arrived() -> None:
    scene = Matched()
    scene.now = START + timedelta(minutes=2)
    assert scene.sent(ticket("m", BUY, "1")) == []
    scene.now = START + FIVE
    # The way of a falling candle: open 100, high 104 after a quarter, low 90 after a half.
    (filled,) = fills(scene.moved(candle(0, "100 104 90 95")))
    assert filled == ("m", d("1"), d("104.1"))


def test_an_order_that_arrived_after_the_close_is_not_filled_by_the_candle() -> None:
    scene = Matched()
    scene.now = START + FIVE
    assert scene.sent(ticket("m", BUY, "1")) == []
    assert scene.moved(candle(0, "100 104 90 95")) == []
    scene.now = START + 2 * FIVE
    assert fills(scene.moved(candle(1, "95 96 94 96"))) == [("m", d("1"), d("95.1"))]


def test_the_rate_of_a_candle_is_settled_at_the_next_funding() -> None:
    scene = shown()
    scene.sent(ticket("m", BUY, "1"))
    scene.moved(candle(0, "100 100 100 100", funding="0.001"))
    (funded,) = scene.passes(timedelta(hours=8))
    assert kinds([funded]) == [f"{BTC.id} Funded"]
    assert getattr(funded, "amount", None) == d("-0.1001")


def test_a_position_whose_margin_is_used_up_is_liquidated() -> None:
    scene = shown()
    scene.sent(ticket("m", BUY, "5"))
    found = scene.shown("80x50", "80.1x50")
    assert kinds(found) == [f"{BTC.id} Liquidated"]
    assert scene.exchange.positions() == []
