"""One alert an episode, and the same alerts after a rebuild."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from domain.drift.measure import Drift, Drifting, drift_of
from domain.drift.reference import reference_of
from domain.drift.settings import DriftSettings
from domain.drift.watch import DriftWatch, OutcomeFigure
from domain.errors import InvalidInput

REFERENCE = reference_of(["gain"], np.random.default_rng(1).standard_normal((2_000, 1)))
SETTINGS = DriftSettings(rows=100, every=25)


def _scored(watch: DriftWatch, seed: int, count: int, shift: float) -> list[Sequence[Drift]]:
    chance = random.Random(seed)
    return [watch.scored([chance.gauss(shift, 1)]) for _ in range(count)]


def _begun(looks: list[Sequence[Drift]]) -> int:
    return sum(len(found) for found in looks)


def test_a_feature_that_stays_away_is_returned_once_and_again_after_it_came_back() -> None:
    watch = DriftWatch(REFERENCE, SETTINGS)
    assert _begun(_scored(watch, 1, 200, 0)) == 0
    assert _begun(_scored(watch, 2, 400, 1.5)) == 1
    assert [one.name for one in watch.drifting] == ["gain"]
    assert _begun(_scored(watch, 3, 400, 0)) == 0
    assert watch.drifting == []
    assert _begun(_scored(watch, 4, 400, 1.5)) == 1


def test_a_look_is_the_measure_of_the_last_rows() -> None:
    watch = DriftWatch(REFERENCE, SETTINGS)
    looks = _scored(watch, 5, 100, 1.5)
    assert _begun(looks[:-1]) == 0
    assert looks[-1] == drift_of(REFERENCE, watch.rows, SETTINGS)
    assert len(watch.rows) == 100


def test_outcomes_that_become_worse_are_returned_and_better_ones_are_not() -> None:
    def figures(wins: tuple[float, float]) -> list[str]:
        chance, watch = random.Random(6), DriftWatch(REFERENCE, SETTINGS)
        closed = [
            watch.closed(0.7, gained=chance.random() < (wins[0] if at < 500 else wins[1]))
            for at in range(1_000)
        ]
        return sorted({one.name for found in closed for one in found})

    assert figures((0.7, 0.2)) == [OutcomeFigure.BRIER, OutcomeFigure.WIN]
    assert figures((0.2, 0.7)) == []
    assert figures((0.6, 0.6)) == []


def test_the_change_of_an_outcome_states_both_means() -> None:
    watch = DriftWatch(REFERENCE, SETTINGS)
    for _ in range(320):
        watch.closed(1.0, gained=True)
    found = [one for _ in range(320) for one in watch.closed(1.0, gained=False)]
    first = next(one for one in found if one.name == OutcomeFigure.WIN)
    assert first.kind is Drifting.OUTCOME
    assert first.before is not None
    assert first.after is not None
    assert first.before > first.after
    assert first.psi is first.ks is first.p is None


def test_a_measure_that_is_switched_off_returns_nothing() -> None:
    watch = DriftWatch(REFERENCE, DriftSettings(rows=0, delta=0))
    assert _begun(_scored(watch, 7, 300, 3)) == 0
    assert [found for at in range(400) for found in watch.closed(1.0, gained=at < 200)] == []


def test_the_same_signals_and_trades_rebuild_the_same_watch() -> None:
    def folded() -> list[Sequence[Drift]]:
        watch = DriftWatch(REFERENCE, SETTINGS)
        found = _scored(watch, 8, 300, 1.5)
        return [*found, *[watch.closed(0.8, gained=at % 3 == 0 or at < 200) for at in range(400)]]

    assert folded() == folded()


def test_a_confidence_that_is_no_probability_is_refused() -> None:
    with pytest.raises(InvalidInput, match="confidence"):
        DriftWatch(REFERENCE, SETTINGS).closed(1.2, gained=True)
