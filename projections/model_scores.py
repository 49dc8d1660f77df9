"""The models of a log with their scores, and what became of the trades of the signals that they scored.

A score is resolved when the position that its signal opened is closed. The trade gained where its net result, after
fees and funding, is above zero; its net return is that result as a fraction of what was paid for the entries.
Signals that were not traded resolve nothing here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args

from domain.arithmetic import EXACT, ZERO
from domain.log import Meta, Recorded
from domain.model import (
    NO_MODELS,
    DriftFound,
    ModelPromoted,
    ModelRegistered,
    ModelRetired,
    ModelRole,
    ModelsInForce,
    in_force_after,
)
from domain.position import PositionClosed, PositionIncreased, PositionOpened
from domain.scored import ScoreOutcome, SignalScored
from projections.score_limits import lets_through
from projections.waiting_scores import Ending, WaitingScores

_BINS = 10


@dataclass(frozen=True, slots=True)
class ResolvedScore:
    """The score of a signal and its trade: whether it gained, and its net return as a fraction of the entries' cost.

    `let_through`: whether the limits by which the champion's score was judged let an entry with this score through;
    None where no champion's score was judged.
    """

    signal: str
    score: SignalScored
    gained: bool
    net_return: float
    closed_at: datetime
    let_through: bool | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """The scores whose confidence is in one tenth: their number, mean confidence, and the share that gained."""

    count: int
    confidence: float
    gained: float


@dataclass(slots=True)
class ModelRecord:
    """One registered model: its role now, how many of its scores had each outcome, its trades, and its drifts.

    `drifts_in_role` are those recorded since it last got a role.
    """

    registered: ModelRegistered
    registered_at: datetime
    actor: str
    role: ModelRole | None = None
    outcomes: Counter[ScoreOutcome] = field(default_factory=Counter[ScoreOutcome])
    resolved: list[ResolvedScore] = field(default_factory=list[ResolvedScore])
    drifts: list[DriftFound] = field(default_factory=list[DriftFound])
    drifts_in_role: list[DriftFound] = field(default_factory=list[DriftFound])

    @property
    def brier(self) -> float | None:
        """The mean squared distance of the confidence from the outcome, 0 or 1; None without a resolved score."""
        return _mean([((one.score.confidence or 0.0) - one.gained) ** 2 for one in self.resolved])

    @property
    def accuracy(self) -> float | None:
        """The share of resolved scores whose confidence was on the side of the outcome: 0.5 or more for a gain."""
        return _mean([float(((one.score.confidence or 0.0) >= 0.5) == one.gained) for one in self.resolved])

    @property
    def mean_confidence(self) -> float | None:
        """The mean confidence of resolved scores."""
        return _mean([one.score.confidence or 0.0 for one in self.resolved])

    @property
    def gained(self) -> float | None:
        """The share of the trades of resolved scores that gained."""
        return _mean([float(one.gained) for one in self.resolved])

    @property
    def mean_return(self) -> float | None:
        """The mean net return of the trades of resolved scores."""
        return _mean([one.net_return for one in self.resolved])

    @property
    def judged(self) -> Sequence[ResolvedScore]:
        """The resolved scores of entries that a champion judged; as they were traded, it let all of them through."""
        return [one for one in self.resolved if one.let_through is not None]

    @property
    def let_through(self) -> int:
        """How many of `judged` this model's score would have let through."""
        return sum(one.let_through is True for one in self.judged)

    @property
    def profit(self) -> float | None:
        """The sum of the net returns of the trades that this model's score would have let through.

        Each trade counts the same. None without a score in `judged`.
        """
        return _sum([one.net_return if one.let_through else 0.0 for one in self.judged])

    @property
    def champion_profit(self) -> float | None:
        """The sum of the net returns of all trades of `judged`: what the champions of then made of the same signals."""
        return _sum([one.net_return for one in self.judged])

    @property
    def calibration(self) -> Sequence[Calibration]:
        """The resolved scores by tenths of their confidence, without empty tenths, the lowest first."""
        tenths: dict[int, list[ResolvedScore]] = {}
        for one in self.resolved:
            place = min(int((one.score.confidence or 0.0) * _BINS), _BINS - 1)
            tenths.setdefault(place, []).append(one)
        return [_calibration(found) for _place, found in sorted(tenths.items())]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _sum(values: Sequence[float]) -> float | None:
    return sum(values) if values else None


def _calibration(found: Sequence[ResolvedScore]) -> Calibration:
    confidence = _mean([one.score.confidence or 0.0 for one in found])
    gained = _mean([float(one.gained) for one in found])
    return Calibration(len(found), confidence or 0.0, gained or 0.0)


class ModelBook:
    """Folds a log's events, in order. `in_force` are the models that score now, `models` has all by SHA-256."""

    def __init__(self) -> None:
        self.in_force: ModelsInForce = NO_MODELS
        self.models: dict[str, ModelRecord] = {}
        self._waiting = WaitingScores()
        self._costs: dict[str, Decimal] = {}
        self._steps: Mapping[type, Callable[[Any, Meta], None]] = {
            ModelRegistered: self._registered,
            ModelPromoted: self._changed,
            ModelRetired: self._changed,
            DriftFound: self._drift,
            SignalScored: self._scored,
            **dict.fromkeys(get_args(Ending), self._waiting.ended),
            PositionOpened: self._opened,
            PositionIncreased: self._increased,
            PositionClosed: self._closed,
        }

    def take_all(self, events: Iterable[Recorded]) -> ModelBook:
        """Takes these events; returns itself."""
        for recorded in events:
            self.take(recorded)
        return self

    def take(self, recorded: Recorded) -> None:
        """Takes the next event."""
        event, meta = recorded.envelope.event, recorded.envelope.meta
        step = self._steps.get(type(event))
        if step is not None:
            step(event, meta)

    def _registered(self, event: ModelRegistered, meta: Meta) -> None:
        self.models[event.sha256] = ModelRecord(event, meta.recorded_at, meta.actor)
        self.in_force = in_force_after(self.in_force, event)

    def _changed(self, event: ModelPromoted | ModelRetired, _meta: Meta) -> None:
        self.in_force = in_force_after(self.in_force, event)
        if isinstance(event, ModelPromoted):
            self.models[event.sha256].drifts_in_role.clear()
        for sha256, record in self.models.items():
            record.role = self.in_force.role_of(sha256)

    def _drift(self, event: DriftFound, _meta: Meta) -> None:
        self.models[event.sha256].drifts.append(event)
        self.models[event.sha256].drifts_in_role.append(event)

    def _scored(self, event: SignalScored, meta: Meta) -> None:
        self.models[event.model].outcomes[event.outcome] += 1
        if event.outcome is ScoreOutcome.OK:
            self._waiting.add(event, meta)

    def _opened(self, event: PositionOpened, meta: Meta) -> None:
        if self._waiting.opened(meta):
            self._costs[meta.stream] = EXACT.multiply(event.quantity, event.price)

    def _increased(self, event: PositionIncreased, meta: Meta) -> None:
        self._waiting.ended(event, meta)
        cost = self._costs.get(meta.stream)
        if cost is not None:
            self._costs[meta.stream] = EXACT.add(cost, EXACT.multiply(event.quantity, event.price))

    def _closed(self, event: PositionClosed, meta: Meta) -> None:
        held = self._waiting.closed(meta.stream)
        if held is None:
            return
        chain, waiting = held
        cost = self._costs.pop(meta.stream)
        share = float(EXACT.divide(event.net, cost)) if cost else 0.0
        for score in waiting.scores:
            figures = score.confidence, score.risk, score.expected_return
            through = None if waiting.limits is None else lets_through(*figures, waiting.limits)
            resolved = ResolvedScore(chain, score, event.net > ZERO, share, meta.occurred_at, through)
            self.models[score.model].resolved.append(resolved)
