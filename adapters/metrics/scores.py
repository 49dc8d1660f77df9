"""The metrics of learnt scores: outcomes, what became of scored trades, and drifts, since the process started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from prometheus_client import CollectorRegistry

from adapters.metrics import catalogue
from adapters.metrics.registry import counter, gauge
from domain.log import Envelope, Meta
from domain.model import DriftFound
from domain.position import PositionClosed, PositionOpened
from domain.scored import ScoreOutcome, SignalScored
from projections.waiting_scores import Ending, WaitingScores

_EVEN = 0.5


class ScoreMetrics:
    """Counts the scores in units of work. It holds the scores of signals whose trade is not closed yet."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._scores = counter(catalogue.SCORES, registry)
        self._trades = counter(catalogue.SCORED_TRADES, registry)
        self._confidence = counter(catalogue.SCORED_CONFIDENCE, registry)
        self._squares = counter(catalogue.SCORED_SQUARES, registry)
        self._drift = gauge(catalogue.MODEL_DRIFT, registry)
        self._waiting = WaitingScores()
        self._steps: Mapping[type, Callable[[Any, Meta], None]] = {
            SignalScored: self._scored,
            **dict.fromkeys(get_args(Ending), self._waiting.ended),
            PositionOpened: self._opened,
            PositionClosed: self._closed,
            DriftFound: self._drifted,
        }

    def take(self, envelope: Envelope) -> None:
        """Takes the next recorded event."""
        step = self._steps.get(type(envelope.event))
        if step is not None:
            step(envelope.event, envelope.meta)

    def _scored(self, event: SignalScored, meta: Meta) -> None:
        self._scores.labels(event.role, event.outcome).inc()
        if event.outcome is ScoreOutcome.OK:
            self._waiting.add(event, meta)

    def _opened(self, _event: PositionOpened, meta: Meta) -> None:
        self._waiting.opened(meta)

    def _closed(self, event: PositionClosed, meta: Meta) -> None:
        gained = event.net > 0
        held = self._waiting.closed(meta.stream)
        for score in () if held is None else held.waiting.scores:
            confidence = score.confidence or 0.0
            right = (confidence >= _EVEN) == gained
            self._trades.labels(score.role, _word(gained), _word(right)).inc()
            self._confidence.labels(score.role).inc(confidence)
            self._squares.labels(score.role).inc((confidence - gained) ** 2)

    def _drifted(self, event: DriftFound, _meta: Meta) -> None:
        self._drift.labels(event.name, event.subject, event.test).set(event.statistic)


def _word(flag: bool) -> str:  # noqa: FBT001  (a label's value)
    return "yes" if flag else "no"
