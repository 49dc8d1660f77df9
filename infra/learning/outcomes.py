"""What became of the signals of a log that were traded."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT, ZERO
from domain.direction import Purpose
from domain.features.barriers import micros
from domain.log import LogReader
from domain.position import PositionClosed, PositionIncreased, PositionOpened


class Outcome(Struct, frozen=True, gc=False, kw_only=True):
    """A closed trade: its `net` after fees and funding as a fraction of what was paid for it, and whether the stop
    closed it. `closed_at` is when the close was recorded, in µs since 1970 (UTC).
    """

    net: float
    stopped: bool
    closed_at: int


class Outcomes:
    """The trades of a log by the chain of the signal that opened them.

    `closed` has those that are closed, `opened` the chains whose position is still open at the end.
    """

    def __init__(self) -> None:
        self.closed: dict[str, Outcome] = {}
        self._held: dict[str, tuple[str, Decimal]] = {}

    @property
    def opened(self) -> frozenset[str]:
        """The chains whose position is open at the end of the log."""
        return frozenset(chain for chain, _cost in self._held.values())

    def steps(self, log: LogReader, upto: int) -> Iterator[int]:
        """Reads the log up to this ordinal; yields the ordinal of each event."""
        for recorded in log.read(upto=upto):
            event, meta = recorded.envelope.event, recorded.envelope.meta
            match event:
                case PositionOpened():
                    self._held[meta.stream] = (meta.correlation_id, event.cost)
                case PositionIncreased():
                    chain, cost = self._held[meta.stream]
                    self._held[meta.stream] = (chain, EXACT.add(cost, event.cost))
                case PositionClosed():
                    chain, cost = self._held.pop(meta.stream)
                    if cost > ZERO:
                        self.closed[chain] = Outcome(
                            net=float(EXACT.divide(event.net, cost)),
                            stopped=event.reason is Purpose.STOP,
                            closed_at=micros(meta.recorded_at),
                        )
                case _:
                    pass
            yield recorded.ordinal
