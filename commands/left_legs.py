"""Left legs: stops, targets and other reducing orders that work beside a later position than their own.

Most exchanges end such orders with their position. Where stop and target are orders of their own at the exchange, and a
trade by hand flips the position or closes and opens it again, they stay there and would reduce the next position. While
nothing is held in the instrument, `commands/flatness.py` cancels what is left over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from commands.order import CancelOrder
from commands.processes.withdrawing import POSITION_CLOSED
from commands.stimulus import Stimulus, asks_of_engine
from domain.log import Envelope
from domain.order import RESTING, OrderPlaced, Working
from domain.portfolio import Portfolio
from domain.position import PositionClosed, PositionIncreased, PositionOpened
from domain.streams import parse, parse_position

GRACE = timedelta(seconds=1)
"""An exchange that ends such orders itself reports it in the same moment as the fill that closed the position."""


class KeptLegs(Struct, frozen=True, gc=False):
    """What a snapshot keeps: see `LeftLegs`."""

    positions: Mapping[str, str] = {}
    open: Mapping[str, str] = {}


class LeftLegs:
    """The position of every order, folded from the log: the one that its last fill opened or increased.

    A reducing order without an entry belongs to the position that was open when it was placed.
    """

    def __init__(self) -> None:
        self._positions: dict[str, str] = {}
        self._open: dict[str, str] = {}
        self._closed_at: dict[str, datetime] = {}

    def observe(self, envelope: Envelope) -> None:
        """Takes the next event of the log."""
        match envelope.event:
            case OrderPlaced() as placed:
                self._placed(envelope, placed)
            case PositionOpened() | PositionIncreased() as filled:
                self._filled(envelope, filled)
            case PositionClosed():
                self._closed(envelope)
            case _:
                pass

    def left(self, portfolio: Portfolio, until: datetime) -> Sequence[str]:
        """The ids of the orders that work beside a later position; their own was closed at or before `until` (UTC).

        An order whose entry may still fill is not among them, nor one whose position this log does not show.
        """
        return [
            order_id
            for order_id, leg in portfolio.exits.items()
            if leg.status in RESTING and self._is_left(order_id, leg, portfolio, until)
        ]

    def kept(self, portfolio: Portfolio) -> KeptLegs:
        """The positions of the working orders and of their entries, for a snapshot; others are not needed again."""
        return KeptLegs({one: self._positions[one] for one in self._needed(portfolio)}, dict(self._open))

    def restore(self, kept: KeptLegs) -> None:
        """Takes what a snapshot kept, before any event. Positions that were closed before it count as long closed."""
        self._positions, self._open, self._closed_at = dict(kept.positions), dict(kept.open), {}

    def _is_left(self, order_id: str, leg: Working, portfolio: Portfolio, until: datetime) -> bool:
        terms = leg.terms
        origin = terms.parent or order_id
        position = self._positions.get(origin)
        if position is None or origin in portfolio.entries:
            return False
        held = portfolio.positions.get(terms.instrument)
        if held is None or held.stream == position:
            return False
        closed_at = self._closed_at.get(position)
        return closed_at is None or closed_at <= until

    def _needed(self, portfolio: Portfolio) -> Iterator[str]:
        origins = (leg.terms.parent or order_id for order_id, leg in portfolio.exits.items())
        yield from (one for one in dict.fromkeys((*origins, *portfolio.entries)) if one in self._positions)

    def _placed(self, envelope: Envelope, event: OrderPlaced) -> None:
        if event.reduce_only and event.parent is None and event.instrument in self._open:
            self._positions[parse(envelope.meta.stream).id] = self._open[event.instrument]

    def _filled(self, envelope: Envelope, event: PositionOpened | PositionIncreased) -> None:
        stream = envelope.meta.stream
        self._positions[event.order_id] = stream
        self._open[parse_position(stream).instrument] = stream

    def _closed(self, envelope: Envelope) -> None:
        stream = envelope.meta.stream
        self._open.pop(parse_position(stream).instrument, None)
        self._closed_at[stream] = envelope.meta.recorded_at


def cancels(order_ids: Sequence[str], at: datetime) -> Stimulus:
    """The input that requests the cancel of these orders at `at` (UTC)."""
    return Stimulus(at, asks_of_engine([CancelOrder(one, POSITION_CLOSED) for one in order_ids], at))
