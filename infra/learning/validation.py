"""Validates a way of training by a walk-forward: each test is predicted by what its own past trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from domain.block_bootstrap import MeanInterval
from domain.learning.figures import Figures, auc, figures, squared_errors
from domain.learning.folds import Fold, walk_forward
from domain.learning.gate import Evidence, Judged, best_baseline, judged, time_interval
from domain.learning.settings import Thresholds, TrainingSettings
from domain.models.members import SEQUENCE
from infra.learning.baselines import BASELINES, Past
from infra.learning.dataset import Dataset, Flags, Floats
from infra.learning.fitting import Scores, fitted, weights_of
from infra.learning.members import Rows

SUSPECT: Final = 0.9
"""An AUC from here on is not known of any market; mostly a feature knows its label."""
LEAST_TO_TRAIN: Final = 30
"""A test with fewer rows to train from, or to calibrate from, is left out."""
Progress = Callable[[str, int, int], None]
"""The name of a step, how many parts of it are done, and how many there are."""


class Test(NamedTuple):
    """One test: its rows by index, those `before` it whose labels were known, and how many rows trained, calibrated and
    were purged.
    """

    rows: Rows
    before: Rows
    trained: int
    calibrated: int
    purged: int
    scores: Scores
    baselines: Mapping[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Figures on the joined rows of all tests, and the verdict of the gate.

    `gain` is the interval of the mean gain in squared error over the best baseline, `net` that of the mean net return
    of a signal where those that are not let through count 0. `stopped` are the figures of the risk: `brier`, that of
    its base rate, and `auc`. `warnings` are sentences for a reader.
    """

    tests: Sequence[Mapping[str, object]]
    rows: int
    model: Figures
    baselines: Mapping[str, Figures]
    baseline: str
    gain: MeanInterval | None
    net: MeanInterval | None
    stopped: Mapping[str, float | None]
    verdict: Judged
    warnings: tuple[str, ...]

    def as_json(self) -> Mapping[str, object]:
        """The validation for a model file and for programs; figures are rounded to 6 places."""
        return {
            "rows": self.rows,
            "tests": list(self.tests),
            "model": self.model.as_json(),
            "baselines": {name: one.as_json() for name, one in self.baselines.items()},
            "best_baseline": self.baseline,
            "brier_gain": _interval(self.gain),
            "net_of_a_signal": _interval(self.net),
            "stopped": {
                name: None if value is None else round(value, 6) for name, value in self.stopped.items()
            },
            "warnings": list(self.warnings),
        }


def validated(
    dataset: Dataset, kinds: Sequence[str], settings: TrainingSettings, seed: int, progress: Progress
) -> Validation | None:
    """The validation; None where no test has enough rows before it."""
    tests = list(_tests(dataset, kinds, settings, seed, progress))
    if not tests:
        return None
    rows = np.concatenate([one.rows for one in tests])
    scores = Scores(*(np.concatenate(heads) for heads in zip(*(one.scores for one in tests), strict=True)))
    happened, net = dataset.net[rows] > 0, dataset.net[rows]
    passes = passing(scores, settings.thresholds)
    model = figures(scores.confidence, happened, net, passes)
    predicted = {name: np.concatenate([one.baselines[name] for one in tests]) for name in BASELINES}
    found = {
        name: figures(one, happened, net, one >= settings.thresholds.confidence)
        for name, one in predicted.items()
    }
    best = best_baseline(found)
    gains = squared_errors(predicted[best], happened) - squared_errors(scores.confidence, happened)
    evidence = Evidence(
        labels=len(dataset.net),
        wins=int((dataset.net > 0).sum()),
        has_sequence=SEQUENCE in kinds,
        model=model,
        baselines=found,
        baseline=best,
        gain=time_interval(gains),
    )
    return Validation(
        tests=[_test_json(dataset, one) for one in tests],
        rows=len(rows),
        model=model,
        baselines=found,
        baseline=best,
        gain=evidence.gain,
        net=time_interval(np.where(passes, net, 0.0)),
        stopped=_stopped(dataset, tests, scores, rows),
        verdict=judged(evidence),
        warnings=tuple(_warnings(model)),
    )


def passing(scores: Scores, thresholds: Thresholds) -> Flags:
    """The rows whose scores let a trade through."""
    return np.asarray(
        (scores.confidence >= thresholds.confidence)
        & (scores.risk < thresholds.risk)
        & (scores.expected_return > thresholds.expected_return)
    )


def _tests(
    dataset: Dataset, kinds: Sequence[str], settings: TrainingSettings, seed: int, progress: Progress
) -> Iterator[Test]:
    folds = list(
        walk_forward(
            dataset.signal_at,
            dataset.resolved_at,
            settings.tests,
            settings.calibration_share,
            settings.embargo,
        )
    )
    for done, fold in enumerate(folds):
        progress("validation", done, len(folds))
        if min(len(fold.part.train), len(fold.part.calibrate)) >= LEAST_TO_TRAIN:
            yield _test(dataset, fold, kinds, settings, seed)
    progress("validation", len(folds), len(folds))


def _test(dataset: Dataset, fold: Fold, kinds: Sequence[str], settings: TrainingSettings, seed: int) -> Test:
    part, test = fold
    scores = fitted(dataset, part, kinds, settings, seed).score(dataset, test)
    before = np.concatenate(part)
    past = Past(dataset, before, weights_of(dataset, before))
    return Test(
        rows=test,
        before=before,
        trained=len(part.train),
        calibrated=len(part.calibrate),
        purged=int(test[0]) - len(before),
        scores=scores,
        baselines={name: one(past, test) for name, one in BASELINES.items()},
    )


def _stopped(
    dataset: Dataset, tests: Sequence[Test], scores: Scores, rows: Rows
) -> Mapping[str, float | None]:
    stopped = dataset.stopped[rows]
    rates = [np.full(len(one.rows), dataset.stopped[one.before].mean()) for one in tests]
    return {
        "brier": float(squared_errors(scores.risk, stopped).mean()),
        "base_rate_brier": float(squared_errors(np.concatenate(rates), stopped).mean()),
        "auc": auc(scores.risk, stopped),
    }


def _test_json(dataset: Dataset, one: Test) -> Mapping[str, object]:
    happened = dataset.net[one.rows] > 0
    return {
        "first_signal_at": int(dataset.signal_at[one.rows[0]]),
        "last_signal_at": int(dataset.signal_at[one.rows[-1]]),
        "rows": len(one.rows),
        "trained": one.trained,
        "calibrated": one.calibrated,
        "purged": one.purged,
        "brier": round(float(squared_errors(one.scores.confidence, happened).mean()), 6),
        "base_rate_brier": round(float(squared_errors(one.baselines["base rate"], happened).mean()), 6),
    }


def _warnings(model: Figures) -> Iterator[str]:
    if model.auc is not None and model.auc >= SUSPECT:
        yield (
            f"AUC {model.auc:.3f} is more skill than markets allow: look for a feature that knows its label before "
            "this model is trusted"
        )


def _interval(found: MeanInterval | None) -> Mapping[str, float | int] | None:
    if found is None:
        return None
    return {"low": round(found.low, 9), "high": round(found.high, 9), "block": found.block}
