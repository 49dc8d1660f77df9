"""Stop and target are active at the exchange from the entry's first fill to the position's end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from adapters.simulated import SimulatedExchange, SimulationRules
from commands.exchange import AnyReport, Ticket
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
    kinds,
    long_with,
    reasons,
    short_with,
    stop_of,
    target_of,
    ticket,
)
from tests.replacing import replace

CLEARED = "CancelByTpSlTsClear"
THIN = replace(SMOOTH, volume_share=d("0.1"))


def opened(
    tickets: Sequence[Ticket], first: str = "100 101 99 100", rules: SimulationRules = SMOOTH
) -> tuple[SimulatedExchange, Sequence[AnyReport]]:
    venue = exchange(rules)
    venue.submit(tickets)
    return venue, after_candles(venue, [candle(0, first)])


def test_entry_stop_and_target_are_admitted_together() -> None:
    _, reports = opened(long_with("95", "105"))
    assert kinds(reports) == [
        "e Submitted",
        "e Filled",
        "e-stop Submitted",
        "e-stop Accepted",
        "e-target Submitted",
        "e-target Accepted",
    ]


@pytest.mark.parametrize("entry", [long_with("95", "105"), short_with("105", "95")])
def test_a_candle_that_reaches_stop_and_target_fills_the_stop_and_cancels_the_target(
    entry: list[Ticket],
) -> None:
    venue, _ = opened(entry)
    reports = after_candles(venue, [candle(1, "100 105.2 94.8 100")])
    assert kinds(reports) == ["e-stop Triggered", "e-stop Filled", "e-target Cancelled"]
    assert reasons(reports) == {"e-target": CLEARED}
    assert venue.position(BTC.id) == 0


def test_a_candle_that_opens_beyond_the_target_fills_the_target_at_the_open_at_its_own_price() -> None:
    venue, _ = opened(long_with("95", "105"))
    reports = after_candles(venue, [candle(1, "106 107 90 91")])
    assert fills(reports) == [("e-target", d("1"), d("105"))]


def test_a_target_that_is_reached_without_the_stop_fills_at_its_price_and_cancels_the_stop() -> None:
    venue, _ = opened(long_with("95", "105"))
    reports = after_candles(venue, [candle(1, "100 106 96 100")])
    assert fills(reports) == [("e-target", d("1"), d("105"))]
    assert reasons(reports) == {"e-stop": CLEARED}


def test_a_market_entry_can_reach_its_target_in_the_candle_of_its_fill() -> None:
    _, reports = opened(long_with("95", "105"), "100 106 96 100")
    assert fills(reports)[-1] == ("e-target", d("1"), d("105"))


def test_a_market_entry_whose_candle_reaches_stop_and_target_fills_the_stop() -> None:
    _, reports = opened(long_with("95", "105"), "100 106 94 100")
    assert fills(reports)[-1] == ("e-stop", d("1"), d("95"))


def test_a_limit_entry_filled_inside_a_candle_can_fill_its_stop_but_not_its_target() -> None:
    venue, reports = opened(long_with("95", "105", limit="99.5"), "100 106 98 100")
    assert fills(reports) == [("e", d("1"), d("99.5"))]
    assert fills(after_candles(venue, [candle(1, "100 106 98 100")])) == [("e-target", d("1"), d("105"))]
    _, reports = opened(long_with("95", "105", limit="99.5"), "100 106 94 100")
    assert fills(reports) == [("e", d("1"), d("99.5")), ("e-stop", d("1"), d("95"))]


def test_stop_and_target_are_inactive_until_the_entry_is_filled() -> None:
    venue, reports = opened(long_with("95", "105", limit="90"), "100 106 91 100")
    assert not fills(reports)
    assert kinds(reports)[2:] == [
        "e-stop Submitted",
        "e-stop Accepted",
        "e-target Submitted",
        "e-target Accepted",
    ]
    assert not after_candles(venue, [candle(1, "100 106 91 100")])


@pytest.mark.parametrize("rejected", [True, False])
def test_stop_and_target_are_cancelled_when_their_entry_ends_without_a_fill(rejected: bool) -> None:
    venue, reports = opened(long_with("60", "150", limit="120" if rejected else "90"), "100 101 99 100")
    if not rejected:
        venue.cancel("e", START + FIVE)
        reports = after_candles(venue, [candle(1, "100 101 99 100")])
    assert reasons(reports)["e-stop"] == reasons(reports)["e-target"] == CLEARED


def test_a_stop_whose_trigger_the_market_passed_before_the_entrys_fill_triggers_at_once() -> None:
    _, reports = opened(long_with("98", "105"), "97 99 96 97")
    assert fills(reports) == [("e", d("1"), d("97")), ("e-stop", d("1"), d("97"))]


def test_a_sell_stop_above_its_entrys_fill_price_fills_at_the_fill_price() -> None:
    _, reports = opened(long_with("97", "105", limit="95"), "100 101 94 100")
    assert fills(reports) == [("e", d("1"), d("95")), ("e-stop", d("1"), d("95"))]


def test_a_target_whose_price_the_market_passed_before_the_entrys_fill_fills_at_the_open() -> None:
    _, reports = opened(long_with("90", "105"), "107 108 106 107")
    assert fills(reports) == [("e", d("1"), d("107")), ("e-target", d("1"), d("107"))]


def part_filled() -> SimulatedExchange:
    """An exchange on which an entry of 2 has filled 0.5."""
    venue = exchange(THIN)
    venue.submit(long_with("95", "105", limit="99", quantity="2"))
    assert fills(after_candles(venue, [candle(0, "100 100 98 99", volume="5")])) == [("e", d("0.5"), d("99"))]
    return venue


def test_a_target_fills_no_more_than_the_position() -> None:
    reports = after_candles(part_filled(), [candle(1, "100 106 99.5 101")])
    assert fills(reports) == [("e-target", d("0.5"), d("105"))]
    assert reasons(reports) == {"e": CLEARED, "e-stop": CLEARED, "e-target": CLEARED}


def test_the_rest_of_an_entry_is_cancelled_when_its_stop_fills() -> None:
    reports = after_candles(part_filled(), [candle(1, "100 100 94 95", volume="6")])
    assert fills(reports) == [("e", d("0.6"), d("99")), ("e-stop", d("0.6"), d("95"))]
    assert reasons(reports) == {"e": CLEARED, "e-target": "CancelByOcoTpCanceledBySlTriggered"}


def test_the_rest_of_an_entry_is_cancelled_when_its_position_is_closed() -> None:
    venue = part_filled()
    venue.submit([ticket("x", SELL, "0.5", reduce_only=True, sent_at=START + FIVE)])
    reports = after_candles(venue, [candle(1, "100 101 99.5 100")])
    assert reasons(reports) == {"e": CLEARED, "e-stop": CLEARED, "e-target": CLEARED}
    assert not after_candles(venue, [candle(2, "100 100 97 95")])


def test_a_triggered_stop_fills_in_later_candles_until_the_position_is_closed() -> None:
    venue, _ = opened(long_with("95", "105", quantity="2"), rules=THIN)
    reports = after_candles(venue, [candle(1, "100 100 94 96", volume="5")])
    assert kinds(reports) == ["e-stop Triggered", "e-stop Filled", "e-target Cancelled"]
    assert reasons(reports) == {"e-target": "CancelByOcoTpCanceledBySlTriggered"}
    assert fills(after_candles(venue, [candle(2, "96 110 96 110", volume="0")])) == []
    assert fills(after_candles(venue, [candle(3, "110 110 110 110", volume="9")])) == [
        ("e-stop", d("0.9"), d("110"))
    ]
    assert fills(after_candles(venue, [candle(4, "92 93 92 92", volume="90")])) == [
        ("e-stop", d("0.6"), d("92"))
    ]
    assert venue.position(BTC.id) == 0


def test_a_filled_stop_of_one_entry_leaves_the_protection_of_another_entry_active() -> None:
    venue, _ = opened(long_with("95", "105"))
    venue.submit(
        [
            ticket("f", BUY, "2", sent_at=START + FIVE),
            stop_of("f", SELL, "2", "97", START + FIVE),
            target_of("f", SELL, "2", "104", START + FIVE),
        ]
    )
    after_candles(venue, [candle(1, "100 101 99 100")])
    reports = after_candles(venue, [candle(2, "100 101 96 97")])
    assert fills(reports) == [("f-stop", d("2"), d("97"))]
    assert reasons(reports) == {"f-target": "CancelByOcoTpCanceledBySlTriggered"}
    assert fills(after_candles(venue, [candle(3, "100 106 96 97")])) == [("e-target", d("1"), d("105"))]


def test_a_reversal_cancels_the_old_protection_and_activates_the_new_one() -> None:
    venue, _ = opened(long_with("95", "105"))
    later = START + FIVE
    venue.submit(
        [
            ticket("x", SELL, "1", reduce_only=True, sent_at=later),
            ticket("g", SELL, "1", sent_at=later),
            stop_of("g", BUY, "1", "106", later),
            target_of("g", BUY, "1", "96", later),
        ]
    )
    reports = after_candles(venue, [candle(1, "101 102 100 101")])
    assert kinds(reports)[:4] == ["x Submitted", "x Filled", "e-stop Cancelled", "e-target Cancelled"]
    assert venue.position(BTC.id) == d("-1")
    assert fills(after_candles(venue, [candle(2, "101 107 95 101")])) == [("g-stop", d("1"), d("106"))]


def test_an_entry_that_so_far_only_closed_a_position_activates_no_protection() -> None:
    venue = exchange(THIN)
    venue.submit([ticket("a", SELL, "1")])
    after_candles(venue, [candle(0, "100 100 100 100")])
    venue.submit(
        [replace(one, sent_at=START + FIVE) for one in long_with("90", "105", quantity="2", limit="99")]
    )
    reports = after_candles(venue, [candle(1, "100 100 98 99", volume="5")])
    assert fills(reports) == [("e", d("0.5"), d("99"))]
    assert not after_candles(venue, [candle(2, "100 106 99.5 100")])
    reports = after_candles(venue, [candle(3, "100 100 98 99")])
    assert fills(reports) == [("e", d("0.5"), d("99")), ("e", d("1.0"), d("99"))]
    assert fills(after_candles(venue, [candle(4, "99 106 98.5 100")])) == [("e-target", d("1"), d("105"))]


def test_a_filled_entry_that_only_closed_a_position_cancels_its_protection() -> None:
    venue = exchange()
    venue.submit([ticket("a", SELL, "1")])
    after_candles(venue, [candle(0, "100 100 100 100")])
    venue.submit([replace(one, sent_at=START + FIVE) for one in long_with("90", "105", limit="99")])
    reports = after_candles(venue, [candle(1, "100 100 98 99")])
    assert kinds(reports)[-3:] == ["e Filled", "e-stop Cancelled", "e-target Cancelled"]


def test_a_filled_stop_cancels_the_rest_of_its_entry_while_another_position_remains() -> None:
    venue = exchange(THIN)
    venue.submit([ticket("a", BUY, "1")])
    after_candles(venue, [candle(0, "100 100 100 100")])
    venue.submit(
        [replace(one, sent_at=START + FIVE) for one in long_with("95", "105", quantity="2", limit="99")]
    )
    after_candles(venue, [candle(1, "100 100 98 99", volume="5")])
    reports = after_candles(venue, [candle(2, "99.5 99.5 99.5 99.5")])
    assert not reports
    reports = after_candles(venue, [candle(3, "95 95 95 95", volume="5")])
    assert fills(reports) == [("e", d("0.5"), d("99")), ("e-stop", d("0.5"), d("95"))]
    assert reasons(reports)["e"] == CLEARED
    assert venue.position(BTC.id) == d("1.5")


def test_a_protective_order_with_an_unknown_parent_is_rejected() -> None:
    _, reports = opened([stop_of("ghost", SELL, "1", "95")])
    assert reasons(reports) == {"ghost-stop": "10001: the parent order is unknown here"}


def test_protection_sent_after_the_entrys_fill_is_active_on_arrival_and_cancelled_with_the_position() -> None:
    venue, _ = opened([ticket("e", BUY, "1")])
    venue.submit([stop_of("e", SELL, "1", "95", START + FIVE)])
    assert kinds(after_candles(venue, [candle(1, "100 101 99 100")])) == [
        "e-stop Submitted",
        "e-stop Accepted",
    ]
    assert fills(after_candles(venue, [candle(2, "100 101 94 100")])) == [("e-stop", d("1"), d("95"))]
    venue.submit([target_of("e", SELL, "1", "105", START + 3 * FIVE)])
    reports = after_candles(venue, [candle(3, "100 101 99 100")])
    assert kinds(reports) == ["e-target Submitted", "e-target Cancelled"]
