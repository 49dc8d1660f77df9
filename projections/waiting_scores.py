"""The scores of signals whose trade is not closed: until the entry ends without a position, or the position closes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.log import Meta
from domain.models.settings import ModelSettings
from domain.order import OrderCancelled, OrderDenied, OrderExpired, OrderRejected
from domain.position import PositionIncreased
from domain.scored import SignalScored
from domain.signal import DecisionMade, ReversalDecided, Verdict
from domain.streams import own_id
from projections.score_limits import limits_of

Ending = (
    DecisionMade
    | ReversalDecided
    | PositionIncreased
    | OrderCancelled
    | OrderRejected
    | OrderExpired
    | OrderDenied
)
"""The events by which a signal may turn out to open no position of its own."""

MOST_WAITING = 1_000
"""The most signals whose scores wait for a position; the oldest goes first."""
_TRADED = frozenset({Verdict.ENTER, Verdict.REVERSE})


@dataclass(slots=True)
class Waiting:
    """The scores of one signal, and the limits by which the champion's was judged; None where none was."""

    scores: list[SignalScored] = field(default_factory=list[SignalScored])
    limits: ModelSettings | None = None


class Held(NamedTuple):
    """The chain of a signal that opened a position, with its scores."""

    chain: str
    waiting: Waiting


class WaitingScores:
    """Scores by the chain of their signal until its position is opened, then by the stream of that position.

    An entry that adds to a position opens none of its own, so its score is dropped: the result of the position is that
    of the signal that opened it.
    """

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._waiting: dict[str, Waiting] = {}
        self._held: dict[str, Held] = {}

    def __len__(self) -> int:
        """The signals whose scores are kept."""
        return len(self._waiting) + len(self._held)

    @property
    def chains(self) -> Sequence[str]:
        """The chains of the signals whose scores are kept: entries that have not ended, then open positions."""
        return [*self._waiting, *(one.chain for one in self._held.values())]

    def add(self, score: SignalScored, meta: Meta) -> None:
        """Keeps one more score of the signal."""
        if meta.correlation_id not in self._waiting and len(self._waiting) >= self._most:
            del self._waiting[next(iter(self._waiting))]
        self._waiting.setdefault(meta.correlation_id, Waiting()).scores.append(score)

    def opened(self, meta: Meta) -> bool:
        """The signal has opened the position of this stream; returns whether it has scores."""
        waiting = self._waiting.pop(meta.correlation_id, None)
        if waiting is None:
            return False
        self._held[meta.stream] = Held(meta.correlation_id, waiting)
        return True

    def closed(self, stream: str) -> Held | None:
        """Returns the chain and the scores of the position that is closed, and keeps them no longer."""
        return self._held.pop(stream, None)

    def ended(self, event: Ending, meta: Meta) -> None:
        """Drops the scores of a signal whose entry ends here; those of an open position stay."""
        match event:
            case DecisionMade():
                self._judged(event, meta)
                is_over = event.verdict not in _TRADED
            case ReversalDecided():
                is_over = event.verdict not in _TRADED
            case PositionIncreased():
                is_over = True
            case _:
                is_over = own_id(meta.stream) == f"{meta.correlation_id}-e1"
        if is_over:
            self._waiting.pop(meta.correlation_id, None)

    def _judged(self, event: DecisionMade, meta: Meta) -> None:
        waiting = self._waiting.get(meta.correlation_id)
        if waiting is not None:
            waiting.limits = limits_of(event)
