"""The proposals of the SAR wave: each rule alone, the levels, and the figures they are computed from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import talib

from domain.candle import Candle
from domain.direction import Direction
from domain.errors import InvalidSettings
from domain.strategies import Intent, Proposal
from domain.strategies.sar_wave import SarWave
from domain.strategies.sar_wave_parameters import SarWaveParameters
from domain.waves.count import count_of
from tests.domain.tapes import BYBIT_5M, bybit_5m, prices_of, walk
from tests.replacing import replace

NIMBLE = SarWaveParameters(adx=5, efficiency=5, swing_bars=2, tolerance=0.2)
TAPES = [walk(seed, 2_000) for seed in range(2)]


def proposed(parameters: SarWaveParameters, candles: Sequence[Candle]) -> list[tuple[int, Proposal]]:
    proposals = enumerate(SarWave(parameters).scan(candles))
    return [(bar, proposal) for bar, proposal in proposals if proposal is not None]


def entries(parameters: SarWaveParameters, candles: Sequence[Candle]) -> dict[int, Proposal]:
    return {bar: p for bar, p in proposed(parameters, candles) if p.intent is Intent.ENTER}


def points_of(proposal: Proposal) -> tuple[float, ...]:
    return tuple(price for name, price in proposal.inputs.items() if name.startswith("point_"))


@pytest.mark.parametrize("candles", TAPES)
def test_an_exit_or_entry_is_proposed_at_every_turn_of_talibs_sar(candles: Sequence[Candle]) -> None:
    prices = prices_of(candles)
    above = talib.SAR(prices.highs, prices.lows, 0.02, 0.2) > prices.closes
    first = 2 * NIMBLE.adx - 1
    turns = {
        bar: Direction.SHORT if above[bar] else Direction.LONG
        for bar in range(first, len(candles))
        if above[bar] != above[bar - 1]
    }
    proposals = dict(proposed(NIMBLE, candles))
    assert {bar: proposals[bar].direction for bar in turns} == turns
    assert all(proposals[bar].intent is Intent.ENTER for bar in proposals.keys() - turns.keys())
    assert len(turns) > 150


@pytest.mark.parametrize("candles", TAPES)
def test_an_entry_is_at_the_target_of_its_count_with_the_stop_at_the_sar(candles: Sequence[Candle]) -> None:
    found = entries(NIMBLE, candles).values()
    assert {proposal.direction for proposal in found} == set(Direction)
    for proposal in found:
        count = count_of(points_of(proposal), 0, NIMBLE.tolerance)
        assert count is not None
        assert count.waves == proposal.inputs["waves"]
        assert count.confidence == proposal.inputs["wave_confidence"] >= 0.7
        assert (count.expected == 1) is (proposal.direction is Direction.LONG)
        assert float(proposal.stop) == pytest.approx(proposal.inputs["sar"], abs=1e-9)
        assert float(proposal.target) == pytest.approx(count.target, abs=1e-9)
        reward, risk = abs(proposal.target - proposal.price), abs(proposal.price - proposal.stop)
        assert float(reward / risk) >= 1.5 - 1e-6


@pytest.mark.parametrize("candles", TAPES)
def test_the_target_of_an_exit_is_the_least_reward_away(candles: Sequence[Candle]) -> None:
    exits = [p for _, p in proposed(NIMBLE, candles) if p.intent is Intent.EXIT]
    assert {proposal.direction for proposal in exits} == set(Direction)
    for proposal in exits:
        reward, risk = proposal.target - proposal.price, proposal.price - proposal.stop
        assert float(reward) == pytest.approx(1.5 * float(risk), abs=1e-8)


@pytest.mark.parametrize("candles", TAPES)
def test_a_proposal_can_be_computed_again_from_its_inputs(candles: Sequence[Candle]) -> None:
    for _, proposal in proposed(NIMBLE, candles):
        figures, points = proposal.inputs, points_of(proposal)
        flat = 0.5 * max(0.0, 1 - figures["adx"] / 50) + 0.5 * (1 - figures["efficiency"])
        count = count_of(points, 0, NIMBLE.tolerance) if points else None
        agrees = count is not None and (count.expected == 1) is (proposal.direction is Direction.LONG)
        wave = figures["wave_confidence"] if agrees else 0.0
        assert figures["flat"] == pytest.approx(flat)
        assert proposal.confidence == pytest.approx(0.7 * wave + 0.3 * flat)
        both = figures["plus_di"] + figures["minus_di"]
        assert proposal.trend == pytest.approx((figures["plus_di"] - figures["minus_di"]) / both)


FILTERS: dict[str, tuple[dict[str, float], Callable[[Proposal], bool]]] = {
    "flat": ({"flat_minimum": 0.7}, lambda p: p.inputs["flat"] >= 0.7),
    "wave": ({"wave_minimum": 0.9}, lambda p: p.inputs["wave_confidence"] >= 0.9),
    "reward to risk": ({"reward_to_risk": 4.0}, lambda p: reward_of(p) >= 4 * risk_of(p)),
}


def reward_of(proposal: Proposal) -> float:
    return abs(float(proposal.target) - proposal.inputs["close"])


def risk_of(proposal: Proposal) -> float:
    return abs(proposal.inputs["close"] - proposal.inputs["sar"])


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("candles", TAPES)
def test_each_filter_alone_removes_the_entries_below_it(name: str, candles: Sequence[Candle]) -> None:
    filters, holds = FILTERS[name]
    free, filtered = entries(NIMBLE, candles), entries(replace(NIMBLE, **filters), candles)
    assert filtered.keys() == {bar for bar, proposal in free.items() if holds(proposal)}
    assert 0 < len(filtered) < len(free)


@pytest.mark.parametrize("candles", TAPES)
def test_an_entry_that_a_filter_removes_at_a_turn_becomes_an_exit(candles: Sequence[Candle]) -> None:
    free = dict(proposed(NIMBLE, candles))
    filtered = dict(proposed(replace(NIMBLE, flat_minimum=1.0), candles))
    at_turns = {bar for bar in entries(NIMBLE, candles) if bar in filtered}
    assert at_turns
    assert all(filtered[bar].intent is Intent.EXIT for bar in at_turns)
    assert all(filtered[bar].direction is free[bar].direction for bar in at_turns)


def test_there_is_no_proposal_in_a_market_that_does_not_move() -> None:
    assert not proposed(NIMBLE, walk(9, 300, swing=0.0))


def test_proposals_of_a_recorded_quarter_match_the_golden_counts(market_data: Path) -> None:
    tapes = (bybit_5m(market_data, symbol) for symbol in BYBIT_5M)
    proposals = [proposal for tape in tapes for _, proposal in proposed(SarWaveParameters(), tape)]
    assert Counter(p.intent for p in proposals) == {Intent.ENTER: 931, Intent.EXIT: 6_437}
    counted = Counter(int(p.inputs["waves"]) for p in proposals if p.intent is Intent.ENTER)
    assert set(counted) == {2, 4, 5}


@pytest.mark.parametrize(
    ("name", "raw", "complaint"),
    [
        ("sar_start", 0.3, "sar_start must be above 0 and at most sar_maximum, not 0.3"),
        ("sar_step", -0.1, "sar_step must be from 0 to 1, not -0.1"),
        ("sar_maximum", 1.0, "sar_maximum must be above 0 and below 1, not 1.0"),
        ("adx", 1, "adx must be at least 2 bars, not 1"),
        ("efficiency", 0, "efficiency must be at least 2 bars, not 0"),
        ("swing_bars", 1, "swing_bars must be at least 2 bars, not 1"),
        ("flat_minimum", 1.1, "flat_minimum must be from 0 to 1, not 1.1"),
        ("wave_minimum", "-0.1", "wave_minimum must be from 0 to 1, not -0.1"),
        ("tolerance", 0, "tolerance must be above 0 and at most 1, not 0.0"),
        ("reward_to_risk", 101, "reward_to_risk must be above 0 and at most 100, not 101.0"),
    ],
)
def test_an_invalid_parameter_is_refused_by_name(name: str, raw: str | float, complaint: str) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy sar-wave: {complaint}"):
        SarWave.from_parameters({name: raw})
