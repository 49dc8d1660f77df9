"""Figures of predicted probabilities, against what became of the trades.

Arrays have one length: `predicted` probabilities (0..1), `happened` 0 or 1, `net` returns as fractions.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_EDGE = np.finfo(np.float64).eps
"""The logarithmic loss of a certain error is infinite; scikit-learn keeps probabilities this far from 0 and 1."""


class Figures(Struct, frozen=True, kw_only=True):
    """The figures of one predictor on the rows of all tests.

    `brier` and `log_loss` are means over the rows, less is better. `auc` is the probability that a trade that gained
    has a higher prediction than one that did not; None for one outcome only. `trades` were let through; `precision`
    is the share of them that gained, `profit` the sum of their net returns, `mean_profit` the mean; None for no trade.
    """

    brier: float
    log_loss: float
    auc: float | None
    trades: int
    precision: float | None
    profit: float
    mean_profit: float | None

    def as_json(self) -> Mapping[str, float | int | None]:
        """The figures, rounded to 6 places."""
        return {
            name: value if value is None or isinstance(value, int) else round(value, 6)
            for name in self.__struct_fields__
            for value in (getattr(self, name),)
        }


def figures(predicted: Floats, happened: Flags, net: Floats, passes: Flags) -> Figures:
    """The figures of one predictor; `passes` are the trades that it lets through."""
    trades = int(passes.sum())
    return Figures(
        brier=float(squared_errors(predicted, happened).mean()),
        log_loss=log_loss(predicted, happened),
        auc=auc(predicted, happened),
        trades=trades,
        precision=float(happened[passes].mean()) if trades else None,
        profit=float(net[passes].sum()),
        mean_profit=float(net[passes].mean()) if trades else None,
    )


def squared_errors(predicted: Floats, happened: Flags) -> Floats:
    """The squared error of each row; their mean is the score of Brier (1950)."""
    return np.square(predicted - happened)


def log_loss(predicted: Floats, happened: Flags) -> float:
    """The mean of -ln of the probability that was given to what happened."""
    kept = np.clip(predicted, _EDGE, 1 - _EDGE)
    return float(-np.log(np.where(happened, kept, 1 - kept)).mean())


def auc(predicted: Floats, happened: Flags) -> float | None:
    """The area under the ROC curve, by the ranks of Mann and Whitney (1947); ties count half."""
    wins = int(happened.sum())
    losses = len(happened) - wins
    if not wins or not losses:
        return None
    ranks = _mean_ranks(predicted)
    return float((ranks[happened].sum() - wins * (wins + 1) / 2) / (wins * losses))


def _mean_ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values have the mean of theirs."""
    _distinct, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], dtype=np.float64)
