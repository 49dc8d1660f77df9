"""An order that the exchange is working."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from domain.arithmetic import ZERO
from domain.order import OrderPlaced, OrderType

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class WorkingOrder:
    """An order that was admitted and has not ended.

    `quantity` is the total it may fill: the requested quantity, or less where a reduce-only order was cut to the
    position. `awake` means active: a protective order is not awake until its parent has opened a position. `traded_in`
    is the open time of the candle in which it last traded: an order trades at most once in a candle.
    `rests_since` is when a reading of a book admitted, activated or amended it: a candle that opened before has prices
    of before the order, and does not trade it.
    """

    id: str
    terms: OrderPlaced
    quantity: Decimal
    filled: Decimal = ZERO
    executions: int = 0
    awake: bool = True
    triggered: bool = False
    traded_in: datetime | None = None
    rests_since: datetime = _LONG_AGO

    @property
    def leaves(self) -> Decimal:
        """The unfilled quantity, in base currency."""
        return self.quantity - self.filled

    @property
    def is_protection(self) -> bool:
        return self.terms.parent is not None

    @property
    def level(self) -> Decimal | None:
        """The price at which the order triggers or fills; None for a market order and a triggered stop."""
        return None if self.triggered else level_of(self.terms)


def level_of(terms: OrderPlaced) -> Decimal | None:
    """The trigger price of a stop order, the limit price of any other order."""
    return terms.trigger_price if terms.type is OrderType.STOP else terms.limit_price
