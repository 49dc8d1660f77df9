"""The scored signals of a log in their order, and the trades that they led to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.arithmetic import ZERO
from domain.arms.split import Arm
from domain.log import Meta, Recorded
from domain.model import (
    NO_MODELS,
    ModelPromoted,
    ModelRegistered,
    ModelRetired,
    ModelRole,
    ModelsInForce,
    in_force_after,
)
from domain.position import PositionClosed, PositionOpened
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import DecisionMade, Verdict
from projections.waiting_scores import Ending, WaitingScores


@dataclass(frozen=True, slots=True)
class RowScored:
    """A model returned a score for a signal that was raised at `at` (UTC)."""

    at: datetime
    chain: str
    score: SignalScored


class _Scored:
    """What is read of the scores of one entry."""

    __slots__ = ()
    scores: tuple[SignalScored, ...]

    def confidence_of(self, sha256: str) -> float | None:
        """The confidence of a model; None where it returned no score."""
        return next((one.confidence for one in self.scores if one.model == sha256), None)

    @property
    def champion(self) -> SignalScored | None:
        """The score of the champion of that time, whichever model decided the entry; None without one."""
        return next((one for one in self.scores if one.role is ModelRole.CHAMPION), None)


@dataclass(frozen=True, slots=True)
class TradeClosed(_Scored):
    """The trade of a scored signal is closed; it gained where its net result is above 0. Times are UTC.

    `is_arm_b`: its entry was decided in arm B, so not by the champion (`domain/arms`).
    """

    signal_at: datetime
    closed_at: datetime
    scores: tuple[SignalScored, ...]
    gained: bool
    is_arm_b: bool = False


@dataclass(frozen=True, slots=True)
class TradeOpen(_Scored):
    """The entry of a scored signal, or the position that it opened, has not ended; see `TradeClosed`."""

    signal_at: datetime
    scores: tuple[SignalScored, ...]
    is_arm_b: bool = False


@dataclass(frozen=True, slots=True)
class TrialBegun:
    """A challenger is tested from `at` on (UTC) against the champion of then. `ordinal` counts the account's trials."""

    ordinal: int
    at: datetime


class ScoredTrades:
    """Folds a log's events. `steps` are the scores and the closed trades in the order of the log.

    `registered_at` has, by SHA-256, when a model was registered, `data_until` the last signal that trained it,
    `in_role_since` when it last got a role, `closed_at` when each trade was closed, scored or not. `trials` has the
    trial of each challenger in force: one begins when a model becomes a challenger, and for every challenger when
    another model, or none, becomes the champion.
    """

    def __init__(self) -> None:
        self.steps: list[RowScored | TradeClosed] = []
        self.registered_at: dict[str, datetime] = {}
        self.data_until: dict[str, datetime] = {}
        self.in_role_since: dict[str, datetime] = {}
        self.trials: dict[str, TrialBegun] = {}
        self.in_force: ModelsInForce = NO_MODELS
        self.closed_at: list[datetime] = []
        self._scores: dict[str, list[RowScored]] = {}
        self._held: dict[str, str] = {}
        self._in_arm_b: set[str] = set()
        self._waiting = WaitingScores()
        self._begun = 0

    def take_all(self, events: Iterable[Recorded]) -> ScoredTrades:
        """Takes these events; returns itself."""
        for recorded in events:
            self._take(recorded.envelope.event, recorded.envelope.meta)
        return self

    @property
    def open_trades(self) -> Sequence[TradeOpen]:
        """The entries that have not ended, and the open trades."""
        found = [(chain, self._scores[chain]) for chain in self._waiting.chains if chain in self._scores]
        return [
            TradeOpen(rows[0].at, tuple(one.score for one in rows), chain in self._in_arm_b)
            for chain, rows in found
        ]

    @property
    def trades(self) -> Sequence[TradeClosed]:
        """The closed trades, in the order of their closing."""
        return [one for one in self.steps if isinstance(one, TradeClosed)]

    def _take(self, event: object, meta: Meta) -> None:
        if isinstance(event, Ending):
            self._waiting.ended(event, meta)
        match event:
            case SignalScored():
                self._scored(event, meta)
            case DecisionMade():
                self._decided(event, meta)
            case PositionOpened():
                self._opened(meta)
            case PositionClosed():
                self._closed(event, meta)
            case ModelRegistered():
                self.registered_at.setdefault(event.sha256, meta.recorded_at)
                self.data_until.setdefault(event.sha256, event.data_until)
                self.in_force = in_force_after(self.in_force, event)
            case ModelPromoted():
                self.in_role_since[event.sha256] = meta.recorded_at
                self._changed(event, meta.recorded_at)
            case ModelRetired():
                self._changed(event, meta.recorded_at)
            case _:
                return

    def _changed(self, event: ModelPromoted | ModelRetired, at: datetime) -> None:
        before, self.in_force = self.in_force, in_force_after(self.in_force, event)
        going_on = set[str]()
        if before.champion == self.in_force.champion:
            going_on = {one.sha256 for one in before.challengers if one.sha256 != event.sha256}
        trials: dict[str, TrialBegun] = {}
        for challenger in self.in_force.challengers:
            sha256 = challenger.sha256
            if sha256 in going_on:
                trials[sha256] = self.trials[sha256]
            else:
                self._begun += 1
                trials[sha256] = TrialBegun(self._begun, at)
        self.trials = trials

    def _scored(self, event: SignalScored, meta: Meta) -> None:
        if event.outcome is ScoreOutcome.OK:
            row = RowScored(meta.occurred_at, meta.correlation_id, event)
            self.steps.append(row)
            self._scores.setdefault(meta.correlation_id, []).append(row)
            self._waiting.add(event, meta)

    def _decided(self, event: DecisionMade, meta: Meta) -> None:
        if event.arm is Arm.B and event.verdict is not Verdict.SKIP:
            self._in_arm_b.add(meta.correlation_id)

    def _opened(self, meta: Meta) -> None:
        self._waiting.opened(meta)
        if meta.correlation_id in self._scores:
            self._held[meta.stream] = meta.correlation_id

    def _closed(self, event: PositionClosed, meta: Meta) -> None:
        self.closed_at.append(meta.occurred_at)
        self._waiting.closed(meta.stream)
        chain = self._held.pop(meta.stream, "")
        rows = self._scores.pop(chain, [])
        is_arm_b = chain in self._in_arm_b
        self._in_arm_b.discard(chain)
        if rows:
            scores = tuple(one.score for one in rows)
            self.steps.append(TradeClosed(rows[0].at, meta.occurred_at, scores, event.net > ZERO, is_arm_b))
