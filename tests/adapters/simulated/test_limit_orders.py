"""A limit order that rests is filled at its own price, once the market trades beyond it."""

from __future__ import annotations

import pytest

from adapters.simulated import SimulatedExchange, SimulationRules
from commands.exchange import Filled
from domain.direction import Side
from domain.order import Liquidity
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
def test_a_resting_limit_order_fills_at_the_open_at_its_own_price_where_the_market_opens_beyond_it(
    side: Side, limit: str, gap: str
) -> None:
    (fill,) = of_kind(Filled, after_candles(resting(side, limit), [candle(1, gap)]))
    assert fill.price == d(limit)
    assert fill.liquidity is Liquidity.MAKER
    assert fill.at == START + FIVE


@pytest.mark.parametrize(("side", "limit", "touched"), [(BUY, "99", "99"), (SELL, "101", "101")])
def test_a_resting_limit_order_does_not_fill_where_the_market_opens_at_its_price(
    side: Side, limit: str, touched: str
) -> None:
    assert not after_candles(resting(side, limit), [candle(1, f"{touched} {touched} {touched} {touched}")])


@pytest.mark.parametrize(
    ("side", "limit", "crossed", "beyond"),
    [(BUY, "101", "100 100 100 100", "98 98 98 98"), (SELL, "99", "100 100 100 100", "102 102 102 102")],
)
def test_the_rest_of_a_limit_order_that_traded_on_arrival_rests_at_the_limit(
    side: Side, limit: str, crossed: str, beyond: str
) -> None:
    """The taker gets the market's price; its rest, inside the market by then, fills as a maker at its own price."""
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit([ticket("l", side, "2", limit=limit)])
    first, second = (
        of_kind(Filled, after_candles(venue, [candle(number, prices, volume=volume)]))[0]
        for number, prices, volume in ((0, crossed, "5"), (1, beyond, "100"))
    )
    assert (first.price, first.quantity, first.liquidity) == (d("100"), d("0.5"), Liquidity.TAKER)
    assert (second.price, second.quantity, second.liquidity) == (d(limit), d("1.5"), Liquidity.MAKER)


@pytest.mark.parametrize(("version", "price"), [(1, "97"), (2, "99")])
def test_version_1_of_the_rules_fills_a_resting_order_at_an_open_beyond_its_price(
    version: int, price: str
) -> None:
    venue = SimulatedExchange({BTC.id: BTC}, "USDT", d("10000"), d("10"), SMOOTH, 1, version)
    venue.submit([ticket("l", BUY, "1", limit="99")])
    after_candles(venue, [candle(0, "100 100 100 100")])
    assert fills(after_candles(venue, [candle(1, "97 98 96 97")])) == [("l", d("1"), d(price))]


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
    assert fills(after_candles(venue, [candle(1, "95 96 94 95", volume="60")])) == [("l", d("0.4"), d("100"))]


def test_a_volume_share_below_one_lot_fills_nothing() -> None:
    venue = resting(rules=replace(SMOOTH, volume_share=d("0.1")))
    assert not after_candles(venue, [candle(1, "100 100 98 99", volume="0.0099")])


def test_a_buy_limit_order_below_the_ask_rests_on_arrival() -> None:
    venue = exchange()
    venue.submit([ticket("l", BUY, "1", limit="100.3")])
    reports = after_candles(venue, [candle(0, "100 101 100 100", bid="99.9", ask="100.6")])
    assert kinds(reports) == ["l Submitted", "l Accepted"]
