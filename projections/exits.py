"""How a position was closed: why, by one word, and the mean price of the fills that reduced it.

The word is the purpose of its last order, or the rule of the manager that closed it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from domain.arithmetic import EXACT, ZERO
from domain.closing import BY_MANAGER, CloseReason
from domain.direction import Purpose
from domain.events import Event
from domain.position import PositionClosed, PositionCloseWithdrawn, PositionClosing
from projections.mean import mean


class Exits(NamedTuple):
    """The fills that reduced one position: the sum of their quantities (base currency), and of quantity times price
    (quote currency)."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO

    def then(self, quantity: Decimal, price: Decimal) -> Exits:
        """These fills and one more."""
        return Exits(
            EXACT.add(self.quantity, quantity), EXACT.add(self.value, EXACT.multiply(quantity, price))
        )

    def mean(self, quantity: Decimal, price: Decimal) -> Decimal:
        """The mean price of these fills and of the last one, rounded to twelve decimals; of one fill alone its price as
        it is recorded."""
        if not self.quantity:
            return price
        whole = self.then(quantity, price)
        return mean(EXACT.divide(whole.value, whole.quantity))


def exit_name(purpose: str, close_reason: str | None) -> str:
    """The rule of the manager where it closed the position with an order of its own, else the order's purpose.

    `close_reason` is that of the latest close that was begun and not withdrawn; None without one.
    """
    by_manager = purpose == Purpose.MANUAL and close_reason in BY_MANAGER
    return close_reason if by_manager and close_reason is not None else purpose


class Closes:
    """The latest close of each position that was begun and not withdrawn, from the events of their streams in order."""

    def __init__(self) -> None:
        self._begun: dict[str, CloseReason] = {}

    def fold(self, stream: str, event: Event) -> None:
        """Takes one event in; those that begin or withdraw no close change nothing."""
        match event:
            case PositionClosing(reason=reason):
                self._begun[stream] = reason
            case PositionCloseWithdrawn():
                self._begun.pop(stream, None)
            case _:
                pass

    def exit_of(self, stream: str, closed: PositionClosed) -> str:
        """What closed the position of this stream, by one word (`exit_name`)."""
        return exit_name(closed.reason.value, self._begun.get(stream))
