"""The features of `core.1`: equal to a slow version from all candles, with gaps, young tapes and a missing BTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest

from commands.features import span_of
from domain.direction import Direction
from domain.features.bars import LONGEST_BARS, Bars
from domain.features.core import COMPUTED, CORE_1
from domain.features.reader import FeatureReader
from domain.model import ModelInForce, ModelsInForce
from domain.portfolio import EMPTY, Portfolio
from domain.settings import Settings
from domain.signal import SignalDetected
from tests.domain.features.markets import Tapes, a_market, a_signal_at, in_order, rows_read
from tests.domain.features.slow import slow_row
from tests.domain.history import (
    BTC,
    ETH,
    NOW,
    D,
    a_closing,
    a_decision,
    a_signal,
    an_open_day,
    an_opening,
    money,
)

ACCOUNT = ("open_risk_share", "drawdown", "positions_held", "losses_in_a_row", "position_held")


def closes(tapes: Tapes, step: int) -> Sequence[datetime]:
    """Every so many closes of ETH."""
    return [one.close_time for one in tapes[ETH]][::step]


def figures(portfolio: Portfolio, signal: SignalDetected) -> Mapping[str, float | None]:
    """The features without any candle."""
    row = FeatureReader().row(signal, NOW, portfolio)
    return dict(zip(CORE_1.names, row.values, strict=True))


@pytest.mark.parametrize(("seed", "gaps"), [(1, 0.0), (2, 0.0), (3, 0.1), (4, 0.4)])
def test_every_feature_equals_its_slow_version_on_random_candles(seed: int, gaps: float) -> None:
    tapes = a_market(seed, 1_300, gaps)
    times = closes(tapes, 37)
    missing = dict.fromkeys(CORE_1.names, 0)
    for at, row in zip(times, rows_read(tapes, times), strict=True):
        expected = slow_row(tapes, ETH, BTC, a_signal_at(tapes, at), at) | dict.fromkeys(ACCOUNT)
        found = dict(zip(CORE_1.names, row.values, strict=True))
        assert found.keys() == expected.keys()
        for name, value in found.items():
            missing[name] += value is None
            if value is None or expected[name] is None:
                assert value is expected[name], (name, at)
            else:
                assert value == pytest.approx(expected[name], rel=1e-7, abs=1e-9), (name, at)
    for name, count in missing.items():
        assert name in ACCOUNT or name.startswith("correlation") or count < len(times) / 2, name


def test_every_figure_that_is_counted_in_candles_has_a_value_after_the_longest_window_and_not_before() -> (
    None
):
    candles = a_market(7, LONGEST_BARS)[ETH]
    bars = Bars(candles[0])
    for candle in candles[:-1]:
        bars.take(candle)
    assert bars.atr_percentile() is None
    bars.take(candles[-1])
    figures_of = (bars.atr_percentile(), bars.adx.value, bars.rsi.value, bars.atr_share(), bars.efficiency())
    assert None not in figures_of
    span = span_of(in_force_of(), timedelta(hours=1))
    assert span == timedelta(hours=LONGEST_BARS + 1)


def in_force_of() -> ModelsInForce:
    return ModelsInForce(champion=ModelInForce("main", "a" * 64, CORE_1.id))


def test_the_set_has_distinct_names_and_a_function_for_each() -> None:
    assert CORE_1.id == "core.1"
    assert len(set(CORE_1.names)) == len(COMPUTED) == len(CORE_1.features)
    assert 25 <= len(CORE_1.features) <= 40


def test_btc_is_correlated_with_itself_and_an_instrument_in_another_currency_with_nothing() -> None:
    reader, tapes = FeatureReader(), a_market(5, 120)
    for candle in in_order(tapes):
        reader.take(candle)
    at = tapes[ETH][-1].close_time
    place = CORE_1.names.index("correlation_btc")
    assert reader.row(a_signal_at(tapes, at, BTC), at, EMPTY).values[place] == 1.0
    other = a_signal(instrument="ETHUSDC-LINEAR.BYBIT")
    assert reader.row(other, at, EMPTY).values[place] is None


def test_the_account_is_that_of_its_positions_and_closed_trades() -> None:
    lost = (
        an_open_day()
        .signal(a_signal(), a_decision())
        .position(an_opening())
        .account(money(D(-500), D(9_500)))
        .position(a_closing(D(-500), D(9_500)))
    )
    held = lost.position(an_opening(quantity=D(10), price=D(100), cost=D(1000), stop=D(98)), n=2)
    long, short = a_signal(), a_signal(direction=Direction.SHORT)
    expected = {
        "open_risk_share": 20 / 9_500,
        "drawdown": 0.05,
        "positions_held": 1.0,
        "losses_in_a_row": 1.0,
        "position_held": 1.0,
    }
    found = figures(held.portfolio(), long)
    assert {name: found[name] for name in ACCOUNT} == pytest.approx(expected)
    assert figures(held.portfolio(), short)["position_held"] == -1.0
    assert figures(held.portfolio(), a_signal(instrument=ETH))["position_held"] == 0.0


def test_exposure_without_a_stop_has_no_share_of_risk() -> None:
    naked = an_opening(stop=None, direction=Direction.SHORT)
    held = an_open_day(Settings()).position(naked, direction=Direction.SHORT)
    assert figures(held.portfolio(), a_signal())["open_risk_share"] is None


def test_an_account_that_was_never_opened_has_no_figures() -> None:
    found = figures(EMPTY, a_signal())
    assert [found[name] for name in ACCOUNT] == [None] * len(ACCOUNT)


def test_hour_and_weekday_are_the_features_of_the_calendar() -> None:
    assert CORE_1.calendar == {"hour", "weekday"}
