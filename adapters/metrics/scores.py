"""The metrics of learnt scores: outcomes, what became of scored trades, and drifts, since the process started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry

from adapters.metrics import catalogue
from adapters.metrics.registry import counter, gauge
from domain.log import Envelope, Meta
from domain.model import DriftFound
from domain.position import PositionClosed, PositionOpened
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import DecisionMade, Verdict

_EVEN = 0.5
_MOST_WAITING = 1_000
"""The most scored signals whose entry has neither opened a position nor been refused; beyond, the oldest is dropped.
An entry that is cancelled or expires would else be held until the process ends.
"""
_TRADED = frozenset({Verdict.ENTER, Verdict.REVERSE})


class ScoreMetrics:
    """Counts the scores in units of work. It holds the scores of open trades, and of the last signals without one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._scores = counter(catalogue.SCORES, registry)
        self._trades = counter(catalogue.SCORED_TRADES, registry)
        self._confidence = counter(catalogue.SCORED_CONFIDENCE, registry)
        self._squares = counter(catalogue.SCORED_SQUARES, registry)
        self._drift = gauge(catalogue.MODEL_DRIFT, registry)
        self._waiting: dict[str, list[SignalScored]] = {}
        self._held: dict[str, list[SignalScored]] = {}
        self._steps: Mapping[type, Callable[[Any, Meta], None]] = {
            SignalScored: self._scored,
            DecisionMade: self._decided,
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
            self._waiting.setdefault(meta.correlation_id, []).append(event)
            if len(self._waiting) > _MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]

    def _decided(self, event: DecisionMade, meta: Meta) -> None:
        if event.verdict not in _TRADED:
            self._waiting.pop(meta.correlation_id, None)

    def _opened(self, _event: PositionOpened, meta: Meta) -> None:
        scores = self._waiting.pop(meta.correlation_id, None)
        if scores is not None:
            self._held[meta.stream] = scores

    def _closed(self, event: PositionClosed, meta: Meta) -> None:
        gained = event.net > 0
        for score in self._held.pop(meta.stream, ()):
            confidence = score.confidence or 0.0
            right = (confidence >= _EVEN) == gained
            self._trades.labels(score.role, _word(gained), _word(right)).inc()
            self._confidence.labels(score.role).inc(confidence)
            self._squares.labels(score.role).inc((confidence - gained) ** 2)

    def _drifted(self, event: DriftFound, _meta: Meta) -> None:
        self._drift.labels(event.name, event.subject, event.test).set(event.statistic)


def _word(flag: bool) -> str:  # noqa: FBT001  (a label's value)
    return "yes" if flag else "no"
