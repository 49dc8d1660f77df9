"""The deflated Sharpe ratio equals the worked figures of its paper, and takes no luck for skill."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domain.deflated_sharpe import Moments, deflated_sharpe, expected_best, moments, probability_above

YEAR = 250
PAPER = Moments(days=1_250, sharpe=2.5 / math.sqrt(YEAR), skewness=-3.0, kurtosis=10.0)
"""The example of Bailey and López de Prado (2014), "A numerical example": an annual ratio of 2.5 over five years."""
SPREAD = 0.5 / YEAR
"""The variance of its trials' ratios, of a day."""


def test_the_example_of_the_paper_has_its_figures() -> None:
    assert expected_best(SPREAD, 100) == pytest.approx(0.1132, abs=5e-5)
    assert probability_above(PAPER, expected_best(SPREAD, 100)) == pytest.approx(0.9004, abs=5e-5)
    assert probability_above(PAPER, expected_best(SPREAD, 46)) == pytest.approx(0.9505, abs=5e-5)
    normal = PAPER._replace(skewness=0.0, kurtosis=3.0)
    assert probability_above(normal, expected_best(SPREAD, 88)) == pytest.approx(0.9505, abs=5e-5)


def test_the_whole_formula_takes_its_spread_from_the_trials() -> None:
    half = math.sqrt(SPREAD / 2)  # two ratios this far from their mean have the variance SPREAD, by n - 1
    assert deflated_sharpe(PAPER, [0.1 - half, 0.1 + half], 100) == pytest.approx(0.9004, abs=5e-5)


def test_the_expected_best_is_that_of_simulated_maxima() -> None:
    drawn = np.random.default_rng(5).normal(0.0, 0.2, (4_000, 200)).max(axis=1)
    assert expected_best(0.04, 200) == pytest.approx(float(drawn.mean()), rel=0.01)


def test_the_moments_are_those_of_numpy() -> None:
    drawn = np.random.default_rng(3).gamma(2.0, 0.01, 400) - 0.015
    found = moments(drawn.tolist())
    assert found is not None
    scaled = (drawn - drawn.mean()) / drawn.std()
    assert found.days == 400
    assert found.sharpe == pytest.approx(float(drawn.mean() / drawn.std(ddof=1)), rel=1e-12)
    assert found.skewness == pytest.approx(float((scaled**3).mean()), rel=1e-9)
    assert found.kurtosis == pytest.approx(float((scaled**4).mean()), rel=1e-9)


def best_of(returns: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[Moments, list[float]]:
    found = [one for row in returns if (one := moments(row.tolist())) is not None]
    return max(found, key=lambda one: one.sharpe), [one.sharpe for one in found]


@pytest.mark.parametrize("seed", range(3))
def test_the_best_of_1000_random_walks_is_not_taken_for_skill(seed: int) -> None:
    best, sharpes = best_of(np.random.default_rng(seed).normal(0.0, 0.02, (1_000, 365)))
    deflated, alone = deflated_sharpe(best, sharpes, 1_000), probability_above(best, 0.0)
    assert alone is not None
    assert deflated is not None
    assert alone > 0.99  # without the number of trials it would be
    assert deflated < 0.95


def test_skill_among_1000_random_walks_is_found() -> None:
    walks = np.random.default_rng(1).normal(0.0, 0.02, (1_000, 365))
    walks[7] += 0.007  # an annual ratio of about 6.7
    best, sharpes = best_of(walks)
    deflated = deflated_sharpe(best, sharpes, 1_000)
    assert deflated is not None
    assert deflated > 0.95


def test_more_trials_make_the_same_winner_less_convincing() -> None:
    sharpes = [0.02, 0.05, 0.08, 0.1]
    found = [deflated_sharpe(PAPER, sharpes, trials) for trials in (4, 40, 400, 4_000)]
    assert None not in found
    assert found == sorted(found, key=lambda one: -(one or 0.0))
    assert len(set(found)) == 4


def test_nothing_is_deflated_where_no_ratio_is_defined() -> None:
    assert moments([0.01, -0.01] * 14) is None  # 28 days
    assert moments([0.0] * 40) is None
    assert moments([0.0] * 39 + [1e-170]) is None
    assert deflated_sharpe(PAPER, [0.1], 2) is None
    assert deflated_sharpe(PAPER, [0.1], 1) == probability_above(PAPER, 0.0)
