"""Drift of features: how far the values of scored signals are from those of training."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from msgspec import Struct

from domain.drift.kolmogorov import distance, p_value
from domain.drift.reference import FeatureReference, Floats, Reference
from domain.drift.settings import DriftSettings
from domain.drift.stability import stability_index
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
    feature, `before` and `after` (means) of an outcome; the others are None.
    """

    kind: Drifting
    name: str
    rows: int
    psi: float | None = None
    ks: float | None = None
    p: float | None = None
    before: float | None = None
    after: float | None = None


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
        and one.psi >= settings.psi
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
    sample = reference.sampled
    statistic = distance(sample, values)
    return Drift(
        kind=Drifting.FEATURE,
        name=reference.feature,
        rows=len(values),
        psi=round(stability_index(reference.edges, reference.counts, values), 6),
        ks=round(statistic, 6),
        p=round(p_value(statistic, len(sample), len(values)), 9),
    )
