"""Promotion without a person: noise stays within the error budget, skill is found, older signals do not count."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from domain.errors import InvalidInput
from domain.learning.promotion import Ruling, ScoredOutcome, Trial, level_of, tried

Market = Callable[[random.Random], tuple[float, float, bool]]
"""Champion, challenger and outcome of one signal."""


def _outcomes(seed: int, count: int, market: Market) -> list[ScoredOutcome]:
    """A signal every 10 µs, resolved after 9."""
    chance, found = random.Random(seed), list[ScoredOutcome]()
    for at in range(count):
        champion, challenger, gained = market(chance)
        found.append(
            ScoredOutcome(
                signal_at=at * 10,
                resolved_at=at * 10 + 9,
                champion=champion,
                challenger=challenger,
                gained=gained,
            )
        )
    return found


def _without_skill(chance: random.Random) -> tuple[float, float, bool]:
    """Both err equally far to a random side: the expected difference is exactly 0."""
    truth, apart = chance.uniform(0.3, 0.7), chance.choice((-0.1, 0.1))
    return truth + apart, truth - apart, chance.random() < truth


def _with_skill(chance: random.Random) -> tuple[float, float, bool]:
    truth = 1 / (1 + math.exp(-chance.gauss(0, 1)))
    return 0.5, truth, chance.random() < truth


def _tried(outcomes: list[ScoredOutcome], ordinal: int = 1, least: int = 1, began_at: int = -1) -> Trial:
    return tried(outcomes, began_at=began_at, ordinal=ordinal, budget=0.05, least_signals=least)


def test_the_levels_of_all_challengers_add_up_to_the_budget() -> None:
    levels = [level_of(ordinal, 0.05) for ordinal in range(1, 10_001)]
    assert levels[:3] == pytest.approx([0.05 / 2, 0.05 / 6, 0.05 / 12])
    assert math.fsum(levels) == pytest.approx(0.05 * (1 - 1 / 10_001))


def test_challengers_without_skill_are_promoted_within_the_budget() -> None:
    """100 lives of four challengers, each looked at after every one of 100 signals; the budget is 5 of the lives."""
    promoted = sum(
        any(
            _tried(_outcomes(life * 10 + ordinal, 100, _without_skill), ordinal).ruling is Ruling.PROMOTE
            for ordinal in range(1, 5)
        )
        for life in range(100)
    )
    assert promoted <= 5


def test_a_challenger_with_skill_is_promoted() -> None:
    trials = [_tried(_outcomes(seed, 800, _with_skill)) for seed in range(10)]
    assert {trial.ruling for trial in trials} == {Ruling.PROMOTE}
    assert all(trial.mean > 0 and trial.wealth >= 1 / trial.level for trial in trials)


def test_the_first_retraining_needs_less_evidence_than_the_tenth() -> None:
    outcomes = _outcomes(2, 800, _with_skill)
    counts = [
        next(n for n in range(1, 801) if _tried(outcomes[:n], ordinal).ruling is Ruling.PROMOTE)
        for ordinal in (1, 10)
    ]
    assert counts[0] < counts[1]


def test_evidence_once_shown_stays_shown() -> None:
    """The bound is on ever reaching the limit, so later losses do not undo it, and a later look agrees."""
    good = _outcomes(3, 800, _with_skill)
    bad = [
        ScoredOutcome(signal_at=at, resolved_at=at + 1, champion=0.5, challenger=0.9, gained=False)
        for at in range(8_000, 9_000, 10)
    ]
    assert _tried(good).ruling is Ruling.PROMOTE
    assert _tried([*good, *bad]).ruling is Ruling.PROMOTE


def test_fewer_signals_than_the_least_promote_nothing() -> None:
    outcomes = _outcomes(4, 800, _with_skill)
    assert _tried(outcomes).ruling is Ruling.PROMOTE
    assert _tried(outcomes, least=801).ruling is Ruling.WAIT


def test_signals_up_to_the_begin_of_the_trial_do_not_count() -> None:
    outcomes = _outcomes(5, 400, _with_skill)
    found = _tried(outcomes, began_at=outcomes[-11].signal_at)
    assert (found.signals, found.passed_over) == (10, 0)
    assert found.ruling is Ruling.WAIT


def test_a_signal_during_an_unresolved_one_is_passed_over() -> None:
    times = [(0, 25), (10, 12), (20, 30), (25, 40), (39, 41), (40, 50)]
    outcomes = [
        ScoredOutcome(signal_at=at, resolved_at=until, champion=0.5, challenger=0.6, gained=True)
        for at, until in times
    ]
    found = _tried(outcomes)
    assert (found.signals, found.passed_over) == (3, 3)
    assert _tried(outcomes[::-1]) == found


def test_signals_of_one_instant_count_once_as_their_mean() -> None:
    def outcome(at: int, challenger: float) -> ScoredOutcome:
        return ScoredOutcome(
            signal_at=at, resolved_at=at + 5, champion=0.5, challenger=challenger, gained=True
        )

    both = _tried([outcome(0, 0.4), outcome(0, 0.6), outcome(10, 0.6)])
    differences = [(0.25 - 0.36 + 0.25 - 0.16) / 2, 0.25 - 0.16]
    assert both.signals == 3
    assert both.mean == pytest.approx(sum(differences) / 2, abs=1e-6)


def test_without_outcomes_nothing_is_shown() -> None:
    found = _tried([])
    assert (found.ruling, found.wealth, found.signals, found.mean) == (Ruling.WAIT, 1.0, 0, 0.0)
    assert found.sentence == (
        "not yet shown: 0 signals of the trial, mean gain in squared error 0.0000, evidence 1.0 of the 40 that "
        "its share 0.025 of the error budget needs"
    )


@pytest.mark.parametrize(("ordinal", "budget"), [(0, 0.05), (1, 0.0), (1, 1.0)])
def test_a_share_of_no_budget_is_refused(ordinal: int, budget: float) -> None:
    with pytest.raises(InvalidInput, match="error budget"):
        level_of(ordinal, budget)


def test_a_confidence_that_is_no_probability_is_refused() -> None:
    wrong = ScoredOutcome(signal_at=0, resolved_at=1, champion=1.2, challenger=0.5, gained=True)
    with pytest.raises(InvalidInput, match="confidence"):
        _tried([wrong])


def _of_unlike_length(seed: int) -> list[ScoredOutcome]:
    """30 trades at a time; gains last long and losses end soon. The challenger is too low by 0.1, so without skill."""
    chance, free, found = random.Random(seed), [0] * 30, list[ScoredOutcome]()
    for at in range(600):
        slot = min(range(len(free)), key=free.__getitem__)
        if free[slot] > at:
            continue
        gained = chance.random() < 0.5
        free[slot] = at + (chance.randint(200, 400) if gained else chance.randint(1, 8))
        found.append(
            ScoredOutcome(signal_at=at, resolved_at=free[slot], champion=0.5, challenger=0.4, gained=gained)
        )
    return found


def _looked(outcomes: list[ScoredOutcome], now: int) -> Trial:
    """The trial as it stands at this time, when later outcomes are not known."""
    return tried(
        [one for one in outcomes if one.resolved_at <= now],
        began_at=-1,
        ordinal=1,
        budget=0.05,
        least_signals=10,
        open_at=[one.signal_at for one in outcomes if one.signal_at <= now < one.resolved_at],
    )


def test_losses_that_end_before_a_longer_gain_do_not_count_in_its_place() -> None:
    lives = [_of_unlike_length(seed) for seed in range(10)]
    looks = [[_looked(life, now) for now in range(0, 800, 40)] for life in lives]
    assert sum(any(one.ruling is Ruling.PROMOTE for one in life) for life in looks) <= 1
    assert all(trial.signals for *_, trial in looks)


def test_a_look_never_takes_back_a_signal_that_counted() -> None:
    outcomes = _of_unlike_length(7)
    trials = [_looked(outcomes, now) for now in range(0, 1_000, 5)]
    assert [one.signals for one in trials] == sorted(one.signals for one in trials)
    assert [one.wealth for one in trials] == sorted(one.wealth for one in trials)
