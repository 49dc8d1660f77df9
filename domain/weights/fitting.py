"""Weights from the results of closed trades, shrunk towards the mean of all trades.

The trades of a group (a strategy, in an instrument, in a regime) are taken as draws around the group's own mean
R-multiple, and those means as draws around the mean of all. Both variances are estimated from the trades by the method
of moments of the one-way random model with groups of different sizes (Searle, Casella and McCulloch, *Variance
Components*, 1992, chapter 3):

    s2   = SSW / (N - k)
    tau2 = max(0, (SSB / (k - 1) - s2) / n0),   n0 = (N - sum(n_i^2) / N) / (k - 1)

A group's shrunk mean is the empirical Bayes estimate of Efron and Morris ("Stein's estimation rule and its
competitors", 1973), whose factor grows with the group's trades:

    shrunk_i = mean + b_i (mean_i - mean),      b_i = tau2 / (tau2 + s2 / n_i)

and its weight is linear in the distance of that mean from the mean of all, in deviations of one trade:

    weight_i = 1 + gain (shrunk_i - mean) / s,  within `minimum` and `maximum`, rounded to 0.01

A group whose shrunk mean is not above 0 has at most the weight 1: the best of several losing groups is not raised. A
group with fewer than `least_trades` has the weight 1. Where the groups do not differ by more than chance, tau2 is 0
and so all weights are 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import numpy.typing as npt

from domain.arithmetic import ONE, total
from domain.errors import InvalidInput
from domain.weights.result import TradeResult, in_order
from domain.weights.settings import ANY, LEAST, MOST, Weight

_STEP = Decimal("0.01")
_NEUTRAL = ONE.quantize(_STEP)
_Floats = npt.NDArray[np.float64]
Key = tuple[str, str, str]
"""Strategy, instrument and regime of a group; `*` where trades are not grouped by it."""

GROUPINGS: Mapping[str, Callable[[TradeResult], Key]] = {
    "strategy": lambda one: (one.strategy, ANY, ANY),
    "instrument": lambda one: (one.strategy, one.instrument, ANY),
    "regime": lambda one: (one.strategy, ANY, one.regime),
    "both": lambda one: (one.strategy, one.instrument, one.regime),
}
"""How trades are grouped: by strategy alone, or by strategy and instrument, regime, or both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """How weights are fitted; `by` is a name of `GROUPINGS`. A minimum above 0 keeps a group trading, so that its
    weight can rise again.
    """

    by: str = "both"
    gain: float = 3.0
    least_trades: int = 20
    minimum: Decimal = Decimal("0.25")
    maximum: Decimal = Decimal("1.75")

    def __post_init__(self) -> None:
        """Raises InvalidInput for a value out of its range."""
        if self.by not in GROUPINGS:
            raise InvalidInput(f"by {self.by!r} is none of {', '.join(GROUPINGS)}")
        if not 0 <= self.gain <= 100:
            raise InvalidInput(f"a gain of {self.gain} is not in 0 … 100")
        if not 2 <= self.least_trades <= 1_000_000:
            raise InvalidInput(f"least trades of {self.least_trades} is not in 2 … 1000000")
        if not LEAST <= self.minimum <= 1 <= self.maximum <= MOST:
            raise InvalidInput(
                f"weights from {self.minimum} to {self.maximum}: the bounds are within {LEAST} … {MOST}, with 1 in "
                "between"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """The performance of one group. `mean`, `deviation` and `shrunk` are in R-multiples; the deviation of one trade is
    None. `net` is in the account's currency, `win_rate` a fraction. `weight` is None where its trades had no regime
    while others had one: no row of weights is of them.
    """

    strategy: str
    instrument: str
    regime: str
    trades: int
    win_rate: float
    net: Decimal
    mean: float
    deviation: float | None
    shrunk: float
    weight: Decimal | None

    @property
    def row(self) -> Weight | None:
        """The row of the weights; None where the group has none."""
        if self.weight is None:
            return None
        return Weight(
            strategy=self.strategy, instrument=self.instrument, regime=self.regime, weight=self.weight
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The performance of every group in order of its key. `mean` is that of all trades, `within` the deviation of one
    trade and `between` that of the groups' means, in R-multiples. `without_stop` trades had none and do not count.
    """

    groups: Sequence[Performance] = ()
    trades: int = 0
    mean: float = 0.0
    within: float = 0.0
    between: float = 0.0
    without_stop: int = 0

    @property
    def table(self) -> tuple[Weight, ...]:
        """The rows of the weights, in order of their keys; empty where every weight is 1."""
        rows = tuple(row for one in self.groups if (row := one.row) is not None)
        return rows if any(row.weight != 1 for row in rows) else ()


def fitted(results: Sequence[TradeResult], settings: FitSettings) -> Fit:
    """The weights of these closed trades; their order changes nothing."""
    counted = [one for one in in_order(results) if one.risk > 0]
    without = len(results) - len(counted)
    if not counted:
        return Fit(without_stop=without)
    grouping = GROUPINGS[settings.by]
    keys = [grouping(one) for one in counted]
    names = sorted(set(keys))
    place = {name: number for number, name in enumerate(names)}
    index = np.fromiter((place[key] for key in keys), dtype=np.intp, count=len(keys))
    multiples = np.fromiter((one.multiple for one in counted), dtype=np.float64, count=len(counted))
    moments = _moments(index, multiples, len(names))
    weights = _weights(moments, settings)
    nets = _nets(counted, index, len(names))
    has_regimes = any(regime != ANY for *_, regime in names) and settings.by in ("regime", "both")
    groups = [
        Performance(
            strategy=name[0],
            instrument=name[1],
            regime=name[2],
            trades=int(moments.counts[number]),
            win_rate=float(moments.wins[number] / moments.counts[number]),
            net=nets[number],
            mean=float(moments.means[number]),
            deviation=_deviation(moments, number),
            shrunk=float(moments.shrunk[number]),
            weight=None if has_regimes and name[2] == ANY else weights[number],
        )
        for number, name in enumerate(names)
    ]
    return Fit(
        groups=groups,
        trades=len(counted),
        mean=moments.mean,
        within=math.sqrt(moments.within),
        between=math.sqrt(moments.between),
        without_stop=without,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moments:
    """By group: trades, wins, means, sums of squares about the mean, and shrunk means. `within` and `between` are the
    two variances.
    """

    counts: _Floats
    wins: _Floats
    means: _Floats
    squares: _Floats
    shrunk: _Floats
    mean: float
    within: float
    between: float


def _moments(index: npt.NDArray[np.intp], multiples: _Floats, groups: int) -> _Moments:
    counts = _sums(index, np.ones(len(multiples)), groups)
    wins = _sums(index, (multiples > 0).astype(np.float64), groups)
    means = _sums(index, multiples, groups) / counts
    squares = _sums(index, (multiples - means[index]) ** 2, groups)
    mean = float(multiples.mean())
    within, between = _variances(counts, means, squares, mean)
    factors = between / (between + within / counts) if between > 0 else np.zeros(groups)
    return _Moments(
        counts=counts,
        wins=wins,
        means=means,
        squares=squares,
        shrunk=mean + factors * (means - mean),
        mean=mean,
        within=within,
        between=between,
    )


def _sums(index: npt.NDArray[np.intp], values: _Floats, groups: int) -> _Floats:
    return np.asarray(np.bincount(index, weights=values, minlength=groups), dtype=np.float64)


def _variances(counts: _Floats, means: _Floats, squares: _Floats, mean: float) -> tuple[float, float]:
    """The variance of one trade about its group's mean, and that of the groups' means; 0 where it is not known."""
    trades, groups = float(counts.sum()), len(counts)
    if trades <= groups:
        return 0.0, 0.0
    within = float(squares.sum()) / (trades - groups)
    if groups < 2:
        return within, 0.0
    size = (trades - float((counts**2).sum()) / trades) / (groups - 1)
    found = float((counts * (means - mean) ** 2).sum()) / (groups - 1)
    return within, max(0.0, (found - within) / size)


def _weights(moments: _Moments, settings: FitSettings) -> Sequence[Decimal]:
    if moments.within <= 0:
        return [_NEUTRAL] * len(moments.counts)
    distances = (moments.shrunk - moments.mean) / math.sqrt(moments.within)
    high = np.where(moments.shrunk > 0, float(settings.maximum), 1.0)
    raw = np.clip(1 + settings.gain * distances, float(settings.minimum), high)
    is_known = moments.counts >= settings.least_trades
    return [
        Decimal(repr(float(one))).quantize(_STEP, ROUND_HALF_EVEN) if known else _NEUTRAL
        for one, known in zip(raw, is_known, strict=True)
    ]


def _nets(results: Sequence[TradeResult], index: npt.NDArray[np.intp], groups: int) -> Sequence[Decimal]:
    found: list[list[Decimal]] = [[] for _ in range(groups)]
    for one, number in zip(results, map(int, index), strict=True):
        found[number].append(one.net)
    return [total(nets) for nets in found]


def _deviation(moments: _Moments, number: int) -> float | None:
    count = float(moments.counts[number])
    return math.sqrt(float(moments.squares[number]) / (count - 1)) if count > 1 else None
