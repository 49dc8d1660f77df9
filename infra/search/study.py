"""A study: the trials of one part of the time, proposed by Optuna in batches and kept in Optuna's own storage.

A trial is proposed from the results of the batches before its own, and with a seed of its own number. So which trials
are made depends on neither the number of processes nor where an earlier run was stopped: a study with the trials of a
batch and a half goes on like one that was never stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from domain.deflated_sharpe import Moments
from infra.search.axis import Axis, Point, Range, points, size
from infra.search.market import Outcome
from infra.search.objective import Objective
from infra.search.parts import Part

BATCH = 8
"""The trials that are proposed from the same results. More processes than this times the number of parts are idle."""
RANDOM_TRIALS = 10
"""Optuna's default: so many trials are random before the first that learns."""
_MOST_PROPOSED = 20
"""So often Optuna may propose a point that was tried before the first untried one is taken."""
_PLACE, _OUTCOME, _POINT, _AFTER = "place", "outcome", "point", "after"


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial that has ended: its number, counted from 0, its point, and what it gave. `value` is the objective's; None
    where the trial has none."""

    place: int
    point: Point
    id: str
    measures: Mapping[str, Any]
    moments: Moments | None
    value: Decimal | None
    fault: str

    @property
    def state(self) -> str:
        """How it ended, in one word."""
        return (
            self.fault.partition(":")[0] if self.fault else "undefined" if self.value is None else "complete"
        )


class Study:
    """The study of one part."""

    def __init__(
        self, storage: BaseStorage, part: Part, axes: Sequence[Axis], objective: Objective, seed: int
    ) -> None:
        """Opens the study of this part in the storage, which is made where there is none."""
        self.part = part
        self._axes, self._objective, self._seed = axes, objective, seed
        self._distributions = {one.name: _distribution(one) for one in axes}
        self._direction = StudyDirection.MAXIMIZE if objective.more_is_better else StudyDirection.MINIMIZE
        self._kept = optuna.create_study(
            storage=storage, study_name=part.name, direction=self._direction, load_if_exists=True
        )
        self._trials = {one.user_attrs[_PLACE]: one for one in self._kept.trials if one.state.is_finished()}

    @property
    def trials(self) -> Sequence[Trial]:
        """The trials so far, in the order in which they were proposed."""
        return [self._trial(self._trials[place]) for place in sorted(self._trials)]

    @property
    def ended(self) -> int:
        """The number of trials so far."""
        return len(self._trials)

    @property
    def best(self) -> Trial | None:
        """The trial with the best value; the first of equal ones. None where no trial has a value."""
        defined = [one for one in self.trials if one.value is not None]
        return max(defined, key=lambda one: self._objective.rank(one.value or Decimal(0)), default=None)

    def planned(self, count: int) -> int:
        """The number of trials where `count` are wanted: at most one for each point."""
        return min(count, size(self._axes))

    def next_batch(self, count: int) -> Sequence[tuple[int, Point]]:
        """The trials of the next batch that have not ended, of `count` in all; none where all have.

        Where the space has no more points than `count`, its points are tried in their order.
        """
        count = self.planned(count)
        begin = next((one for one in range(0, count, BATCH) if self._lacks(one, count)), count)
        places = range(begin, min(begin + BATCH, count))
        proposed = self._proposed(places, in_order=count == size(self._axes))
        return [
            (place, point) for place, point in zip(places, proposed, strict=True) if place not in self._trials
        ]

    def keep(self, place: int, point: Point, outcome: Outcome) -> Trial:
        """Keeps the result of a trial. Raises what the storage raises."""
        value = self._objective.value(outcome.measures)
        found = outcome.moments
        made = create_trial(
            state=TrialState.PRUNED if value is None else TrialState.COMPLETE,
            value=None if value is None else float(value),
            params=self._params(point),
            distributions=self._distributions,
            user_attrs={
                _PLACE: place,
                _POINT: dict(point),
                _OUTCOME: {
                    "id": outcome.id,
                    "fault": outcome.fault,
                    "measures": dict(outcome.measures),
                    "moments": None if found is None else list(found),
                },
            },
        )
        self._kept.add_trial(made)
        self._trials[place] = made
        return self._trial(made)

    def after(self, part: Part, point: Point) -> Outcome | None:
        """What the point gave in a part that follows, as `keep_after` kept it; None where it did not."""
        kept = self._kept.user_attrs.get(f"{_AFTER} {part.name}")
        if kept is None or kept[_POINT] != dict(point):
            return None
        found = kept[_OUTCOME]
        return Outcome(
            id=found["id"], measures=found["measures"], returns=found["returns"], fault=found["fault"]
        )

    def keep_after(self, part: Part, point: Point, outcome: Outcome) -> None:
        """Keeps what the point gave in a part that follows. Raises what the storage raises."""
        kept = {_POINT: dict(point), _OUTCOME: asdict(outcome)}
        self._kept.set_user_attr(f"{_AFTER} {part.name}", kept)

    def _lacks(self, begin: int, count: int) -> bool:
        return any(place not in self._trials for place in range(begin, min(begin + BATCH, count)))

    def _proposed(self, places: range, *, in_order: bool) -> Iterator[Point]:
        """The points of a batch, by the trials before it. No point is proposed twice.

        A place that was tried is proposed again, so that the next one is proposed as if the batch had not been stopped.
        """
        earlier = [self._trials[place] for place in range(places.start)]
        memory = optuna.create_study(direction=self._direction)
        memory.add_trials(earlier)
        tried = {_key(one.user_attrs[_POINT]) for one in earlier}
        kept = {
            place: _key(self._trials[place].user_attrs[_POINT]) for place in places if place in self._trials
        }
        for place in places:
            others = tried | {key for at, key in kept.items() if at != place}
            candidates = points(self._axes) if in_order else self._candidates(memory, place)
            point = next(one for one in candidates if _key(one) not in others)
            tried.add(kept.get(place, _key(point)))
            yield point

    def _candidates(self, memory: optuna.Study, place: int) -> Iterator[Point]:
        for attempt in range(_MOST_PROPOSED):
            memory.sampler = _sampler(f"{self._seed} {self.part.name} {place} {attempt}")
            yield self._point(memory.ask(self._distributions))
        yield from points(self._axes)

    def _point(self, proposed: optuna.Trial) -> Point:
        return {one.name: _text(one, proposed.params[one.name]) for one in self._axes}

    def _params(self, point: Point) -> dict[str, Any]:
        return {one.name: _param(one, point[one.name]) for one in self._axes}

    def _trial(self, kept: FrozenTrial) -> Trial:
        found = kept.user_attrs[_OUTCOME]
        measures, given = found["measures"], found["moments"]
        return Trial(
            place=kept.user_attrs[_PLACE],
            point=kept.user_attrs[_POINT],
            id=found["id"],
            measures=measures,
            moments=None if given is None else Moments(*given),
            value=self._objective.value(measures),
            fault=found["fault"],
        )


def _sampler(seed: str) -> TPESampler:
    """A sampler of this seed. Optuna ignores the trials of the batch that have no result, except that it avoids their
    points."""
    number = int.from_bytes(sha256(seed.encode()).digest()[:4])
    return TPESampler(n_startup_trials=RANDOM_TRIALS, seed=number, constant_liar=True)


def _distribution(axis: Axis) -> BaseDistribution:
    """Whole numbers of the last decimal place for a range, so that no value is rounded."""
    if isinstance(axis.values, Range):
        found = axis.values
        low, high, step = (_units(found, one) for one in (found.low, found.high, found.step))
        return IntDistribution(low, high, step=step)
    return CategoricalDistribution(axis.values)


def _units(values: Range, one: Decimal) -> int:
    return int(one.scaleb(values.places))


def _param(axis: Axis, text: str) -> int | str:
    return _units(axis.values, Decimal(text)) if isinstance(axis.values, Range) else text


def _text(axis: Axis, param: Any) -> str:
    if isinstance(axis.values, Range):
        return f"{Decimal(param).scaleb(-axis.values.places):f}"
    return str(param)


def _key(point: Point) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(point.items()))
