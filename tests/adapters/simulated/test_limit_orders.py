"""A limit order is filled when the market has gone through it, never better than was possible."""

from __future__ import annotations

import pytest

from adapters.simulated import SimulatedExchange, SimulationRules
from commands.exchange import Filled
from domain.direction import Side
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
    of_kind,
    ticket,
    told,
)
from tests.replacing import replace


def resting(
    side: Side = BUY, limit: str = "99", quantity: str = "1", rules: SimulationRules = SMOOTH
) -> SimulatedExchange:
    venue = exchange(rules)
    venue.submit([ticket("l", side, quantity, limit=limit)])
    assert told(after_candles(venue, [candle(0, "100 100 100 100")])) == ["l Submitted", "l Accepted"]
    return venue


@pytest.mark.parametrize(
    ("side", "limit", "touched", "through"),
    [(BUY, "99", "100 101 99 100", "100 101 98.9 100"), (SELL, "101", "100 101 99 100", "100 101.1 99 100")],
)
def test_the_touch_is_not_enough_one_tick_through_it_is(
    side: Side, limit: str, touched: str, through: str
) -> None:
    venue = resting(side, limit)
    assert not after_candles(venue, [candle(1, touched)])
    assert fills(after_candles(venue, [candle(2, through)])) == [("l", d("1"), d(limit))]


def test_inside_the_candle_it_is_filled_at_its_own_price_as_a_maker_at_the_close() -> None:
    (fill,) = of_kind(Filled, after_candles(resting(), [candle(1, "100 101 95 100")]))
    assert (fill.price, fill.liquidity, fill.fee) == (d("99"), Liquidity.MAKER, d("0.0198"))
    assert fill.at == START + 2 * FIVE


@pytest.mark.parametrize(
    ("side", "limit", "gap"), [(BUY, "99", "97 98 96 97"), (SELL, "101", "103 104 102 103")]
)
def test_where_the_market_opens_beyond_it_the_open_is_its_price(side: Side, limit: str, gap: str) -> None:
    (fill,) = of_kind(Filled, after_candles(resting(side, limit), [candle(1, gap)]))
    assert fill.price == d(gap.split(maxsplit=1)[0])
    assert fill.liquidity is Liquidity.MAKER
    assert fill.at == START + FIVE


def test_the_spread_stands_between_the_range_and_the_order() -> None:
    venue = resting()
    after_candles(venue, [candle(1, "100 100 100 100", bid="99.9", ask="100.5")])
    assert not after_candles(venue, [candle(2, "100 100 98.5 100", bid="99.9", ask="100.5")])
    assert fills(after_candles(venue, [candle(3, "100 100 98.4 100")])) == [("l", d("1"), d("99"))]


def test_one_that_arrives_marketable_takes_but_never_beyond_its_price() -> None:
    venue = exchange(replace(SMOOTH, slippage=d("0.005")))
    venue.submit([ticket("l", BUY, "1", limit="100.3"), ticket("m", BUY, "1", limit="100.9")])
    reports = after_candles(venue, [candle(0, "100 101 99 100")])
    assert fills(reports) == [("l", d("1"), d("100.3")), ("m", d("1"), d("100.5"))]
    assert {fill.liquidity for fill in of_kind(Filled, reports)} == {Liquidity.TAKER}


def test_the_rest_goes_on_in_the_next_candle() -> None:
    venue = resting(quantity="1", rules=replace(SMOOTH, volume_share=d("0.1")))
    assert fills(after_candles(venue, [candle(1, "100 100 98 99", volume="6")])) == [("l", d("0.6"), d("99"))]
    assert not after_candles(venue, [candle(2, "100 100 99.5 100", volume="6")])
    assert fills(after_candles(venue, [candle(3, "100 100 98 99", volume="6")])) == [("l", d("0.4"), d("99"))]


def test_one_that_takes_part_rests_with_the_rest_and_trades_once_in_a_candle() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit([ticket("l", BUY, "1", limit="100")])
    reports = after_candles(venue, [candle(0, "100 100 95 96", volume="6")])
    assert told(reports) == ["l Submitted", "l Filled", "l Accepted"]
    assert fills(after_candles(venue, [candle(1, "95 96 94 95", volume="60")])) == [("l", d("0.4"), d("95"))]


def test_a_lot_is_not_divided() -> None:
    venue = resting(rules=replace(SMOOTH, volume_share=d("0.1")))
    assert not after_candles(venue, [candle(1, "100 100 98 99", volume="0.0099")])


def test_whether_it_is_marketable_is_a_matter_of_the_quote() -> None:
    venue = exchange()
    venue.submit([ticket("l", BUY, "1", limit="100.3")])
    reports = after_candles(venue, [candle(0, "100 101 100 100", bid="99.9", ask="100.6")])
    assert told(reports) == ["l Submitted", "l Accepted"]
