"""The strategies `momentum` and `explosion`: their levels, confidence and figures, and their parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from domain.candle import Candle
from domain.direction import Direction
from domain.errors import InvalidSettings
from domain.scanning import Explosion, ExplosionDetector, Momentum, MomentumDetector
from domain.strategies import Intent, Proposal
from domain.strategies.builtin import StrategyFactory
from domain.strategies.explosion import ExplosionTrading
from domain.strategies.explosion_parameters import ExplosionParameters
from domain.strategies.momentum import MomentumTrading
from domain.strategies.momentum_parameters import MomentumParameters
from tests.domain.tapes import BYBIT_5M, FIVE_MINUTES, bybit_5m, walk

# The random walks have a volume of 1 in every candle.
FAST = MomentumParameters(
    window=3, move=0.01, volume_times=0.5, average_bars=10, gain=0.01, cooldown=5, stop_share=0.25
)
SMALL = ExplosionParameters(
    atr=5, range_atrs=1.2, move=0.001, volume_times=0.5, average_bars=5, target_share=2.0
)
TAPE = walk(3, 3_000)


def proposed(
    strategy: MomentumTrading | ExplosionTrading, tape: Sequence[Candle]
) -> list[tuple[int, Proposal]]:
    return [(bar, proposal) for bar, proposal in enumerate(strategy.scan(tape)) if proposal is not None]


def test_a_report_of_momentum_becomes_an_entry_and_its_end_an_exit() -> None:
    detector = MomentumDetector(FAST, FIVE_MINUTES)
    reports = [detector.update(float(candle.close), float(candle.volume)) for candle in TAPE]
    proposals = proposed(MomentumTrading(FAST), TAPE)
    assert len(proposals) > 100
    assert {(p.intent, p.direction) for _, p in proposals} == {(i, d) for i in Intent for d in Direction}
    assert [bar for bar, _ in proposals] == [bar for bar, report in enumerate(reports) if report]
    for bar, proposal in proposals:
        report = reports[bar]
        assert isinstance(report, Momentum)
        assert proposal.intent is (Intent.ENTER if report.began else Intent.EXIT)
        assert proposal.direction is (Direction.LONG if report.move > 0 else Direction.SHORT)
        assert proposal.confidence == report.confidence(FAST)
        assert proposal.trend == pytest.approx(max(-1, min(1, report.gain * 10)))


def test_the_levels_of_momentum_are_shares_of_the_way_the_price_went() -> None:
    for bar, proposal in proposed(MomentumTrading(FAST), TAPE):
        way = float(TAPE[bar].close - TAPE[bar - 3].close)
        assert proposal.price == TAPE[bar].close
        assert float(proposal.price - proposal.stop) == pytest.approx(0.25 * way, abs=1e-9)
        assert float(proposal.target - proposal.price) == pytest.approx(way, abs=1e-9)
        assert proposal.inputs["move"] == pytest.approx(way / float(TAPE[bar - 3].close))
        assert proposal.inputs["gain"] == pytest.approx(float(TAPE[bar].close / TAPE[bar - 288].close) - 1)


def test_a_report_of_an_explosion_becomes_an_entry_with_levels_in_shares_of_its_range() -> None:
    detector = ExplosionDetector(SMALL)
    proposals = proposed(ExplosionTrading(SMALL), TAPE)
    reports = [detector.update(float(c.high), float(c.low), float(c.close), float(c.volume)) for c in TAPE]
    assert [bar for bar, _ in proposals] == [bar for bar, report in enumerate(reports) if report]
    assert {proposal.direction for _, proposal in proposals} == set(Direction)
    for bar, proposal in proposals:
        report = reports[bar]
        assert isinstance(report, Explosion)
        toward = 1 if report.move > 0 else -1
        assert proposal.intent is Intent.ENTER
        assert proposal.direction is (Direction.LONG if toward > 0 else Direction.SHORT)
        assert (proposal.confidence, proposal.trend) == (report.confidence(SMALL), 0.0)
        span = float(max(TAPE[bar].high, TAPE[bar - 1].close) - min(TAPE[bar].low, TAPE[bar - 1].close))
        assert proposal.inputs["true_range"] == pytest.approx(span)
        assert toward * float(proposal.price - proposal.stop) == pytest.approx(0.5 * span, abs=1e-9)
        assert toward * float(proposal.target - proposal.price) == pytest.approx(2.0 * span, abs=1e-9)


def test_proposals_of_a_recorded_quarter_match_the_golden_counts(market_data: Path) -> None:
    tapes = [bybit_5m(market_data, symbol) for symbol in BYBIT_5M]
    momentum = Counter(p.intent for tape in tapes for _, p in proposed(MomentumTrading(), tape))
    explosion = Counter(p.intent for tape in tapes for _, p in proposed(ExplosionTrading(), tape))
    assert momentum == {Intent.ENTER: 49, Intent.EXIT: 45}
    assert explosion == {Intent.ENTER: 95}


@pytest.mark.parametrize(
    ("made", "name"),
    [(MomentumTrading.from_parameters, "momentum"), (ExplosionTrading.from_parameters, "explosion")],
)
def test_an_invalid_parameter_is_refused_by_name(made: StrategyFactory, name: str) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy {name}: stop_share must be above 0 .*, not 0.0"):
        made({"stop_share": 0})
    with pytest.raises(InvalidSettings, match=f"strategy {name}: move must be .*; target_share must be"):
        made({"move": "2", "target_share": 11})
    with pytest.raises(InvalidSettings, match="cooldown must be a whole number"):
        made({"cooldown": 1.5})
