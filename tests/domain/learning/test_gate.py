"""The gate: each rule alone refuses a promotion."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from domain.block_bootstrap import MeanInterval, mean_interval
from domain.learning.figures import Figures, auc, figures
from domain.learning.gate import Evidence, best_baseline, judged, time_interval

GOOD = Figures(brier=0.2, log_loss=0.6, auc=0.7, trades=90, precision=0.7, profit=1.5, mean_profit=0.01)
EVIDENCE = Evidence(
    labels=300,
    wins=50,
    has_sequence=False,
    model=GOOD,
    baselines={
        "never": replace(GOOD, brier=0.3, trades=0, profit=0.0),
        "base rate": replace(GOOD, brier=0.25, profit=0.4),
    },
    baseline="base rate",
    gain=MeanInterval(0.001, 0.09, 2),
)


def test_a_model_that_meets_every_rule_passes() -> None:
    assert judged(EVIDENCE).passed
    assert all(reason.startswith("yes: ") for reason in judged(EVIDENCE).reasons)


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (replace(EVIDENCE, labels=299), "no: 299 resolved labels; at least 300 are needed"),
        (replace(EVIDENCE, wins=49), "no: 49 labels of the rarer outcome; at least 50 are needed"),
        (replace(EVIDENCE, wins=251), "no: 49 labels of the rarer outcome"),
        (replace(EVIDENCE, labels=4_999, wins=900, has_sequence=True), "no: 4,999 resolved labels; at least 5,000"),
        (replace(EVIDENCE, gain=MeanInterval(0.0, 0.09, 2)), "not better by more than luck"),
        (replace(EVIDENCE, gain=None), "too few rows for an interval"),
        (replace(EVIDENCE, model=replace(GOOD, profit=0.4)), "no: 90 trades let through, net +0.4000"),
        (replace(EVIDENCE, model=replace(GOOD, profit=-0.1)), "best baseline (base rate) +0.4000"),
    ],
    ids=[
        "too few labels",
        "too few wins",
        "too few losses",
        "too few for a sequence",
        "a gain that luck explains",
        "no interval",
        "no more profit than a baseline",
        "a loss",
    ],
)  # fmt: skip
def test_one_rule_that_does_not_hold_refuses_the_promotion(evidence: Evidence, reason: str) -> None:
    found = judged(evidence)
    assert not found.passed
    (failed,) = (one for one in found.reasons if one.startswith("no: "))
    assert reason in failed


def test_the_best_baseline_has_the_least_brier_score() -> None:
    assert best_baseline(EVIDENCE.baselines) == "base rate"


def test_an_interval_of_many_rows_is_made_of_the_means_of_groups() -> None:
    random = np.random.default_rng(3)
    values = random.normal(size=4_003) + 0.1
    groups = values[: 4_003 // 11 * 11].reshape(-1, 11).mean(axis=1)
    by_groups = mean_interval(groups.tolist())
    assert time_interval(values) == by_groups._replace(block=by_groups.block * 11)
    assert time_interval(values[:300]) == mean_interval(values[:300].tolist())
    assert time_interval(values[:2]) is None
    assert time_interval(values[:0]) is None


def test_figures_without_a_trade_or_of_one_outcome_are_none() -> None:
    predicted, net = np.array([0.2, 0.9]), np.array([0.01, 0.02])
    found = figures(predicted, np.array([True, True]), net, np.array([False, False]))
    assert (found.auc, found.precision, found.mean_profit, found.profit) == (None, None, None, 0.0)
    let = figures(predicted, np.array([True, False]), net, np.array([True, True]))
    assert (let.precision, let.profit, let.mean_profit) == (0.5, 0.03, 0.015)
    assert auc(predicted, np.array([False, True])) == 1.0
