"""The walk-forward of weights: each test is traded with weights of trades that were closed before it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from domain.arithmetic import total
from domain.block_bootstrap import MeanInterval, mean_interval
from domain.errors import Refused
from domain.ratios import LEAST_DAYS, Ratios, ratios
from domain.weights.fitting import Fit, FitSettings, fitted
from domain.weights.result import closed_before
from domain.weights.scale import WeightScale
from domain.weights.settings import WeightSettings, weights_text
from infra.run.backtest import Change
from infra.search.market import Outcome
from infra.search.parts import Division, Fold, Part
from infra.search.workers import Task
from projections.paired_days import Finding
from projections.reports.figures import linked

Trade = Callable[[Sequence[Task]], Iterator[tuple[int, Outcome]]]
"""Trades the tasks, and yields the number of each with its outcome; it ends early where a stop is requested."""


@dataclass(frozen=True, slots=True)
class WalkedFold:
    """One test: the weights that were known before it, and the test without and with them."""

    fold: Fold
    fit: Fit
    without: Outcome
    weighted: Outcome


@dataclass(frozen=True, slots=True)
class Walked:
    """The walk-forward. `whole` is the fit of all days, whose weights are for the time after them."""

    tests: Sequence[WalkedFold]
    whole: Fit

    @property
    def is_tried(self) -> bool:
        """Whether a test had weights that differ from 1."""
        return any(one.fit.table for one in self.tests)

    @property
    def without(self) -> Joined:
        """All tests without weights, one after the other."""
        return _joined([one.without for one in self.tests])

    @property
    def weighted(self) -> Joined:
        """All tests with weights, one after the other."""
        return _joined([one.weighted for one in self.tests])

    @property
    def interval(self) -> MeanInterval | None:
        """The 95 % interval of the mean difference of a day's return, weighted less not, by a block bootstrap.

        None under `LEAST_DAYS` days, and where no test had weights.
        """
        pairs = zip(self.weighted.returns, self.without.returns, strict=True)
        differences = [weighted - without for weighted, without in pairs]
        is_shown = self.is_tried and len(differences) >= LEAST_DAYS
        return mean_interval(differences) if is_shown else None

    @property
    def finding(self) -> Finding | None:
        """Whether the interval lies above or below zero; None without an interval."""
        if self.interval is None:
            return None
        if self.interval.low > 0:
            return Finding.BETTER
        return Finding.WORSE if self.interval.high < 0 else Finding.NONE


@dataclass(frozen=True, slots=True)
class Joined:
    """Several tests, one after the other. `net` is the sum of theirs, each of which begins with the same balance.

    The other figures are of the daily returns, as if each test began with the equity of the one before.
    """

    returns: Sequence[float]
    net: Decimal

    @property
    def total(self) -> float:
        """Their return together, as a fraction."""
        return linked(self.returns)

    @property
    def ratios(self) -> Ratios:
        """Their Sharpe and Sortino ratios."""
        return ratios(self.returns)

    @property
    def drawdown(self) -> float:
        """The largest fall of the equity at the ends of days below its highest so far, as a fraction of that."""
        now, peak, deepest = 1.0, 1.0, 0.0
        for one in self.returns:
            now *= 1 + one
            peak = max(peak, now)
            deepest = max(deepest, 1 - now / peak)
        return deepest


def _joined(outcomes: Sequence[Outcome]) -> Joined:
    returns = [day for one in outcomes for day in one.returns]
    return Joined(returns, total(Decimal(str(one.measures["net"])) for one in outcomes))


@dataclass(slots=True)
class WalkForward:
    """A walk-forward over the folds of a division.

    Each training is traded without weights, on its own days alone. `change` is the change of settings that every
    backtest has; `progress` are the backtests of each step that have ended, and how many there are.
    """

    division: Division
    whole: Part
    settings: FitSettings
    scales: WeightScale
    change: Change
    progress: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])

    def steps(self, trade: Trade) -> Iterator[Walked | None]:
        """Yields None after each backtest, and then the result; it ends early where `trade` does.

        Raises Refused where a backtest has no result.
        """
        folds = self.division.folds
        bare = replace(self.change, values={**self.change.values, "weights.table": ""})
        trainings = [Task(fold.training, bare, with_trades=True) for fold in folds]
        tasks = [
            *trainings,
            Task(self.whole, bare, with_trades=True),
            *(Task(one.test, bare) for one in folds),
        ]
        made = dict[int, Outcome]()
        yield from self._traded("without weights", tasks, trade, made)
        if len(made) < len(tasks):
            return
        begins = [*(fold.test.begin for fold in folds), self.whole.end]
        fits = [
            fitted(closed_before(made[number].trades, begin), self.settings)
            for number, begin in enumerate(begins)
        ]
        without = [made[len(folds) + 1 + number] for number in range(len(folds))]
        later = [number for number in range(len(folds)) if fits[number].table]
        weighted = dict[int, Outcome]()
        due = [Task(folds[number].test, self.weighted(fits[number])) for number in later]
        yield from self._traded("with weights", due, trade, weighted)
        if len(weighted) < len(due):
            return
        found = {number: weighted[place] for place, number in enumerate(later)}
        tests = [
            WalkedFold(fold, fits[number], without[number], found.get(number, without[number]))
            for number, fold in enumerate(folds)
        ]
        yield Walked(tests, fits[-1])

    def weighted(self, fit: Fit) -> Change:
        """The change of a backtest with these weights."""
        values: Mapping[str, str] = {
            **self.change.values,
            "weights.scales": self.scales.value,
            "weights.table": weights_text(fit.table),
        }
        return replace(self.change, values=values)

    def weights(self, fit: Fit) -> WeightSettings:
        """The settings with these weights."""
        return WeightSettings(scales=self.scales, table=fit.table)

    def _traded(
        self, step: str, tasks: Sequence[Task], trade: Trade, made: dict[int, Outcome]
    ) -> Iterator[None]:
        self.progress[step] = (0, len(tasks))
        for number, outcome in trade(tasks):
            if outcome.fault:
                raise Refused(f"the backtest of {tasks[number].part.spelled} has no result: {outcome.fault}")
            made[number] = outcome
            self.progress[step] = (len(made), len(tasks))
            yield None
