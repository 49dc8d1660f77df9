"""An order as the exchange works it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.arithmetic import ZERO
from domain.order import OrderPlaced, OrderType


@dataclass(slots=True)
class WorkingOrder:
    """Admitted and not ended.

    `quantity` is what it may fill in all: as asked, or less where a reduce-only order was cut to the position.
    A protective order is not `awake` until its parent has opened a position. `traded_in` is the open time of
    the last candle it traded in: one order trades once in a candle.
    """

    id: str
    terms: OrderPlaced
    quantity: Decimal
    filled: Decimal = ZERO
    executions: int = 0
    awake: bool = True
    triggered: bool = False
    traded_in: datetime | None = None

    @property
    def leaves(self) -> Decimal:
        """What is still to be filled, in base currency."""
        return self.quantity - self.filled

    @property
    def is_protection(self) -> bool:
        return self.terms.parent is not None

    @property
    def level(self) -> Decimal | None:
        """The price it waits for; None for one that waits for none (market, or a stop that has triggered)."""
        return None if self.triggered else level_of(self.terms)


def level_of(terms: OrderPlaced) -> Decimal | None:
    """The limit or trigger price, whichever the type of the order goes by."""
    return terms.trigger_price if terms.type is OrderType.STOP else terms.limit_price
