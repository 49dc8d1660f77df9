"""Drift of features: how far the values of scored signals are from those of training."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from domain.drift.kolmogorov import distance, p_value
from domain.drift.reference import FeatureReference, Floats, Reference
from domain.drift.settings import DriftSettings
from domain.drift.stability import expected_index, stability_index
from domain.errors import InvalidInput

Row = Sequence[float | None]
"""The values of one scored signal, in the order of the reference; None is missing."""


class Drifting(StrEnum):
    """FEATURE: its values differ from training. OUTCOME: a figure of closed trades became worse."""

    FEATURE = "FEATURE"
    OUTCOME = "OUTCOME"


class Drift(Struct, frozen=True, gc=False, kw_only=True):
    """A feature or an outcome that drifts, with its figures rounded to 6 places.

    `name` is the feature, or the figure of the outcomes (`OutcomeFigure`); `rows` is how many signals or trades show
    it. `psi` (0 or more), `ks` (the statistic, 0..1) and `p` (its p-value, to 9 places and not multiplied) are of a
    feature, `before` and `after` (means) of an outcome; the others are None. `effective` is how many independent rows
    tell as much as these, and `by_chance` the PSI of so many without drift, on average; None of a feature whose
    reference does not state how alike its rows are.
    """

    kind: Drifting
    name: str
    rows: int
    psi: float | None = None
    ks: float | None = None
    p: float | None = None
    effective: float | None = None
    by_chance: float | None = None
    before: float | None = None
    after: float | None = None

    def limit(self, settings: DriftSettings) -> float:
        """The least PSI with which a feature drifts."""
        return settings.psi + (self.by_chance or 0.0)


def drift_of(reference: Reference, rows: Sequence[Row], settings: DriftSettings) -> Sequence[Drift]:
    """The comparable features that drift in `rows`, in the order of the reference; none for no rows.

    Raises InvalidInput for a row of another length or with a value that is not finite.
    """
    comparable = reference.comparable
    limit = settings.ks_p / max(1, len(comparable))
    return [
        one
        for one in measured(reference, rows)
        if one.name in comparable
        and one.psi is not None
        and one.p is not None
        and one.psi >= one.limit(settings)
        and one.p <= limit
    ]


def measured(reference: Reference, rows: Sequence[Row]) -> Sequence[Drift]:
    """The figures of every feature in `rows`, whether it drifts or not; none for no rows. Raises as `drift_of`."""
    if not rows:
        return []
    x = _matrix(reference, rows)
    return [_figures(one, x[:, at]) for at, one in enumerate(reference.features)]


def _matrix(reference: Reference, rows: Sequence[Row]) -> Floats:
    columns = len(reference.features)
    wrong = next((len(row) for row in rows if len(row) != columns), None)
    if wrong is not None:
        raise InvalidInput(f"drift: a row has {wrong} values, the model reads {columns} features")
    if any(value is not None and not np.isfinite(value) for row in rows for value in row):
        raise InvalidInput("drift: a row has a value that is not finite; a missing value is None")
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), columns)


def _figures(reference: FeatureReference, values: Floats) -> Drift:
    sample, counted = reference.sampled, len(values)
    statistic = distance(sample, values)
    sizes = _sizes(reference, counted)
    # The sample stands for the training rows, and is no finer than its own number of values.
    known, rows = (len(sample), counted) if sizes is None else (min(len(sample), sizes.trained), sizes.rows)
    bins = len(reference.edges) + 1 + bool(reference.counts[-1])
    return Drift(
        kind=Drifting.FEATURE,
        name=reference.feature,
        rows=counted,
        psi=round(stability_index(reference.edges, reference.counts, values), 6),
        ks=round(statistic, 6),
        p=round(p_value(statistic, known, rows), 9),
        effective=None if sizes is None else round(sizes.rows, 3),
        by_chance=None if sizes is None else round(expected_index(bins, *sizes), 6),
    )


class _Sizes(NamedTuple):
    """How many independent rows tell as much as the training rows, and as the rows that are measured."""

    trained: float
    rows: float


def _sizes(reference: FeatureReference, rows: int) -> _Sizes | None:
    """Divides both by the correlation of the training rows; None where the reference does not state it."""
    if reference.correlation is None:
        return None
    return _Sizes(reference.rows / reference.correlation, rows / reference.correlation)
