"""What one order closed of a position: the rows of GET /v5/position/closed-pnl."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from adapters.simulated.venue.execution import ExecType
from adapters.simulated.venue.requests import SideName
from domain.arithmetic import EXACT, ZERO


@dataclass(slots=True, eq=False, repr=False)
class Closing:
    """Values are in quote currency, without fees; `profit` is after the fees of opening and closing. `side` is that of
    the closing order.
    """

    order_id: str
    symbol: str
    side: SideName
    order_type: str
    exec_type: ExecType
    leverage: Decimal
    order_price: Decimal
    qty: Decimal
    created: int
    updated: int = 0
    closed: Decimal = ZERO
    entry_value: Decimal = ZERO
    exit_value: Decimal = ZERO
    profit: Decimal = ZERO
    fills: int = 0

    def add(self, size: Decimal, entered: Decimal, left: Decimal, profit: Decimal, now: int) -> None:
        """Adds an execution that closed `size`."""
        self.closed = EXACT.add(self.closed, size)
        self.entry_value = EXACT.add(self.entry_value, entered)
        self.exit_value = EXACT.add(self.exit_value, left)
        self.profit = EXACT.add(self.profit, profit)
        self.fills += 1
        self.updated = now
