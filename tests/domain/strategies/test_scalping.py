"""The proposals of scalping: a second implementation with TA-Lib, each rule alone, and the levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import talib

from domain.candle import Candle
from domain.direction import Direction
from domain.errors import InvalidSettings
from domain.strategies import Intent, Proposal
from domain.strategies.scalping import Scalping
from domain.strategies.scalping_parameters import ScalpingParameters
from tests.domain.tapes import BYBIT_5M, bybit_5m, prices_of, walk
from tests.replacing import replace

Expected = tuple[int, Direction, Intent]
NIMBLE = ScalpingParameters(fast=3, slow=6, rsi=5, rsi_overbought=90.0, rsi_oversold=10.0, pullback_atrs=1.0)


def proposed(parameters: ScalpingParameters, candles: Sequence[Candle]) -> dict[int, Proposal]:
    proposals = enumerate(Scalping(parameters).scan(candles))
    return {bar: proposal for bar, proposal in proposals if proposal is not None}


def entries(parameters: ScalpingParameters, candles: Sequence[Candle]) -> dict[int, Proposal]:
    return {bar: p for bar, p in proposed(parameters, candles).items() if p.intent is Intent.ENTER}


def by_talib(candles: Sequence[Candle], p: ScalpingParameters) -> list[Expected]:
    """The expected proposals, by the same rule with TA-Lib's indicators, one bar after the other."""
    prices = prices_of(candles)
    fast, slow = talib.EMA(prices.closes, p.fast), talib.EMA(prices.closes, p.slow)
    momentum = talib.RSI(prices.closes, p.rsi)
    spans = talib.ATR(prices.highs, prices.lows, prices.closes, p.atr)
    found: list[Expected] = []
    first = max(p.slow, p.rsi, p.atr)
    for bar in range(first, len(candles)):
        average, number = session_of(candles, bar)
        low = prices.lows[max(0, bar - p.pullback_bars + 1) : bar + 1].min()
        high = prices.highs[max(0, bar - p.pullback_bars + 1) : bar + 1].max()
        close, near, late = prices.closes[bar], p.pullback_atrs * spans[bar], number >= p.session_bars
        rose = close > fast[bar] and prices.closes[bar - 1] < fast[bar - 1]
        fell = close < fast[bar] and prices.closes[bar - 1] > fast[bar - 1]
        long = fast[bar] > slow[bar] > slow[bar - 1] and low <= average + near and close > average
        short = fast[bar] < slow[bar] < slow[bar - 1] and high >= average - near and close < average
        if late and rose and long and 50 < momentum[bar] < p.rsi_overbought:
            found.append((bar, Direction.LONG, Intent.ENTER))
        elif late and fell and short and p.rsi_oversold < momentum[bar] < 50:
            found.append((bar, Direction.SHORT, Intent.ENTER))
        elif (fast[bar] > slow[bar]) != (fast[bar - 1] > slow[bar - 1]):
            found.append((bar, Direction.LONG if fast[bar] > slow[bar] else Direction.SHORT, Intent.EXIT))
    return found


def session_of(candles: Sequence[Candle], bar: int) -> tuple[float, int]:
    """The VWAP of the UTC day so far, and the bar's number in it."""
    start = bar
    while start > 0 and candles[start - 1].open_time.date() == candles[bar].open_time.date():
        start -= 1
    day = candles[start : bar + 1]
    weights = [float(candle.volume) for candle in day]
    typical = [float(candle.high + candle.low + candle.close) / 3 for candle in day]
    return float(np.average(typical, weights=weights)), len(day)


@pytest.mark.parametrize("parameters", [ScalpingParameters(), NIMBLE], ids=["defaults", "nimble"])
def test_proposals_equal_the_talib_rule_on_a_random_walk(parameters: ScalpingParameters) -> None:
    candles = walk(1, 800)
    found = [(bar, p.direction, p.intent) for bar, p in proposed(parameters, candles).items()]
    assert found == by_talib(candles, parameters)
    assert len(found) > 25


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_proposals_equal_the_talib_rule_on_recorded_candles(market_data: Path, symbol: str) -> None:
    candles = bybit_5m(market_data, symbol)[:600]
    found = [(bar, p.direction, p.intent) for bar, p in proposed(ScalpingParameters(), candles).items()]
    assert found == by_talib(candles, ScalpingParameters())
    assert {intent for _, _, intent in found} == set(Intent)


TAPE = walk(5, 2_500)


@pytest.mark.parametrize("direction", Direction)
def test_stop_and_target_are_the_set_number_of_atrs_away(direction: Direction) -> None:
    toward = 1 if direction is Direction.LONG else -1
    found = [p for p in proposed(NIMBLE, TAPE).values() if p.direction is direction]
    assert len(found) > 20
    for proposal in found:
        span = proposal.inputs["atr"]
        assert toward * float(proposal.price - proposal.stop) == pytest.approx(span, abs=1e-9)
        assert toward * float(proposal.target - proposal.price) == pytest.approx(2.0 * span, abs=1e-9)


def test_a_proposal_can_be_computed_again_from_its_inputs() -> None:
    for proposal in proposed(NIMBLE, TAPE).values():
        figures = proposal.inputs
        toward = 1 if proposal.direction is Direction.LONG else -1
        steep = toward * (figures["slow_ema"] - figures["slow_before"]) / figures["atr"] * 20
        limit = 90 if toward > 0 else 10
        far = abs(figures["close"] - figures["vwap"]) / figures["atr"]
        room = (limit - figures["rsi"]) / (limit - 50)
        confidence = 0.4 * np.clip(steep, 0, 1) + 0.3 * np.clip(room, 0, 1) + 0.3 * np.clip(1 - far, 0, 1)
        assert proposal.confidence == pytest.approx(confidence)
        spread = (figures["fast_ema"] - figures["slow_ema"]) / figures["atr"]
        assert proposal.trend == pytest.approx(np.clip(spread, -1, 1))


FILTERS: dict[str, tuple[dict[str, float], Callable[[Mapping[str, float]], bool]]] = {
    "RSI": ({"rsi_overbought": 60.0, "rsi_oversold": 40.0}, lambda f: 40 < f["rsi"] < 60),
    "session": ({"session_bars": 150}, lambda f: f["session_bar"] >= 150),
    "pull-back": (
        {"pullback_atrs": 0.0},
        lambda f: f["lowest"] <= f["vwap"] if f["close"] > f["vwap"] else f["highest"] >= f["vwap"],
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_alone_removes_the_entries_it_is_meant_for(name: str) -> None:
    filters, holds = FILTERS[name]
    free, filtered = entries(NIMBLE, TAPE), entries(replace(NIMBLE, **filters), TAPE)
    assert filtered.keys() == {bar for bar, proposal in free.items() if holds(proposal.inputs)}
    assert 0 < len(filtered) < len(free)


def test_there_is_no_proposal_in_a_market_that_does_not_move() -> None:
    assert not proposed(NIMBLE, walk(9, 500, swing=0.0))


def test_proposals_of_a_recorded_quarter_match_the_golden_counts(market_data: Path) -> None:
    tapes = (bybit_5m(market_data, symbol) for symbol in BYBIT_5M)
    intents = Counter(p.intent for tape in tapes for p in proposed(ScalpingParameters(), tape).values())
    assert intents == {Intent.ENTER: 1_361, Intent.EXIT: 3_316}


@pytest.mark.parametrize(
    ("name", "raw", "complaint"),
    [
        ("fast", 1, "fast must be at least 2 bars, not 1"),
        ("slow", 9, r"slow must be more bars than fast \(9\), not 9"),
        ("rsi", 1, "rsi must be at least 2 bars, not 1"),
        ("atr", 0, "atr must be at least 2 bars, not 0"),
        ("rsi_overbought", 50, "rsi_overbought must be above 50 and at most 100, not 50.0"),
        ("rsi_oversold", 50, "rsi_oversold must be at least 0 and below 50, not 50.0"),
        ("session_bars", 0, "session_bars must be from 1 to 1440, not 0"),
        ("pullback_bars", 101, "pullback_bars must be from 1 to 100, not 101"),
        ("pullback_atrs", -1, "pullback_atrs must be from 0 to 100, not -1.0"),
        ("stop_atrs", 0, "stop_atrs must be above 0 and at most 100, not 0.0"),
        ("target_atrs", "200", "target_atrs must be above 0 and at most 100, not 200.0"),
    ],
)
def test_an_invalid_parameter_is_refused_by_name(name: str, raw: str | float, complaint: str) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy scalping: {complaint}"):
        Scalping.from_parameters({name: raw})
