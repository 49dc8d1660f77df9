"""The confidence that each built-in strategy states is the one that it computes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

from domain.scanning import ExplosionLimits, MomentumLimits
from domain.scanning.explosion import Explosion
from domain.scanning.momentum import Momentum
from domain.strategies.book_imbalance_reading import BookImbalanceScores
from domain.strategies.book_scalper_reading import BookScalperScores
from domain.strategies.breakout_reading import BreakoutScores
from domain.strategies.builtin import BUILTIN, about
from domain.strategies.cluster_breakout_reading import ClusterScores
from domain.strategies.mean_reversion_reading import MeanReversionScores
from domain.strategies.sar_wave_reading import SarWaveReading
from domain.strategies.scalping_reading import ScalpingScores
from domain.strategies.supertrend_reading import SupertrendScores
from domain.strategies.trend_reading import TrendScores
from domain.strategies.volume_profile_reading import VolumeProfileScores
from domain.waves import WaveCount
from tests.replacing import replace

SCORES: Mapping[str, type[Any]] = {
    "book-imbalance": BookImbalanceScores,
    "book-scalper": BookScalperScores,
    "breakout": BreakoutScores,
    "cluster-breakout": ClusterScores,
    "mean-reversion": MeanReversionScores,
    "scalping": ScalpingScores,
    "supertrend": SupertrendScores,
    "trend": TrendScores,
    "volume-profile": VolumeProfileScores,
}


def stated(name: str) -> Mapping[str, float]:
    """The weights of the stated sum by term."""
    known = about(name)
    assert known is not None
    total, separator, _terms = known.confidence.partition(";")
    assert separator, f"{name} states no terms of its confidence"
    return {term: float(weight) for weight, term in re.findall(r"([0-9.]+) (\w+)", total)}


def computed(name: str) -> Mapping[str, float]:
    """The weights by which the confidence depends on each term."""
    kind = SCORES[name]
    terms = [field.name for field in fields(kind)]
    return {term: kind(**{one: float(one == term) for one in terms}).confidence for term in terms}


@pytest.mark.parametrize("name", BUILTIN)
def test_every_strategy_states_the_weights_of_its_confidence_and_they_add_up_to_one(name: str) -> None:
    assert sum(stated(name).values()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", SCORES)
def test_the_stated_weights_are_those_of_the_code(name: str) -> None:
    assert stated(name) == pytest.approx(computed(name))


MANY = 1_000.0
MOMENTUM = Momentum(side=1, began=True, close=100.0, move=0.0, volume_times=0.0, gain=0.0)
EXPLOSION = Explosion(side=1, close=100.0, move=0.0, span=1.0, range_atrs=0.0, volume_times=0.0, location=0.0)


def test_the_stated_weights_of_momentum_are_those_of_the_code() -> None:
    limits = MomentumLimits()
    assert stated("momentum") == pytest.approx(
        {
            "move": replace(MOMENTUM, move=-MANY).confidence(limits),
            "volume": replace(MOMENTUM, volume_times=MANY).confidence(limits),
            "day": replace(MOMENTUM, gain=MANY).confidence(limits),
        }
    )


def test_the_stated_weights_of_explosion_are_those_of_the_code() -> None:
    limits = ExplosionLimits()
    assert stated("explosion") == pytest.approx(
        {
            "range": replace(EXPLOSION, range_atrs=MANY).confidence(limits),
            "volume": replace(EXPLOSION, volume_times=MANY).confidence(limits),
            "location": replace(EXPLOSION, location=1.0).confidence(limits),
        }
    )


def test_the_stated_weights_of_the_sar_wave_are_those_of_the_code() -> None:
    flat = SarWaveReading(
        close=100.0, sar=99.0, side=1, adx=0.0, plus_di=0.0, minus_di=0.0, efficiency=0.0, count=None
    )
    points = (90.0, 100.0, 95.0)
    count = WaveCount(points, known=0, confidence=1.0)
    counted = replace(flat, adx=50.0, efficiency=1.0, count=count)
    assert counted.agreeing is count
    assert stated("sar-wave") == pytest.approx({"count": counted.confidence, "flat": flat.confidence})
