"""An entry that somebody proposes: a strategy, a scanner or a person. It is what the committees judge."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from domain.direction import Direction
from domain.owner import PERSON
from domain.signal import SignalDetected


class Entry(Struct, frozen=True, gc=False, kw_only=True):
    """Exposure in `instrument` and `direction` at `price`; prices are in quote currency.

    `stop` and `target` are None where there is none, `quantity` (base currency) is None where the sizing rule is to
    find it. `origin` is the signal it was made from; None for a person's order.
    """

    instrument: str
    direction: Direction
    price: Decimal
    stop: Decimal | None
    target: Decimal | None
    quantity: Decimal | None
    origin: SignalDetected | None

    @property
    def owner(self) -> str:
        """Whose position it would open: the signal's strategy, or `PERSON`."""
        return PERSON if self.origin is None else self.origin.strategy


def entry_of(signal: SignalDetected) -> Entry:
    """The entry that a signal proposes, at the price it was said at."""
    return Entry(
        instrument=signal.instrument,
        direction=signal.direction,
        price=signal.price,
        stop=signal.stop,
        target=signal.target,
        quantity=None,
        origin=signal,
    )
