"""A market order is filled at the open of the first candle after its arrival, with spread, slippage and taker fee."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.simulated import SimulationRules
from commands.exchange import Filled, Submitted
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
    reasons,
    ticket,
)
from tests.replacing import replace

SECOND = timedelta(seconds=1)


def test_a_market_order_is_acknowledged_and_filled_without_resting() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1")])
    reports = after_candles(venue, [candle(0, "100 101 99 100.5")])
    assert kinds(reports) == ["e Submitted", "e Filled"]
    assert fills(reports) == [("e", d("1"), d("100"))]


def test_an_order_is_filled_at_the_open_of_the_next_candle() -> None:
    venue = exchange()
    assert after_candles(venue, [candle(0, "100 101 99 100")]) == []
    venue.submit([ticket("e", BUY, "1", sent_at=START + FIVE)])
    assert fills(after_candles(venue, [candle(1, "100.2 101 99 100")])) == [("e", d("1"), d("100.2"))]


def test_an_order_does_not_trade_in_a_candle_that_began_before_it_was_sent() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1", sent_at=START + SECOND)])
    assert not after_candles(venue, [candle(0, "100 101 99 100")])
    assert fills(after_candles(venue, [candle(1, "105 106 104 105")])) == [("e", d("1"), d("105"))]


@pytest.mark.parametrize(
    ("latency", "filled_in"),
    [(SECOND, 0), (FIVE - SECOND, 0), (FIVE, 1), (FIVE + SECOND, 1), (3 * FIVE, 3)],
    ids=["1 s", "1 s less than a candle", "a candle", "1 s more than a candle", "three candles"],
)
def test_latency_delays_a_fill_by_whole_candles_only(latency: timedelta, filled_in: int) -> None:
    venue = exchange(replace(SMOOTH, latency=latency))
    patient = ticket("e", BUY, "1")
    venue.submit([replace(patient, terms=replace(patient.terms, fresh_until=START + 9 * FIVE))])
    candles = [candle(n, f"{100 + n} {101 + n} {99 + n} {100 + n}") for n in range(5)]
    found = [n for n, one in enumerate(candles) if fills(after_candles(venue, [one]))]
    assert found == [filled_in]


def test_the_reports_of_an_order_have_its_time_of_arrival() -> None:
    venue = exchange(replace(SMOOTH, latency=SECOND))
    venue.submit([ticket("e", BUY, "1")])
    assert {report.at for report in after_candles(venue, [candle(0, "100 101 99 100")])} == {START + SECOND}


def test_an_order_that_arrived_between_candles_is_processed_at_the_next_open() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1")])
    reports = after_candles(venue, [candle(7, "100 101 99 100")])
    assert {report.at for report in reports} == {START + 7 * FIVE}


@pytest.mark.parametrize(("side", "price"), [(BUY, "100.2"), (SELL, "99.8")], ids=["a buy", "a sell"])
def test_slippage_moves_and_rounds_the_price_against_the_order(side: Side, price: str) -> None:
    venue = exchange(replace(SMOOTH, slippage=d("0.0011")))
    venue.submit([ticket("e", side, "1")])
    assert fills(after_candles(venue, [candle(0, "100 101 99 100")])) == [("e", d("1"), d(price))]


@pytest.mark.parametrize(("side", "price"), [(BUY, "100.4"), (SELL, "99.7")], ids=["a buy", "a sell"])
def test_an_order_pays_the_spread_of_the_previous_candle(side: Side, price: str) -> None:
    venue = exchange()
    after_candles(venue, [candle(0, "100 101 99 101", bid="100.7", ask="101.4")])
    venue.submit([ticket("e", side, "1", sent_at=START + FIVE)])
    assert fills(after_candles(venue, [candle(1, "100 101 99 100", bid="90", ask="110")])) == [
        ("e", d("1"), d(price))
    ]


def test_an_order_in_the_first_candle_pays_that_candles_spread() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1")])
    assert fills(after_candles(venue, [candle(0, "100 101 99 100", bid="99.9", ask="100.3")]))[0][2] == d(
        "100.3"
    )


def test_a_market_order_pays_the_taker_fee_in_quote_currency() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "2")])
    (fill,) = of_kind(Filled, after_candles(venue, [candle(0, "100 101 99 100")]))
    assert (fill.fee, fill.fee_currency, fill.liquidity) == (d("0.11"), "USDT", Liquidity.TAKER)
    assert venue.balance == d("9999.89")


def test_the_quantity_beyond_the_volume_share_is_cancelled() -> None:
    venue = exchange(replace(SMOOTH, volume_share=d("0.1")))
    venue.submit([ticket("e", BUY, "1")])
    reports = after_candles(venue, [candle(0, "100 101 99 100", volume="4.0079")])
    assert fills(reports) == [("e", d("0.4"), d("100"))]
    assert kinds(reports)[-1] == "e Cancelled"
    assert reasons(reports) == {"e": "EC_NoImmediateQtyToFill"}
    assert not after_candles(venue, [candle(1, "100 101 99 100")])


def test_a_market_order_in_a_candle_without_volume_is_rejected() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1")])
    reports = after_candles(venue, [candle(0, "100 100 100 100", volume="0")])
    assert kinds(reports) == ["e Submitted", "e Rejected"]
    assert reasons(reports) == {"e": "EC_NoImmediateQtyToFill"}


def test_a_fill_that_reverses_the_position_is_split_into_two_executions() -> None:
    venue = exchange()
    venue.submit([ticket("a", BUY, "1")])
    after_candles(venue, [candle(0, "100 101 99 100")])
    venue.submit([ticket("b", SELL, "3", sent_at=START + FIVE)])
    reports = after_candles(venue, [candle(1, "110 111 109 110")])
    assert fills(reports) == [("b", d("1"), d("110")), ("b", d("2"), d("110"))]
    assert len({fill.execution_id for fill in of_kind(Filled, reports)}) == 2
    assert venue.position(candle(1, "1 1 1 1").instrument) == d("-2")


def test_a_repeated_ticket_has_no_effect() -> None:
    venue = exchange()
    once = ticket("e", BUY, "1")
    venue.submit([once, once])
    venue.submit([once])
    assert len(of_kind(Submitted, after_candles(venue, [candle(0, "100 101 99 100")]))) == 1
    venue.submit([once])
    assert not after_candles(venue, [candle(1, "100 101 99 100")])


def test_slippage_jitter_depends_on_seed_order_and_execution_alone() -> None:
    rules = SimulationRules(slippage=d("0.005"), slippage_jitter=Decimal(1))

    def price(seed: int, before: int) -> Decimal:
        venue = exchange(rules, seed=seed)
        venue.submit([ticket(f"x{n}", BUY, "0.1") for n in range(before)])
        venue.submit([ticket("e", BUY, "0.1")])
        return fills(after_candles(venue, [candle(0, "100 101 99 100")]))[-1][2]

    assert price(1, 0) == price(1, 5)
    prices = {price(seed, 0) for seed in range(40)}
    assert len(prices) > 3
    assert min(prices) >= d("100")
    assert max(prices) <= d("101")
