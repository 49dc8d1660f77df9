"""A stop triggers when the price reaches its trigger, and fills at the worse of trigger and open, with slippage."""

from __future__ import annotations

import pytest

from adapters.simulated import SimulatedExchange, SimulationRules
from commands.exchange import Triggered
from domain.direction import Side
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
    of_kind,
    reasons,
    ticket,
)
from tests.replacing import replace


def waiting(
    side: Side = BUY, trigger: str = "102", quantity: str = "1", rules: SimulationRules = SMOOTH
) -> SimulatedExchange:
    venue = exchange(rules)
    venue.submit([ticket("s", side, quantity, trigger=trigger)])
    assert kinds(after_candles(venue, [candle(0, "100 100 100 100")])) == ["s Submitted", "s Accepted"]
    return venue


@pytest.mark.parametrize(
    ("side", "trigger", "prices"), [(BUY, "102", "100 102 99 100"), (SELL, "98", "100 101 98 100")]
)
def test_a_stop_whose_trigger_is_reached_inside_a_candle_fills_at_its_trigger_price(
    side: Side, trigger: str, prices: str
) -> None:
    reports = after_candles(waiting(side, trigger), [candle(1, prices)])
    assert kinds(reports) == ["s Triggered", "s Filled"]
    assert fills(reports) == [("s", d("1"), d(trigger))]
    assert of_kind(Triggered, reports)[0].price == d(trigger)


@pytest.mark.parametrize(
    ("side", "trigger", "prices"), [(BUY, "102", "105 106 101 105"), (SELL, "98", "95 99 94 95")]
)
def test_a_stop_whose_trigger_the_open_has_passed_fills_at_the_open(
    side: Side, trigger: str, prices: str
) -> None:
    reports = after_candles(waiting(side, trigger), [candle(1, prices)])
    assert fills(reports) == [("s", d("1"), d(prices.split(maxsplit=1)[0]))]
    assert {report.at for report in reports} == {START + FIVE}


@pytest.mark.parametrize(
    ("side", "trigger", "prices", "price"),
    [(BUY, "102", "100 103 99 100", "103.1"), (SELL, "98", "100 101 97 100", "96.9")],
)
def test_spread_and_slippage_are_added_to_the_trigger_price(
    side: Side, trigger: str, prices: str, price: str
) -> None:
    venue = waiting(side, trigger, rules=replace(SMOOTH, slippage=d("0.01")))
    after_candles(venue, [candle(1, "100 100 100 100", bid="99.9", ask="100")])
    assert fills(after_candles(venue, [candle(2, prices)])) == [("s", d("1"), d(price))]


def test_the_quantity_of_a_stop_entry_beyond_the_volume_share_is_cancelled() -> None:
    venue = waiting(rules=replace(SMOOTH, volume_share=d("0.1")))
    reports = after_candles(venue, [candle(1, "100 103 99 100", volume="5")])
    assert kinds(reports) == ["s Triggered", "s Filled", "s Cancelled"]
    assert reasons(reports) == {"s": "EC_NoImmediateQtyToFill"}


def test_a_stop_the_balance_does_not_cover_is_cancelled_when_it_triggers() -> None:
    venue = exchange(balance="12")
    venue.submit([ticket("s", BUY, "1", trigger="102"), ticket("m", BUY, "0.5")])
    assert "s Accepted" in kinds(after_candles(venue, [candle(0, "100 100 100 100")]))
    reports = after_candles(venue, [candle(1, "100 103 99 100")])
    assert kinds(reports) == ["s Triggered", "s Cancelled"]
    assert reasons(reports) == {"s": "CancelByCannotAffordOrderCost"}


@pytest.mark.parametrize(("side", "trigger", "code"), [(BUY, "100", "110092"), (SELL, "100", "110093")])
def test_a_stop_whose_trigger_the_price_has_passed_is_rejected(side: Side, trigger: str, code: str) -> None:
    venue = exchange()
    venue.submit([ticket("s", side, "1", trigger=trigger)])
    assert reasons(after_candles(venue, [candle(0, "100 101 99 100")]))["s"].startswith(code)


def test_a_triggered_stop_entry_without_volume_is_cancelled() -> None:
    reports = after_candles(waiting(), [candle(1, "100 103 99 100", volume="0")])
    assert kinds(reports) == ["s Triggered", "s Cancelled"]
