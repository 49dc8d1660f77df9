"""An entry proposed by a strategy, a scanner or a person; the committees judge it."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from domain.direction import Direction
from domain.grid import Grid
from domain.owner import PERSON
from domain.signal import SignalDetected


class Entry(Struct, frozen=True, gc=False, kw_only=True):
    """Proposed exposure in `instrument` and `direction` at `price`; prices are in quote currency.

    `stop` and `target` are None where the entry has none. `quantity` (base currency) is None where the sizing rule
    determines it. `origin` is the signal that the entry was made from, None for a person's order. An entry with a
    `grid` is one limit order at each of its levels.
    """

    instrument: str
    direction: Direction
    price: Decimal
    stop: Decimal | None
    target: Decimal | None
    quantity: Decimal | None
    origin: SignalDetected | None

    @property
    def grid(self) -> Grid | None:
        """The levels of the entry, not yet rounded to the tick; None for an entry at one price."""
        return None if self.origin is None else self.origin.grid

    @property
    def owner(self) -> str:
        """The owner of the position that the entry would open: the signal's strategy, or `PERSON`."""
        return PERSON if self.origin is None else self.origin.strategy


def entry_of(signal: SignalDetected) -> Entry:
    """The entry that a signal proposes, at the signal's price."""
    return Entry(
        instrument=signal.instrument,
        direction=signal.direction,
        price=signal.price,
        stop=signal.stop,
        target=signal.target,
        quantity=None,
        origin=signal,
    )
