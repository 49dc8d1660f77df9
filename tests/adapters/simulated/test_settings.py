"""Invalid rules, accounts and candles are refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulated import SimulatedExchange, SimulationRules
from domain.errors import InvalidInput, InvalidSettings
from domain.instrument import Instrument
from tests.adapters.simulated.scene import BTC, SMOOTH, after_candles, candle, d, exchange, instrument


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"slippage": d("-0.1")}, "slippage is out of range"),
        ({"slippage": d("NaN")}, "slippage is out of range"),
        ({"slippage": d("0.02")}, "beyond the price band"),
        ({"slippage": d("0.006"), "slippage_jitter": d("0.9")}, "beyond the price band"),
        ({"slippage_jitter": d("1.1")}, "slippage_jitter is out of range"),
        ({"volume_share": d("0")}, "volume_share is out of range"),
        ({"volume_share": d("1.01")}, "volume_share is out of range"),
        ({"price_band": d("0")}, "price_band is out of range"),
        ({"price_band": d("1")}, "price_band is out of range"),
        ({"price_band": d("Infinity")}, "price_band is out of range"),
        ({"latency": timedelta(microseconds=-1)}, "latency must not be negative"),
    ],
)
def test_a_rule_out_of_range_is_refused_by_name(rules: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSettings, match=message):
        SimulationRules(**rules)


@pytest.mark.parametrize(
    ("listed", "balance", "leverage", "message"),
    [
        ({BTC.id: BTC}, "-1", "1", "starting balance"),
        ({BTC.id: BTC}, "NaN", "1", "starting balance"),
        ({BTC.id: BTC}, "1", "0.5", "leverage must be at least 1"),
        ({BTC.id: BTC}, "1", "101", "leverage 101 is too much"),
        ({BTC.id: instrument(maintenance_margin=Decimal("0.02"))}, "1", "50", "leverage 50 is too much"),
        ({"BTCUSDT-SPOT.BYBIT": BTC}, "1", "1", "LINEAR instruments"),
        ({"BTCUSD-INVERSE.BYBIT": BTC}, "1", "1", "LINEAR instruments"),
    ],
)
def test_an_invalid_balance_leverage_or_instrument_is_refused(
    listed: dict[str, Instrument], balance: str, leverage: str, message: str
) -> None:
    with pytest.raises(InvalidSettings, match=message):
        SimulatedExchange(listed, "USDT", d(balance), d(leverage), SMOOTH, 1)


def test_an_instrument_in_another_currency_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="currency USDC"):
        SimulatedExchange({BTC.id: BTC}, "USDC", d("1"), d("1"), SMOOTH, 1)


def test_a_candle_of_an_unlisted_instrument_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not traded here"):
        after_candles(exchange(), [candle(0, "1 1 1 1", of=instrument("DOGEUSDT"))])


def test_a_candle_before_the_end_of_the_previous_one_is_refused() -> None:
    venue = exchange()
    after_candles(venue, [candle(1, "1 1 1 1")])
    for n in (0, 1):
        with pytest.raises(InvalidInput, match="begins before the previous candle ends"):
            after_candles(venue, [candle(n, "1 1 1 1")])
