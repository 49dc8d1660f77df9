"""What features were in training: the part of a model's file against which drift is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.drift.correlation import correlation_time
from domain.errors import InvalidInput

Floats = NDArray[np.float64]

_BINS: Final = 10
_MOST_SAMPLED: Final = 256


class FeatureReference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One feature in training.

    `edges` are its deciles without repetition, rising: value v is in bin i where edges[i-1] < v <= edges[i].
    `counts` has the rows of each bin and, last, those without a value. `sample` are at most 256 of the values, rising:
    all of them or evenly spaced order statistics. `sample_missing` is how many missing values belong to the sample.
    `correlation` is how many rows that follow each other tell as much as one independent row, 1 or more
    (`domain/drift/correlation.py`); files of versions that did not measure it have none.
    """

    feature: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    sample: tuple[float, ...]
    sample_missing: int
    correlation: float | None = None

    def check(self) -> None:
        """Raises InvalidInput where edges, counts and sample do not fit each other."""
        rising = all(low < high for low, high in zip(self.edges, self.edges[1:], strict=False))
        if not rising or len(self.counts) != len(self.edges) + 2 or min(self.counts) < 0:
            raise InvalidInput(
                f"reference of {self.feature}: edges must rise, and each bin needs a count of 0 or more "
                f"({len(self.edges)} edges, {len(self.counts)} counts, one of them for missing values)"
            )
        if not sum(self.counts):
            raise InvalidInput(f"reference of {self.feature}: all counts are 0; it needs a row at least")
        if not 0 <= self.sample_missing <= _MOST_SAMPLED or not self.sample_missing + len(self.sample):
            raise InvalidInput(
                f"reference of {self.feature}: the sample is empty or has too many missing values"
            )
        if self.correlation is not None and not 1 <= self.correlation < math.inf:
            raise InvalidInput(
                f"reference of {self.feature}: correlation must be 1 row or more, not {self.correlation}"
            )

    @property
    def rows(self) -> int:
        """The number of training rows."""
        return sum(self.counts)

    @property
    def missing(self) -> float:
        """The share of the rows without a value, 0..1."""
        return self.counts[-1] / self.rows

    @property
    def sampled(self) -> Floats:
        """The sample as an array, with NaN for each missing value."""
        return np.asarray([*self.sample, *[np.nan] * self.sample_missing], dtype=np.float64)


class Reference(Struct, frozen=True):
    """The features of one model in training, in the order of its file. `calendar` names those of date and time."""

    features: tuple[FeatureReference, ...]
    calendar: frozenset[str] = frozenset()

    @property
    def comparable(self) -> frozenset[str]:
        """The names of the features that can drift: not of the calendar, and with values in training.

        A few hundred signals never have the hours and weekdays of years; and a feature without any value in training,
        such as one of the account where candles alone were read, has nothing to be compared with.
        """
        return frozenset(one.feature for one in self.features if one.missing < 1) - self.calendar


def reference_of(features: Sequence[str], x: Floats) -> Reference:
    """The reference of training rows: `x` is rows by features in their order in time, NaN where a value is missing.

    Raises InvalidInput for no row, another number of columns, or an infinite value.
    """
    if x.ndim != 2 or x.shape[1] != len(features) or not len(x):
        raise InvalidInput(f"a reference of {len(features)} features needs rows of as many, not {x.shape}")
    if np.isinf(x).any():
        raise InvalidInput("a reference needs finite or missing values; the rows hold an infinite one")
    return Reference(tuple(_of(name, x[:, at]) for at, name in enumerate(features)))


def _of(feature: str, values: Floats) -> FeatureReference:
    known = np.sort(values[~np.isnan(values)])
    deciles = (
        np.quantile(known, np.arange(1, _BINS) / _BINS, method="inverted_cdf") if len(known) else np.empty(0)
    )
    edges = tuple(float(one) for one in np.unique(deciles))
    missing = len(values) - len(known)
    kept = min(len(values), _MOST_SAMPLED)
    sample_missing = round(missing * kept / len(values))
    return FeatureReference(
        feature=feature,
        edges=edges,
        counts=tuple(int(one) for one in bin_counts(edges, values)),
        sample=tuple(float(one) for one in _order_statistics(known, kept - sample_missing)),
        sample_missing=sample_missing,
        correlation=round(correlation_time(edges, values), 3),
    )


def _order_statistics(rising: Floats, count: int) -> Floats:
    """`count` of the values, each from the middle of as many equal parts."""
    if not len(rising) or count >= len(rising):
        return rising
    return rising[((np.arange(count) + 0.5) * len(rising) / count).astype(np.int64)]


def bin_counts(edges: Sequence[float], values: Floats) -> Floats:
    """How many values each bin has; the last counts NaN, the missing values."""
    missing = np.isnan(values)
    bins = np.searchsorted(np.asarray(edges, dtype=np.float64), values[~missing], side="left")
    counts = np.bincount(bins, minlength=len(edges) + 1)
    return np.append(counts, missing.sum()).astype(np.float64)
