"""Where a candle's range allows several sequences of events, the sequence that is worst for the account is taken."""

from __future__ import annotations

from tests.adapters.simulated.scene import (
    BTC,
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
    reasons,
    stop_of,
    target_of,
    ticket,
)
from tests.replacing import replace

QUIET = "100 100.5 99.5 100"
NEXT = START + FIVE


def test_orders_fill_in_the_sequence_in_which_the_price_reaches_them() -> None:
    venue = exchange()
    venue.submit([*long_with("95", "120"), ticket("f", BUY, "1"), stop_of("f", SELL, "1", "97")])
    after_candles(venue, [candle(0, QUIET)])
    venue.submit([ticket("l", BUY, "1", limit="96", sent_at=NEXT)])
    reports = after_candles(venue, [candle(1, "100 101 93 94")])
    assert fills(reports) == [
        ("f-stop", d("1"), d("97")),
        ("l", d("1"), d("96")),
        ("e-stop", d("1"), d("95")),
    ]


def test_stops_of_short_positions_fill_from_the_lowest_up() -> None:
    venue = exchange()
    venue.submit([ticket("e", SELL, "1"), stop_of("e", BUY, "1", "105")])
    venue.submit([ticket("f", SELL, "1"), stop_of("f", BUY, "1", "103")])
    after_candles(venue, [candle(0, QUIET)])
    reports = after_candles(venue, [candle(1, "100 107 99 101")])
    assert fills(reports) == [("f-stop", d("1"), d("103")), ("e-stop", d("1"), d("105"))]


def test_the_rest_of_a_limit_entry_fills_before_the_stop_below_it() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit(long_with("95", "105", limit="99", quantity="2"))
    after_candles(venue, [candle(0, "100 100 98 99", volume="5")])
    reports = after_candles(venue, [candle(1, "100 101 94 96")])
    assert fills(reports) == [("e", d("1.5"), d("99")), ("e-stop", d("2.0"), d("95"))]


def test_an_open_beyond_an_entry_and_its_stop_fills_both() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit(long_with("95", "105", limit="99", quantity="2"))
    after_candles(venue, [candle(0, "100 100 98 99", volume="5")])
    reports = after_candles(venue, [candle(1, "94 94.5 93.5 94")])
    assert fills(reports) == [("e", d("1.5"), d("99")), ("e-stop", d("2.0"), d("94"))]


def test_two_breakout_entries_in_one_candle_both_fill_and_both_lose() -> None:
    """A buy stop above and a sell stop below, each with its protective stop just beyond the other's entry."""
    venue = exchange()
    venue.submit([ticket("up", BUY, "1", trigger="102"), stop_of("up", SELL, "1", "97.9")])
    venue.submit([ticket("down", SELL, "1", trigger="98"), stop_of("down", BUY, "1", "102.1")])
    after_candles(venue, [candle(0, QUIET)])
    reports = after_candles(venue, [candle(1, "100 103 97 100")])
    assert fills(reports)[:2] == [("down", d("1"), d("98")), ("up", d("1"), d("102"))]
    assert venue.position(BTC.id) == 0
    assert venue.balance < d("10000") - d("4")


def test_a_target_of_an_earlier_entry_fills_in_the_candle_of_a_new_entry() -> None:
    venue = exchange()
    venue.submit(long_with("90.6", "105"))
    after_candles(venue, [candle(0, QUIET)])
    venue.submit([ticket("f", BUY, "1", limit="99", sent_at=NEXT), target_of("f", SELL, "1", "104", NEXT)])
    reports = after_candles(venue, [candle(1, "100 106 98 101")])
    assert fills(reports) == [("f", d("1"), d("99")), ("e-target", d("1"), d("105"))]
    assert fills(after_candles(venue, [candle(2, "101 106 101 101")])) == [("f-target", d("1"), d("104"))]


def test_a_reduce_only_limit_without_a_parent_is_not_filled_in_the_candle_of_an_entry() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1")])
    after_candles(venue, [candle(0, QUIET)])
    venue.submit([ticket("l", SELL, "1", limit="105", reduce_only=True, sent_at=NEXT)])
    venue.submit([ticket("f", BUY, "1", limit="99", sent_at=NEXT)])
    assert fills(after_candles(venue, [candle(1, "100 106 98 101")])) == [("f", d("1"), d("99"))]
    assert fills(after_candles(venue, [candle(2, "101 106 101 101")])) == [("l", d("1"), d("105"))]


def test_the_rest_of_an_entry_below_its_own_stop_is_never_filled() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit(long_with("98.5", "105", limit="98", quantity="2"))
    after_candles(venue, [candle(0, "100 100 97.5 99", volume="5")])
    assert venue.position(BTC.id) == 0
    assert not reasons(after_candles(venue, [candle(1, "99 100 90 95")]))


def test_an_entry_fills_before_a_stop_at_the_same_level() -> None:
    venue = exchange()
    venue.submit(long_with("96", "120"))
    after_candles(venue, [candle(0, QUIET)])
    venue.submit([ticket("l", BUY, "1", limit="96", sent_at=NEXT)])
    reports = after_candles(venue, [candle(1, "100 101 95 97")])
    assert fills(reports) == [("l", d("1"), d("96")), ("e-stop", d("1"), d("96"))]


def test_an_entry_filled_on_the_way_up_can_be_stopped_on_the_way_down() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1", trigger="102"), stop_of("e", SELL, "1", "98")])
    after_candles(venue, [candle(0, QUIET)])
    reports = after_candles(venue, [candle(1, "100 103 97 100")])
    assert fills(reports) == [("e", d("1"), d("102")), ("e-stop", d("1"), d("98"))]
