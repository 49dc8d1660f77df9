"""The rows from which models are trained: features of signals, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Micros = NDArray[np.int64]
Flags = NDArray[np.bool_]


class LabelSource(StrEnum):
    """TRADE: the closed trade of the signal. BARRIER: the first of stop, target and time limit on later candles."""

    TRADE = "TRADE"
    BARRIER = "BARRIER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One row a signal with a known result, in order of `signal_at`; all arrays have one length n.

    `x` has the shape (n, len(features)), NaN where a value is missing. `signal_at` and `resolved_at` are microseconds
    since 1970 (UTC): nothing of a row's features is later than the first, its label was known at the second. `net` is
    the return after fees and funding as a fraction of the price of entry, `stopped` whether the stop ended it.
    """

    feature_set: str
    features: tuple[str, ...]
    x: Floats
    signal_at: Micros
    resolved_at: Micros
    net: Floats
    stopped: Flags
    strategies: Sequence[str]
    instruments: Sequence[str]
    labels: Sequence[LabelSource]
