"""Rows that train, calibrate and test, so that no label of a test was known before it.

Labels have a duration, so a row before a test may resolve within it: it is purged. An embargo before the test purges
rows whose labels were known shortly before (López de Prado, 2018, "Advances in Financial Machine Learning", 7.4).
Only earlier rows train, so nothing after a test has to be purged.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
Micros = NDArray[np.int64]


class Part(NamedTuple):
    """Indices of rows, rising: `train` fits the members, `calibrate` the maps of their probabilities."""

    train: Rows
    calibrate: Rows


class Fold(NamedTuple):
    """One test of the walk-forward, and the rows before it."""

    part: Part
    test: Rows


def walk_forward(
    signal_at: Micros, resolved_at: Micros, tests: int, share: float, embargo: int
) -> Iterator[Fold]:
    """So many tests, of consecutive rows, on all rows but the first part; each trains on everything before it.

    A part without a row is no test. Arrays are in order of `signal_at`, times and `embargo` in microseconds. `share` is
    that of the calibration.
    """
    n = len(signal_at)
    bounds = [n * part // (tests + 1) for part in range(1, tests + 2)]
    for begin, end in pairwise(bounds):
        if begin == end:
            continue
        before = known_before(np.arange(begin), resolved_at, int(signal_at[begin]) - embargo)
        yield Fold(divided(before, signal_at, resolved_at, share, embargo), np.arange(begin, end))


def divided(rows: Rows, signal_at: Micros, resolved_at: Micros, share: float, embargo: int) -> Part:
    """The newest `share` of the rows calibrates; those of the others train that were known before it."""
    cut = len(rows) - round(share * len(rows))
    if cut == len(rows):
        return Part(rows, rows[:0])
    first = int(signal_at[rows[cut]])
    return Part(known_before(rows[:cut], resolved_at, first - embargo), rows[cut:])


def known_before(rows: Rows, resolved_at: Micros, moment: int) -> Rows:
    """The rows whose labels were known before the moment."""
    return rows[resolved_at[rows] < moment]
