"""Several instruments share the account, and reports come in order of time."""

from __future__ import annotations

from datetime import timedelta

from adapters.simulated import SimulatedExchange, SimulationRules
from domain.instrument import Instrument
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
    instrument,
    kinds,
    long_with,
    ticket,
)
from tests.replacing import replace

ETH = instrument("ETHUSDT")
QUIET = "100 101 99 100"


def both(balance: str = "10000", rules: SimulationRules = SMOOTH) -> SimulatedExchange:
    return SimulatedExchange({BTC.id: BTC, ETH.id: ETH}, "USDT", d(balance), d("10"), rules, 1)


def test_instruments_share_the_balance() -> None:
    venue = both("10.2")
    venue.submit([ticket("b", BUY, "1"), ticket("x", BUY, "1", of=ETH)])
    reports = after_candles(venue, [candle(0, QUIET), candle(0, QUIET, of=ETH)])
    assert kinds(reports) == ["b Submitted", "b Filled", "x Rejected"]


def test_every_open_is_processed_before_the_inside_of_any_candle() -> None:
    venue = both(rules=replace(SMOOTH, latency=timedelta(seconds=1)))
    venue.submit(long_with("95", "120"))
    after_candles(venue, [candle(0, QUIET), candle(0, QUIET, of=ETH)])
    venue.submit([ticket("x", BUY, "1", of=ETH, sent_at=START + FIVE)])
    reports = after_candles(venue, [candle(1, "100 101 94 95"), candle(1, QUIET, of=ETH)])
    assert kinds(reports)[:3] == ["x Submitted", "x Filled", "e-stop Triggered"]
    assert [report.at for report in reports] == sorted(report.at for report in reports)


def test_a_late_arrival_in_one_market_is_reported_after_the_open_of_another() -> None:
    venue = both(rules=replace(SMOOTH, latency=timedelta(seconds=1)))
    venue.submit([ticket("x", BUY, "1", of=ETH, limit="99")])
    after_candles(venue, [candle(0, "100 101 99.5 100"), candle(0, "100 101 99.5 100", of=ETH)])
    venue.submit([ticket("b", BUY, "1", sent_at=START + FIVE)])
    reports = after_candles(venue, [candle(1, QUIET), candle(1, "98 99 97 98", of=ETH)])
    assert kinds(reports) == ["x Filled", "b Submitted", "b Filled"]


def test_the_order_of_candles_decides_which_order_gets_the_last_balance() -> None:
    def rejected(*order: Instrument) -> str:
        venue = both("10.2")
        venue.submit([ticket(f"o-{one.base}", SELL, "1", of=one) for one in (BTC, ETH)])
        return kinds(after_candles(venue, [candle(0, QUIET, of=one) for one in order]))[-1]

    assert rejected(BTC, ETH) == "o-ETH Rejected"
    assert rejected(ETH, BTC) == "o-BTC Rejected"


def test_an_order_waits_for_a_candle_of_its_instrument() -> None:
    venue = both()
    venue.submit([ticket("x", BUY, "1", of=ETH)])
    assert not after_candles(venue, [candle(0, QUIET)])
    assert kinds(after_candles(venue, [candle(1, QUIET, of=ETH)])) == ["x Submitted", "x Filled"]
