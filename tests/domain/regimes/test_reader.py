"""Regimes: equal to TA-Lib and numpy at every close, confirmed by candles in a row, and of closed candles alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import talib

from domain.candle import Candle
from domain.errors import InvalidInput
from domain.indicators import efficiency_ratio
from domain.regime import Regime
from domain.regimes.reader import Confirmed, RegimeReader, RegimeReaders, changes_on, regime_of
from domain.regimes.settings import RegimeSettings
from tests.domain.tapes import bybit_5m, prices_of, walk
from tests.replacing import replace

ONE = RegimeSettings(confirmations=1, volatile_window=50)


def confirmed(candles: Sequence[Candle], settings: RegimeSettings = ONE) -> list[Confirmed | None]:
    reader = RegimeReader(settings)
    found: list[Confirmed | None] = []
    for candle in candles:
        reader.take(candle)
        found.append(reader.confirmed)
    return found


@pytest.fixture(scope="module")
def recorded(market_data: Path) -> Sequence[Candle]:
    return bybit_5m(market_data, "ETHUSDT")[:2_000]


def test_every_figure_equals_another_computation(recorded: Sequence[Candle]) -> None:
    prices = prices_of(recorded)
    strength = talib.ADX(prices.highs, prices.lows, prices.closes, 14)
    shares = talib.ATR(prices.highs, prices.lows, prices.closes, 14) / prices.closes
    efficiency = efficiency_ratio(prices.closes, 20)
    begin = 27 + 50
    found = confirmed(recorded)
    assert found[begin - 1] is None
    for bar in range(begin, len(recorded)):
        one = found[bar]
        assert one is not None
        percentile = float(np.count_nonzero(shares[bar - 50 : bar] < shares[bar])) / 50
        figures = (one.shown.adx, one.shown.efficiency, one.shown.atr_share, one.shown.percentile)
        assert figures == pytest.approx((strength[bar], efficiency[bar], shares[bar], percentile), rel=1e-9)
    assert {one.shown.regime for one in found if one is not None} == set(Regime)


@pytest.mark.parametrize(
    ("adx", "efficiency", "percentile", "regime"),
    [
        (25.0, 0.3, 0.89, Regime.TREND),
        (24.9, 0.3, 0.0, Regime.RANGE),
        (25.0, 0.29, 0.0, Regime.RANGE),
        (60.0, 0.9, 0.9, Regime.VOLATILE),
        (10.0, 0.1, 1.0, Regime.VOLATILE),
    ],
)
def test_a_regime_is_shown_from_its_limits_on(
    adx: float, efficiency: float, percentile: float, regime: Regime
) -> None:
    assert regime_of(adx, efficiency, percentile, RegimeSettings()) is regime


def test_a_regime_is_confirmed_by_so_many_candles_in_a_row(recorded: Sequence[Candle]) -> None:
    shown = [None if one is None else one.shown.regime for one in confirmed(recorded)]
    strict = confirmed(recorded, replace(ONE, confirmations=4))
    in_force: Regime | None = None
    for bar, one in enumerate(strict):
        last = shown[max(0, bar - 3) : bar + 1]
        if len(last) == 4 and last[0] is not None and len(set(last)) == 1:
            in_force = last[0]
        assert (None if one is None else one.shown.regime) is in_force


def test_more_confirmations_make_fewer_changes(recorded: Sequence[Candle]) -> None:
    counts = [len(changes_on(replace(ONE, confirmations=number), recorded)) for number in (1, 3, 10)]
    assert counts[0] > counts[1] > counts[2] > 1


@pytest.mark.parametrize("cut", [300, 1_000, 1_777])
def test_later_candles_change_no_regime_of_an_earlier_close(recorded: Sequence[Candle], cut: int) -> None:
    changed = [replace(one, high=one.high * 2, close=one.close * 2) for one in recorded[cut:]]
    whole = confirmed(recorded)
    assert confirmed([*recorded[:cut], *changed])[:cut] == whole[:cut]
    assert confirmed(recorded[:cut]) == whole[:cut]


def test_changes_are_where_the_confirmed_regime_differs_from_the_one_before(
    recorded: Sequence[Candle],
) -> None:
    settings = replace(ONE, confirmations=2)
    regimes = [None if one is None else one.shown.regime for one in confirmed(recorded, settings)]
    expected = [
        candle.close_time
        for candle, before, after in zip(recorded[1:], regimes, regimes[1:], strict=False)
        if after is not before
    ]
    assert [one.close_time for one in changes_on(settings, recorded)] == expected


def test_a_coarser_interval_is_read_where_its_candle_has_closed() -> None:
    candles = walk(5, 2_500)
    settings = RegimeSettings(confirmations=1, interval="1h", volatile_window=50)
    readers = RegimeReaders(settings)
    found = [readers.take(candle) for candle in candles]
    assert any(found)
    assert all(one is None for one, candle in zip(found, candles, strict=True) if candle.close_time.minute)


def test_an_interval_that_cannot_be_built_is_refused_by_the_setting() -> None:
    readers = RegimeReaders(RegimeSettings(confirmations=1, interval="1m"))
    with pytest.raises(InvalidInput, match=r"regimes\.interval: candles of 1m cannot be built"):
        readers.take(walk(1, 1)[0])
