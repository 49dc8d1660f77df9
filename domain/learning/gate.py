"""The gate of promotion: a model passes only where it is better than the best baseline by more than luck explains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.block_bootstrap import MeanInterval, mean_interval
from domain.learning.figures import Figures

LEAST_LABELS: Final = 300
LEAST_OF_A_CLASS: Final = 50
LEAST_FOR_A_SEQUENCE: Final = 5_000
_GROUPS: Final = 400
"""The most values of which an interval is made; more rows are consecutive groups of equal size, by their means."""
_Floats = NDArray[np.float64]


class Judged(Struct, frozen=True):
    """Whether a model may be promoted, with the sentences that state why or why not."""

    passed: bool
    reasons: tuple[str, ...]


class Evidence(Struct, frozen=True, kw_only=True):
    """What the gate judges: counts of labels, figures of the model and of each baseline, and the comparison.

    `baseline` is the name of the one with the least Brier score. `gain` is the interval of the mean difference of its
    squared errors less those of the model, on the same rows: above 0 the model is better; None below three rows.
    """

    labels: int
    wins: int
    has_sequence: bool
    model: Figures
    baselines: Mapping[str, Figures]
    baseline: str
    gain: MeanInterval | None


def time_interval(differences: _Floats) -> MeanInterval | None:
    """The 95 % interval of the mean of values in order of time, by the circular block bootstrap; None below three.

    Where there are more than 400 values, it is made of the means of consecutive groups of equal size. The last rows
    that fill no group are left out. `block` is the length of the blocks in rows.
    """
    size = math.ceil(len(differences) / _GROUPS)
    groups = len(differences) // size if size else 0
    if groups < 3:
        return None
    found = mean_interval(differences[: groups * size].reshape(groups, size).mean(axis=1).tolist())
    return found._replace(block=found.block * size)


def best_baseline(baselines: Mapping[str, Figures]) -> str:
    """The name of the baseline with the least Brier score; of equal ones the first."""
    return min(baselines, key=lambda name: baselines[name].brier)


def judged(evidence: Evidence) -> Judged:
    """The verdict. All rules must hold; each gives one sentence."""
    rows = [row for rule in _RULES for row in rule(evidence)]
    return Judged(
        all(holds for holds, _ in rows),
        tuple(f"{'yes' if holds else 'no'}: {sentence}" for holds, sentence in rows),
    )


def _enough(evidence: Evidence) -> Iterator[tuple[bool, str]]:
    least = LEAST_FOR_A_SEQUENCE if evidence.has_sequence else LEAST_LABELS
    yield evidence.labels >= least, f"{evidence.labels:,} resolved labels; at least {least:,} are needed"
    fewer = min(evidence.wins, evidence.labels - evidence.wins)
    yield (
        fewer >= LEAST_OF_A_CLASS,
        f"{fewer:,} labels of the rarer outcome; at least {LEAST_OF_A_CLASS} are needed",
    )


def _beyond_luck(evidence: Evidence) -> Iterator[tuple[bool, str]]:
    """The lower end of the interval is above 0: luck alone gives that in at most 2.5 % of models without skill."""
    best = evidence.baselines[evidence.baseline]
    compared = f"Brier {evidence.model.brier:.6f}, best baseline ({evidence.baseline}) {best.brier:.6f}"
    gain = evidence.gain
    if gain is None:
        yield False, f"{compared}; too few rows for an interval"
        return
    verdict = "better by more than luck" if gain.low > 0 else "not better by more than luck"
    yield (
        gain.low > 0,
        f"{compared}; gain {gain.low:+.6f} … {gain.high:+.6f} (95 %, blocks of {gain.block} rows): {verdict}",
    )


def _pays(evidence: Evidence) -> Iterator[tuple[bool, str]]:
    """Its trades earn more than those of every baseline; taking none earns 0."""
    richest = max(evidence.baselines, key=lambda name: evidence.baselines[name].profit)
    model, other = evidence.model.profit, evidence.baselines[richest].profit
    trades = evidence.model.trades
    yield (
        model > other,
        f"{trades:,} trades let through, net {model:+.4f}; best baseline ({richest}) {other:+.4f}",
    )


_RULES: Final = (_enough, _beyond_luck, _pays)
