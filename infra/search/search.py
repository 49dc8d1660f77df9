"""A search: the trials of every part, and the best settings of each on the time that follows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.deflated_sharpe import Moments, deflated_sharpe, expected_best
from domain.ratios import Ratios, ratios
from domain.settings import Settings
from infra.run.backtest import Change
from infra.search.axis import Axis, Point, changed
from infra.search.market import Market, Outcome
from infra.search.objective import Objective
from infra.search.parts import Division, Part
from infra.search.study import Study, Trial
from infra.search.trial_record import TrialRecord, Tried
from infra.search.workers import Task
from projections.reports.figures import linked

Trade = Callable[[Sequence[Task]], Iterator[tuple[int, Outcome]]]
"""Trades the tasks, and yields the number of each with its outcome; it ends early where a stop is requested."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best trial of a part's search, and what its settings gave in the part that follows. `trial` is None where no
    trial has a value, and `after` where nothing follows."""

    part: Part
    trial: Trial | None
    follows: Part | None
    after: Outcome | None


@dataclass(frozen=True, slots=True)
class Luck:
    """How far luck explains the winner: `trials` of the tape were made, of which `compared` in this period have a
    Sharpe ratio. `expected` is the best daily ratio of as many without skill, `deflated` the deflated Sharpe ratio of
    the winner; None where it is not defined."""

    trials: int
    compared: int
    winner: Moments | None
    expected: float | None
    deflated: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search. `winner` is that of the whole training, `folds` are the walk forward; `trials` are those
    of the training in their order, and `counts` the number of all by how they ended."""

    winner: Chosen
    folds: Sequence[Chosen]
    trials: Sequence[Trial]
    counts: Mapping[str, int]
    luck: Luck

    @property
    def walked(self) -> Sequence[float]:
        """The daily returns of all tests, one after the other."""
        return [one for fold in self.folds if fold.after is not None for one in fold.after.returns]

    @property
    def walked_return(self) -> float | None:
        """Their return together, as a fraction; None without a day."""
        return linked(self.walked) if self.walked else None

    @property
    def walked_ratios(self) -> Ratios:
        """Their Sharpe and Sortino ratios."""
        return ratios(self.walked)


class Search:
    """One search over studies that may have trials already."""

    def __init__(
        self,
        *,
        market: Market,
        settings: Settings,
        axes: Sequence[Axis],
        division: Division,
        objective: Objective,
        studies: Sequence[Study],
        record: TrialRecord,
        trials: int,
    ) -> None:
        """`settings` are those that do not vary, `studies` one for each part of `division.searched`, in that order."""
        self.market, self.axes, self.objective = market, axes, objective
        self._settings, self._division = settings, division
        self._studies, self._record, self._trials = studies, record, trials
        for study in studies:
            self._count(study, study.trials)

    @property
    def progress(self) -> Mapping[str, tuple[int, int]]:
        """The trials of each part that have ended, and how many there will be."""
        return {one.part.name: (one.ended, one.planned(self._trials)) for one in self._studies}

    def steps(self, trade: Trade) -> Iterator[None]:
        """Makes the trials; yields after each. It ends early where `trade` does."""
        while batches := [
            (one, batch) for one in reversed(self._studies) if (batch := one.next_batch(self._trials))
        ]:
            due = [(study, place, point) for study, batch in batches for place, point in batch]
            tasks = [Task(study.part, self.change(point)) for study, _, point in due]
            ended = 0
            for number, outcome in trade(tasks):
                study, place, point = due[number]
                self._count(study, [study.keep(place, point, outcome)])
                ended += 1
                yield
            if ended < len(tasks):
                return

    def found(self, trade: Trade) -> Found | None:
        """Trades the best settings of each part on the part that follows; None where `trade` ends early."""
        following = [one.test for one in self._division.folds] + [self._division.held_out]
        chosen = [
            Chosen(study.part, study.best, part, None)
            for study, part in zip(self._studies, following, strict=True)
        ]
        if not self._follows(chosen, trade):
            return None
        *folds, winner = (self._followed(n, one) for n, one in enumerate(chosen))
        trials = self._studies[-1].trials
        counts = Counter(one.state for study in self._studies for one in study.trials)
        return Found(winner, folds, trials, counts, self._luck(winner))

    def _follows(self, chosen: Sequence[Chosen], trade: Trade) -> bool:
        """Trades what follows where no earlier run has; returns whether all of it is traded."""
        tasks: list[tuple[Study, Part, Point]] = []
        for study, one in zip(self._studies, chosen, strict=True):
            if (
                one.trial is not None
                and one.follows is not None
                and study.after(one.follows, one.trial.point) is None
            ):
                tasks.append((study, one.follows, one.trial.point))
        ended = 0
        for number, outcome in trade([Task(part, self.change(point)) for _, part, point in tasks]):
            study, part, point = tasks[number]
            study.keep_after(part, point, outcome)
            ended += 1
        return ended == len(tasks)

    def _followed(self, number: int, one: Chosen) -> Chosen:
        if one.trial is None or one.follows is None:
            return one
        return replace(one, after=self._studies[number].after(one.follows, one.trial.point))

    def change(self, point: Point) -> Change:
        """The change of settings of a point."""
        return changed(self.market.change, point, self._settings)

    def _count(self, study: Study, trials: Sequence[Trial]) -> None:
        tried = [
            Tried(one.id, study.part.spelled, None if one.moments is None else one.moments.sharpe, one.state)
            for one in trials
        ]
        self._record.add(self.market.identity, tried)

    def _luck(self, winner: Chosen) -> Luck:
        trials = self._record.count(self.market.identity)
        sharpes = self._record.sharpes(self.market.identity, winner.part.spelled)
        of_winner = None if winner.trial is None else winner.trial.moments
        return luck_of(of_winner, sharpes, trials)


def luck_of(winner: Moments | None, sharpes: Sequence[float], trials: int) -> Luck:
    """How far luck explains a winner of `trials`, of which those with a ratio have `sharpes` (of a day's return)."""
    from statistics import variance

    known = len(sharpes) > 1
    expected = expected_best(variance(sharpes), trials) if known else None
    deflated = None if winner is None else deflated_sharpe(winner, sharpes, trials)
    return Luck(trials, len(sharpes), winner, expected, deflated)
