"""Latency by the recorded times: how long each step from a candle to a fill took."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any, NamedTuple

from domain.log import Meta, Recorded
from domain.order import (
    OrderAccepted,
    OrderCancelled,
    OrderCancelRequested,
    OrderFilled,
    OrderPlaced,
    OrderSubmitted,
    OrderType,
)
from domain.signal import DecisionMade, SignalDetected, Verdict


class Step(StrEnum):
    """A step between two recorded times, in the order of a chain."""

    SIGNAL = "candle close to signal"
    DECISION = "signal to decision"
    ORDER = "decision to entry order"
    SUBMITTED = "order to its receipt by the exchange"
    ACCEPTED = "order to its acceptance"
    FILLED = "market order to its first fill"
    CANCELLED = "cancel request to cancel"
    RECORDED = "execution at the exchange to its record"


class Sample(NamedTuple):
    """One duration of a step, in the chain and at the ordinal of the event that ended it."""

    step: Step
    chain: str
    ordinal: int
    took: timedelta


class Spread(NamedTuple):
    """The durations of one step: their number `samples`, median, 95th percentile (nearest rank) and maximum."""

    step: Step
    samples: int
    median: timedelta
    p95: timedelta
    largest: timedelta

    def as_json(self) -> Mapping[str, object]:
        """The figures by name; durations in milliseconds."""
        return {
            "step": self.step.value,
            "count": self.samples,
            "median_ms": milliseconds(self.median),
            "p95_ms": milliseconds(self.p95),
            "max_ms": milliseconds(self.largest),
        }


class Latency:
    """Folds a log into samples. Times are `recorded_at`, but for a candle's close and an execution's own time."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self._since: dict[tuple[Step, str], datetime] = {}
        self._ordinal = 0

    def fold(self, recorded: Recorded) -> None:
        """Adds one event; events that neither begin nor end a step change nothing."""
        step = _FOLDS.get(type(recorded.envelope.event))
        if step is not None:
            self._ordinal = recorded.ordinal
            step(self, recorded.envelope.meta, recorded.envelope.event)

    def begin(self, step: Step, name: str, at: datetime) -> None:
        """The step begins, for the chain or stream `name`."""
        self._since[step, name] = at

    def end(self, step: Step, name: str, meta: Meta) -> None:
        """The step ends with this event; nothing where it has not begun, or has ended already."""
        since = self._since.pop((step, name), None)
        if since is not None:
            self.add(step, meta, since)

    def add(self, step: Step, meta: Meta, since: datetime) -> None:
        """A duration from `since` to the time at which the event was recorded."""
        self.samples.append(Sample(step, meta.correlation_id, self._ordinal, meta.recorded_at - since))


def spreads(samples: Sequence[Sample]) -> Iterator[Spread]:
    """The figures of each step that has samples, in the order of a chain."""
    for step in Step:
        took = sorted(one.took for one in samples if one.step is step)
        if took:
            yield Spread(step, len(took), _ranked(took, 0.5), _ranked(took, 0.95), took[-1])


def milliseconds(duration: timedelta) -> float:
    """The duration in milliseconds, to a microsecond."""
    return round(duration / timedelta(milliseconds=1), 3)


def _ranked(took: Sequence[timedelta], share: float) -> timedelta:
    return took[ceil(share * len(took)) - 1]


def _signal(found: Latency, meta: Meta, event: SignalDetected) -> None:
    found.add(Step.SIGNAL, meta, event.candle_closed_at)
    found.begin(Step.DECISION, meta.stream, meta.recorded_at)


def _decision(found: Latency, meta: Meta, event: DecisionMade) -> None:
    found.end(Step.DECISION, meta.stream, meta)
    if event.verdict is Verdict.ENTER:
        found.begin(Step.ORDER, meta.correlation_id, meta.recorded_at)


def _placed(found: Latency, meta: Meta, event: OrderPlaced) -> None:
    if not event.reduce_only:
        found.end(Step.ORDER, meta.correlation_id, meta)
    steps = (Step.SUBMITTED, Step.ACCEPTED, *((Step.FILLED,) if event.type is OrderType.MARKET else ()))
    for step in steps:
        found.begin(step, meta.stream, meta.recorded_at)


def _submitted(found: Latency, meta: Meta, _event: OrderSubmitted) -> None:
    found.end(Step.SUBMITTED, meta.stream, meta)


def _accepted(found: Latency, meta: Meta, event: OrderAccepted) -> None:
    """A leg that waits with its entry is no order of its own yet, so that its acceptance follows no request."""
    if event.venue_order_id:
        found.end(Step.ACCEPTED, meta.stream, meta)


def _filled(found: Latency, meta: Meta, _event: OrderFilled) -> None:
    found.end(Step.FILLED, meta.stream, meta)
    found.add(Step.RECORDED, meta, meta.occurred_at)


def _cancelling(found: Latency, meta: Meta, _event: OrderCancelRequested) -> None:
    found.begin(Step.CANCELLED, meta.stream, meta.recorded_at)


def _cancelled(found: Latency, meta: Meta, _event: OrderCancelled) -> None:
    found.end(Step.CANCELLED, meta.stream, meta)


_FOLDS: Mapping[type, Callable[[Latency, Meta, Any], None]] = {
    SignalDetected: _signal,
    DecisionMade: _decision,
    OrderPlaced: _placed,
    OrderSubmitted: _submitted,
    OrderAccepted: _accepted,
    OrderFilled: _filled,
    OrderCancelRequested: _cancelling,
    OrderCancelled: _cancelled,
}
