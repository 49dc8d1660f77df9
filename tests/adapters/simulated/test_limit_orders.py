"""A limit order is filled once the market trades beyond its price, and never at a better price than the market's."""

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
    kinds,
    of_kind,
    ticket,
)
from tests.replacing import replace


def resting(
    side: Side = BUY, limit: str = "99", quantity: str = "1", rules: SimulationRules = SMOOTH
) -> SimulatedExchange:
    venue = exchange(rules)
    venue.submit([ticket("l", side, quantity, limit=limit)])
    assert kinds(after_candles(venue, [candle(0, "100 100 100 100")])) == ["l Submitted", "l Accepted"]
    return venue


@pytest.mark.parametrize(
    ("side", "limit", "touched", "through"),
    [(BUY, "99", "100 101 99 100", "100 101 98.9 100"), (SELL, "101", "100 101 99 100", "100 101.1 99 100")],
)
def test_a_limit_order_fills_one_tick_beyond_its_price_and_not_at_its_price(
    side: Side, limit: str, touched: str, through: str
) -> None:
    venue = resting(side, limit)
    assert not after_candles(venue, [candle(1, touched)])
    assert fills(after_candles(venue, [candle(2, through)])) == [("l", d("1"), d(limit))]


def test_a_resting_limit_order_reached_inside_a_candle_fills_at_its_price_as_a_maker() -> None:
    (fill,) = of_kind(Filled, after_candles(resting(), [candle(1, "100 101 95 100")]))
    assert (fill.price, fill.liquidity, fill.fee) == (d("99"), Liquidity.MAKER, d("0.0198"))
    assert fill.at == START + 2 * FIVE


@pytest.mark.parametrize(
    ("side", "limit", "gap"), [(BUY, "99", "97 98 96 97"), (SELL, "101", "103 104 102 103")]
)
def test_a_resting_limit_order_fills_at_the_open_where_the_market_opens_beyond_its_price(
    side: Side, limit: str, gap: str
) -> None:
    (fill,) = of_kind(Filled, after_candles(resting(side, limit), [candle(1, gap)]))
    assert fill.price == d(gap.split(maxsplit=1)[0])
    assert fill.liquidity is Liquidity.MAKER
    assert fill.at == START + FIVE


def test_a_buy_limit_order_fills_only_when_the_ask_falls_below_its_price() -> None:
    venue = resting()
    after_candles(venue, [candle(1, "100 100 100 100", bid="99.9", ask="100.5")])
    assert not after_candles(venue, [candle(2, "100 100 98.5 100", bid="99.9", ask="100.5")])
    assert fills(after_candles(venue, [candle(3, "100 100 98.4 100")])) == [("l", d("1"), d("99"))]


def test_a_limit_order_that_can_trade_on_arrival_is_a_taker_and_pays_at_most_its_limit() -> None:
    venue = exchange(replace(SMOOTH, slippage=d("0.005")))
    venue.submit([ticket("l", BUY, "1", limit="100.3"), ticket("m", BUY, "1", limit="100.9")])
    reports = after_candles(venue, [candle(0, "100 101 99 100")])
    assert fills(reports) == [("l", d("1"), d("100.3")), ("m", d("1"), d("100.5"))]
    assert {fill.liquidity for fill in of_kind(Filled, reports)} == {Liquidity.TAKER}


def test_the_rest_of_a_limit_order_fills_in_later_candles() -> None:
    venue = resting(quantity="1", rules=replace(SMOOTH, volume_share=d("0.1")))
    assert fills(after_candles(venue, [candle(1, "100 100 98 99", volume="6")])) == [("l", d("0.6"), d("99"))]
    assert not after_candles(venue, [candle(2, "100 100 99.5 100", volume="6")])
    assert fills(after_candles(venue, [candle(3, "100 100 98 99", volume="6")])) == [("l", d("0.4"), d("99"))]


def test_a_partly_filled_limit_order_rests_and_trades_only_once_in_a_candle() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit([ticket("l", BUY, "1", limit="100")])
    reports = after_candles(venue, [candle(0, "100 100 95 96", volume="6")])
    assert kinds(reports) == ["l Submitted", "l Filled", "l Accepted"]
    assert fills(after_candles(venue, [candle(1, "95 96 94 95", volume="60")])) == [("l", d("0.4"), d("95"))]


def test_a_volume_share_below_one_lot_fills_nothing() -> None:
    venue = resting(rules=replace(SMOOTH, volume_share=d("0.1")))
    assert not after_candles(venue, [candle(1, "100 100 98 99", volume="0.0099")])


def test_a_buy_limit_order_below_the_ask_rests_on_arrival() -> None:
    venue = exchange()
    venue.submit([ticket("l", BUY, "1", limit="100.3")])
    reports = after_candles(venue, [candle(0, "100 101 100 100", bid="99.9", ask="100.6")])
    assert kinds(reports) == ["l Submitted", "l Accepted"]
