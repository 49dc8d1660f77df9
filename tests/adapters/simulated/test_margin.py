"""Margin, order cost, funding and liquidation, compared with figures calculated by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.simulated import SimulatedExchange
from adapters.simulated.holding import Holding
from adapters.simulated.margin import bankruptcy_price, liquidation_price, order_cost, position_margin
from commands.exchange import Funded, Liquidated
from domain.direction import Side
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
    of_kind,
    reasons,
    ticket,
)
from tests.replacing import replace

QUIET = "100 100.5 99.5 100"
TAKER = d("0.00055")


def position(side: Side = BUY, balance: str = "10000") -> SimulatedExchange:
    venue = exchange(balance=balance)
    venue.submit([ticket("e", side, "1")])
    after_candles(venue, [candle(0, QUIET)])
    return venue


@pytest.mark.parametrize(("side", "cost"), [(BUY, "5052.25"), (SELL, "5057.75")])
def test_order_cost_is_the_margin_and_the_fees_to_open_and_to_close(side: Side, cost: str) -> None:
    """1 BTC at 50,000 with 10x: 5,000 + 27.5 + the fee at the bankruptcy price (long 45,000, short 55,000)."""
    assert order_cost(side, d("1"), d("50000"), d("10"), TAKER) == d(cost)


@pytest.mark.parametrize(
    ("quantity", "liquidation", "bankruptcy"), [("1", "45250", "45000"), ("-1", "54750", "55000")]
)
def test_liquidation_and_bankruptcy_prices_follow_bybits_formulas(
    quantity: str, liquidation: str, bankruptcy: str
) -> None:
    """Entry 50,000, 10x, maintenance margin 0.5 %: liquidation after a loss of 5,000 - 250, bankruptcy after 5,000."""
    held = Holding(d(quantity), d("50000"))
    assert liquidation_price(held, BTC, d("10")) == d(liquidation)
    assert bankruptcy_price(held, d("10")) == d(bankruptcy)


def test_the_margin_of_a_position_includes_the_fee_to_close_it() -> None:
    """A figure recorded from Bybit: V / leverage + V (1 - 1 / leverage) x 0.00055 for a long position of value V."""
    assert position_margin(Holding(d("1"), d("50000")), d("10"), TAKER) == d("5000") + d("45000") * TAKER
    assert position_margin(Holding(), d("10"), TAKER) == 0


def test_a_position_reduces_the_available_balance_by_its_margin() -> None:
    venue = position()
    assert venue.balance == d("10000") - d("0.055")
    assert venue.available == venue.balance - d("10") - d("90") * TAKER


@pytest.mark.parametrize(
    ("side", "prices", "price", "closing"),
    [(BUY, "100 101 90.5 95", "90", SELL), (SELL, "100 109.5 99 105", "110", BUY)],
)
def test_a_position_whose_liquidation_price_is_reached_is_closed_at_the_bankruptcy_price(
    side: Side, prices: str, price: str, closing: Side
) -> None:
    venue = position(side)
    before = venue.balance
    (taken,) = of_kind(Liquidated, after_candles(venue, [candle(1, prices)]))
    assert (taken.price, taken.quantity, taken.side) == (d(price), d("1"), closing)
    assert taken.fee == d(price) * TAKER
    assert venue.balance == before - d("10") - taken.fee
    assert venue.position(BTC.id) == 0


def test_a_price_one_tick_before_the_liquidation_price_has_no_effect() -> None:
    assert not after_candles(position(), [candle(1, "100 101 90.6 95")])


def test_liquidation_cancels_every_order_first() -> None:
    venue = position()
    venue.submit([ticket("l", BUY, "1", limit="80", sent_at=START + FIVE)])
    venue.submit([ticket("t", SELL, "1", limit="120", reduce_only=True, sent_at=START + FIVE)])
    after_candles(venue, [candle(1, QUIET)])
    reports = after_candles(venue, [candle(2, "100 101 70 75")])
    assert kinds(reports) == ["l Cancelled", "t Cancelled", f"{BTC.id} Liquidated"]
    assert reasons(reports) == {"l": "CancelAllBeforeLiq", "t": "CancelAllBeforeLiq"}


def test_a_stop_that_is_reached_before_the_liquidation_price_fills_and_prevents_the_liquidation() -> None:
    venue = exchange()
    venue.submit(long_with("95", "120"))
    after_candles(venue, [candle(0, QUIET)])
    assert fills(after_candles(venue, [candle(1, "100 101 80 85")])) == [("e-stop", d("1"), d("95"))]


def test_a_stop_beyond_the_liquidation_price_is_cancelled_by_the_liquidation() -> None:
    venue = exchange()
    venue.submit(long_with("90.2", "120"))
    after_candles(venue, [candle(0, QUIET)])
    reports = after_candles(venue, [candle(1, "100 101 80 85")])
    assert kinds(reports) == ["e-stop Cancelled", "e-target Cancelled", f"{BTC.id} Liquidated"]


def test_the_quantity_a_stop_could_not_fill_is_liquidated() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit(long_with("95", "120"))
    after_candles(venue, [candle(0, QUIET)])
    reports = after_candles(venue, [candle(1, "100 101 80 85", volume="4")])
    assert fills(reports) == [("e-stop", d("0.4"), d("95"))]
    assert of_kind(Liquidated, reports)[0].quantity == d("0.6")


def test_an_open_beyond_stop_and_liquidation_price_liquidates_the_position() -> None:
    venue = exchange()
    venue.submit(long_with("95", "120"))
    after_candles(venue, [candle(0, QUIET)])
    (taken,) = of_kind(Liquidated, after_candles(venue, [candle(1, "85 86 84 85")]))
    assert (taken.at, taken.price) == (START + FIVE, d("90"))


def test_an_entry_can_be_liquidated_in_the_candle_of_its_fill() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1")])
    assert kinds(after_candles(venue, [candle(0, "100 101 90 95")]))[-1] == f"{BTC.id} Liquidated"


@pytest.mark.parametrize(
    ("side", "rate", "amount"),
    [
        (BUY, "0.0001", "-0.0102"),
        (BUY, "-0.0001", "0.0102"),
        (SELL, "0.0001", "0.0102"),
        (SELL, "-0.0001", "-0.0102"),
    ],
)
def test_at_a_positive_rate_longs_pay_and_shorts_receive_funding_on_the_value_at_the_close(
    side: Side, rate: str, amount: str
) -> None:
    venue = position(side)
    before = venue.balance
    (funded,) = of_kind(Funded, after_candles(venue, [candle(1, "100 103 99 102", funding=rate)]))
    assert (funded.amount, funded.at) == (d(amount), START + 2 * FIVE)
    assert venue.balance == before + d(amount)


def test_no_funding_is_reported_without_a_position_or_without_a_rate() -> None:
    assert not after_candles(exchange(), [candle(0, QUIET, funding="0.01")])
    assert not after_candles(position(), [candle(1, QUIET, funding="0")])


def test_a_position_opened_inside_a_candle_pays_the_candles_funding() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1")])
    reports = after_candles(venue, [candle(0, QUIET, funding="0.0001")])
    assert kinds(reports) == ["e Submitted", "e Filled", f"{BTC.id} Funded"]


def test_funding_beyond_the_balance_reduces_the_margin_and_moves_the_liquidation_price() -> None:
    venue = position(balance="10.2")
    assert kinds(after_candles(venue, [candle(1, QUIET, funding="0.02")])) == [f"{BTC.id} Funded"]
    assert abs(venue.available) < Decimal("1e-40")
    assert kinds(after_candles(venue, [candle(2, "100 100 92.4 93")])) == [f"{BTC.id} Liquidated"]


@pytest.mark.parametrize("leverage", ["1", "2", "50", "100"])
@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_liquidation_loses_no_more_than_the_margin_and_the_fees(leverage: str, side: Side) -> None:
    venue = exchange(leverage=leverage)
    venue.submit([ticket("e", side, "1")])
    after_candles(venue, [candle(0, "100 100 100 100")])
    gone = "0.1 0.1 0.1 0.1" if side is BUY else "900 900 900 900"
    (taken,) = of_kind(Liquidated, after_candles(venue, [candle(1, gone)]))
    lost = d("10000") - venue.balance
    assert lost <= d("100") / d(leverage) + d("0.055") + taken.fee


def test_a_new_position_has_its_whole_margin_after_funding_reduced_the_previous_one() -> None:
    venue = position(balance="10.2")
    after_candles(venue, [candle(1, QUIET, funding="0.02")])
    venue.submit([ticket("x", SELL, "1", reduce_only=True, sent_at=START + 2 * FIVE)])
    after_candles(venue, [candle(2, "110 110 110 110")])
    venue.submit([ticket("again", BUY, "1", sent_at=START + 3 * FIVE)])
    assert kinds(after_candles(venue, [candle(3, "100 100 91 95")])) == ["again Submitted", "again Filled"]
