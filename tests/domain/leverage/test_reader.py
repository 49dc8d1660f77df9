"""Volatility: equal to TA-Lib at every close, a step confirmed by candles in a row, and of closed candles alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import talib

from domain.candle import Candle
from domain.coarser import CoarserCandles
from domain.leverage.reader import Confirmed, VolatilityReader, VolatilityReaders, changes_on, step_of
from domain.leverage.settings import LeverageSettings, steps_of
from tests.domain.tapes import bybit_5m, prices_of
from tests.replacing import replace

BEGIN = datetime(2025, 3, 30, tzinfo=UTC)
ONE = LeverageSettings(confirmations=1, steps=("0:20", "0.0025:10", "0.004:5"))


def confirmed(candles: Sequence[Candle], settings: LeverageSettings = ONE) -> list[Confirmed | None]:
    reader = VolatilityReader(settings)
    found: list[Confirmed | None] = []
    for candle in candles:
        reader.take(candle)
        found.append(reader.confirmed)
    return found


@pytest.fixture(scope="module")
def recorded(market_data: Path) -> Sequence[Candle]:
    return bybit_5m(market_data, "ETHUSDT")[:2_000]


def test_the_volatility_of_every_close_is_that_of_ta_lib_and_its_step_the_last_one_reached(
    recorded: Sequence[Candle],
) -> None:
    prices = prices_of(recorded)
    shares = talib.ATR(prices.highs, prices.lows, prices.closes, 14) / prices.closes
    found = confirmed(recorded)
    assert found[13] is None
    for bar in range(14, len(recorded)):
        one = found[bar]
        assert one is not None
        assert one.volatility == pytest.approx(shares[bar], rel=1e-9)
        by_hand = 5 if shares[bar] >= 0.004 else 10 if shares[bar] >= 0.0025 else 20
        assert one.step.leverage == by_hand
    assert {one.step.leverage for one in found if one is not None} == {5, 10, 20}


@pytest.mark.parametrize(
    ("volatility", "leverage"),
    [(0.0, 20), (0.01499, 20), (0.015, 10), (0.02999, 10), (0.03, 5), (0.8, 5)],
)
def test_a_step_of_the_default_table_begins_at_its_volatility(volatility: float, leverage: int) -> None:
    assert step_of(volatility, steps_of(LeverageSettings().steps)).leverage == leverage


def a_candle(number: int, span: str) -> Candle:
    """A candle that closes at 100 in the middle of its span, which is its true range and a percentage of the price."""
    half = Decimal(span) / 2
    begin = BEGIN + timedelta(minutes=5 * number)
    return Candle(
        instrument="ETHUSDT-LINEAR.BYBIT",
        interval=timedelta(minutes=5),
        open_time=begin,
        open=Decimal(100),
        high=100 + half,
        low=100 - half,
        close=Decimal(100),
        volume=Decimal(1),
    )


def test_a_step_is_confirmed_by_candles_in_a_row_and_one_in_between_begins_the_row_anew() -> None:
    """ATR(2) by hand: (before + range) / 2 after a first mean of 2 true ranges, beginning at the third candle."""
    spans = ["1", "1", "1", "1", "4", "1", "4", "4", "4"]
    volatilities = [None, None, 0.01, 0.01, 0.025, 0.0175, 0.02875, 0.034375, 0.0371875]
    settings = LeverageSettings(confirmations=2, period=2)
    found = confirmed([a_candle(number, span) for number, span in enumerate(spans)], settings)
    assert [None if one is None else one.step.leverage for one in found] == [
        None,
        None,
        None,
        20,
        20,
        10,
        10,
        10,
        5,
    ]
    alone = confirmed(
        [a_candle(number, span) for number, span in enumerate(spans)], replace(settings, confirmations=1)
    )
    assert [None if one is None else one.volatility for one in alone] == pytest.approx(volatilities)


def test_later_candles_change_nothing_that_was_confirmed_before(recorded: Sequence[Candle]) -> None:
    whole = confirmed(recorded[:400])
    assert whole[:200] == confirmed(recorded[:200])


def test_candles_of_a_coarser_interval_are_read_as_they_close(recorded: Sequence[Candle]) -> None:
    settings = replace(ONE, interval="1h", period=5)
    readers, coarser, reader = (
        VolatilityReaders(settings),
        CoarserCandles(timedelta(hours=1)),
        VolatilityReader(settings),
    )
    for candle in recorded:
        readers.take(candle)
        for one in coarser.take(candle):
            reader.take(one)
        assert readers.confirmed_of(candle.instrument) == reader.confirmed
    assert reader.confirmed is not None


def test_changes_are_the_closes_at_which_another_leverage_is_confirmed(recorded: Sequence[Candle]) -> None:
    leverages = [None if one is None else one.step.leverage for one in confirmed(recorded)]
    expected = [
        candle
        for candle, before, now in zip(recorded, [None, *leverages], leverages, strict=False)
        if now is not None and now != before
    ]
    assert changes_on(ONE, recorded) == expected
    assert len(expected) > 3


@pytest.mark.parametrize("settings", [ONE, replace(ONE, confirmations=3), replace(ONE, period=60)])
def test_a_reader_of_the_span_of_the_settings_confirms_what_a_reader_of_all_candles_does(
    recorded: Sequence[Candle], settings: LeverageSettings
) -> None:
    bars = settings.span(timedelta(minutes=5)) // timedelta(minutes=5)
    for end in range(bars, len(recorded), 97):
        whole = confirmed(recorded[:end], settings)[-1]
        part = confirmed(recorded[end - bars : end], settings)[-1]
        assert whole is not None
        assert part is not None
        assert part.volatility == pytest.approx(whole.volatility, rel=1e-3)
