"""Rounds the values of a feature to few levels, as boosting bins them.

Boosting with weights otherwise computes 255 weighted quantiles of each feature, which takes 50 times as long as its
trees. A value is rounded to the nearest level. The library's thresholds are halfway between levels, so they part the
rows as they are.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from infra.learning.dataset import Floats

LEVELS: Final = 64


def rounded(x: Floats) -> Floats:
    """Each column's values rounded to at most 64 levels, which are quantiles of it; NaN stays.

    A column without a value becomes 0 throughout: the library bins no column of missing values only.
    """
    found = x.copy()
    for column in found.T:
        is_value = ~np.isnan(column)
        if is_value.any():
            column[is_value] = _nearest(column[is_value])
        else:
            column[:] = 0.0
    return found


def _nearest(values: Floats) -> Floats:
    levels = np.unique(np.quantile(values, np.linspace(0, 1, LEVELS), method="inverted_cdf"))
    halfway = (levels[:-1] + levels[1:]) * 0.5
    return np.asarray(levels[np.searchsorted(halfway, values, side="left")])
