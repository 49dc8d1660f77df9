"""The proposals of trend following, compared with a second implementation that uses TA-Lib and numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib

from domain.candle import Candle
from domain.direction import Direction
from domain.strategies import Intent, Proposal
from domain.strategies.trend import TrendFollowing
from domain.strategies.trend_parameters import TrendParameters
from tests.domain.tapes import BYBIT_5M, bybit_5m, prices_of, walk
from tests.replacing import replace

Expected = tuple[int, Direction, Intent]
NIMBLE = TrendParameters(fast=3, slow=8, trend=20, rsi=5, adx=5, atr=5)


def proposed(strategy: TrendFollowing, candles: Sequence[Candle]) -> list[tuple[int, Proposal]]:
    return [(bar, proposal) for bar, proposal in enumerate(strategy.scan(candles)) if proposal]


def by_talib(candles: Sequence[Candle], parameters: TrendParameters) -> list[Expected]:
    """The expected proposals, by the same rule with TA-Lib's indicators and whole arrays."""
    p = prices_of(candles)
    spread = talib.EMA(p.closes, parameters.fast) - talib.EMA(p.closes, parameters.slow)
    long_trend = talib.EMA(p.closes, parameters.trend)
    momentum = talib.RSI(p.closes, parameters.rsi)
    strength = talib.ADX(p.highs, p.lows, p.closes, parameters.adx)
    pointing = talib.PLUS_DI(p.highs, p.lows, p.closes, parameters.adx) - talib.MINUS_DI(
        p.highs, p.lows, p.closes, parameters.adx
    )
    strong = strength >= parameters.adx_minimum
    up = strong & (pointing > 0) & (momentum < parameters.rsi_overbought)
    down = strong & (pointing < 0) & (momentum > parameters.rsi_oversold)
    turned = np.flatnonzero(np.diff(np.sign(spread)) * ~np.isnan(spread[:-1])) + 1
    return [
        _ruled(bar, spread, up, down)
        for bar in turned.tolist()
        if not np.isnan(long_trend[bar] + strength[bar])
    ]


def _ruled(bar: int, spread: Any, up: Any, down: Any) -> Expected:
    direction, passed = (Direction.LONG, up) if spread[bar] > 0 else (Direction.SHORT, down)
    return bar, direction, Intent.ENTER if passed[bar] else Intent.EXIT


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("parameters", [TrendParameters(), NIMBLE], ids=["defaults", "nimble"])
def test_proposals_equal_the_talib_rule_on_random_walks(parameters: TrendParameters, seed: int) -> None:
    candles = walk(seed, 3_000)
    expected = by_talib(candles, parameters)
    proposals = proposed(TrendFollowing(parameters), candles)
    assert [(bar, proposal.direction, proposal.intent) for bar, proposal in proposals] == expected
    assert len(expected) > 20


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_proposals_equal_the_talib_rule_on_recorded_candles(market_data: Path, symbol: str) -> None:
    candles = bybit_5m(market_data, symbol)
    proposals = proposed(TrendFollowing(), candles)
    expected = by_talib(candles, TrendParameters())
    assert [(bar, proposal.direction, proposal.intent) for bar, proposal in proposals] == expected


def test_proposals_of_a_recorded_quarter_match_the_golden_counts(market_data: Path) -> None:
    tapes = (bybit_5m(market_data, symbol) for symbol in BYBIT_5M)
    proposals = [proposal for tape in tapes for _, proposal in proposed(TrendFollowing(), tape)]
    assert Counter(proposal.intent for proposal in proposals) == {Intent.ENTER: 525, Intent.EXIT: 989}
    entries = [proposal.confidence for proposal in proposals if proposal.intent is Intent.ENTER]
    reached = {tier: sum(confidence >= tier for confidence in entries) for tier in (0.55, 0.65, 0.75)}
    assert reached == {0.55: 356, 0.65: 183, 0.75: 48}


def test_a_proposal_has_the_fields_of_its_candle() -> None:
    candles = walk(3, 3_000)
    for bar, proposal in proposed(TrendFollowing(NIMBLE), candles):
        assert proposal.strategy == "trend"
        assert (proposal.instrument, proposal.interval) == (candles[bar].instrument, candles[bar].interval)
        assert proposal.price == candles[bar].close
        assert 0.0 <= proposal.confidence <= 1.0
        assert -1.0 <= proposal.trend <= 1.0


def test_a_proposal_can_be_computed_again_from_its_inputs() -> None:
    for _, proposal in proposed(TrendFollowing(NIMBLE), walk(4, 3_000)):
        figures = proposal.inputs
        long = proposal.direction is Direction.LONG
        trend = np.clip((figures["close"] - figures["trend_ema"]) / (4 * figures["atr"]), -1, 1)
        room = (70 - figures["rsi"]) / 20 if long else (figures["rsi"] - 30) / 20
        confidence = (
            0.35 * np.clip(figures["adx"] / 30, 0, 1)
            + 0.20 * np.clip(abs(figures["fast_ema"] - figures["slow_ema"]) / figures["atr"] * 10, 0, 1)
            + 0.15 * np.clip(room, 0, 1)
            + 0.30 * (0.5 + (trend if long else -trend) / 2)
        )
        assert proposal.trend == pytest.approx(trend)
        assert proposal.confidence == pytest.approx(confidence)


@pytest.mark.parametrize("direction", Direction)
def test_stop_and_target_are_the_set_number_of_atrs_away(direction: Direction) -> None:
    toward = 1 if direction is Direction.LONG else -1
    parameters = replace(NIMBLE, stop_atrs=1.5, target_atrs=2.5)
    proposals = [
        p for _, p in proposed(TrendFollowing(parameters), walk(5, 3_000)) if p.direction is direction
    ]
    assert len(proposals) > 20
    for proposal in proposals:
        span = proposal.inputs["atr"]
        assert toward * float(proposal.price - proposal.stop) == pytest.approx(1.5 * span, abs=1e-9)
        assert toward * float(proposal.target - proposal.price) == pytest.approx(2.5 * span, abs=1e-9)
        assert {proposal.stop.as_tuple().exponent, proposal.target.as_tuple().exponent} == {-10}


@pytest.mark.parametrize(
    "filters",
    [replace(NIMBLE, adx_minimum=100.0), replace(NIMBLE, rsi_overbought=50.001, rsi_oversold=49.999)],
    ids=["ADX", "RSI"],
)
def test_each_filter_alone_turns_an_entry_into_an_exit(filters: TrendParameters) -> None:
    candles = walk(6, 3_000)
    free, filtered = (proposed(TrendFollowing(p), candles) for p in (NIMBLE, filters))
    assert [(bar, p.direction) for bar, p in free] == [(bar, p.direction) for bar, p in filtered]
    assert any(p.intent is Intent.ENTER for _, p in free)
    assert {p.intent for _, p in filtered} == {Intent.EXIT}


def test_there_is_no_proposal_before_every_indicator_has_a_value() -> None:
    candles = walk(8, 400)
    late = replace(NIMBLE, trend=300)
    early = proposed(TrendFollowing(NIMBLE), candles)
    assert early[0][0] < 299
    assert [bar for bar, _ in proposed(TrendFollowing(late), candles)] == [
        bar for bar, _ in early if bar >= 299
    ]


def test_there_is_no_proposal_in_a_market_that_does_not_move() -> None:
    assert not proposed(TrendFollowing(NIMBLE), walk(9, 500, swing=0.0))


def test_there_is_no_proposal_where_stop_or_target_would_not_be_positive() -> None:
    candles = walk(10, 1_000, swing=0.02)
    near, far = (
        proposed(TrendFollowing(replace(NIMBLE, stop_atrs=n, target_atrs=n)), candles) for n in (2.0, 100.0)
    )
    assert len(near) > 20
    assert not far


def test_there_is_no_proposal_where_the_stop_rounds_to_the_close() -> None:
    candles = walk(11, 1_000)
    wide, none = (proposed(TrendFollowing(replace(NIMBLE, stop_atrs=n)), candles) for n in (1e-6, 1e-12))
    assert len(wide) > 20
    assert not none
