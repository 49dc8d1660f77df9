"""One position of an account in one market: its holding, profit and protection."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from adapters.simulated.holding import Holding
from adapters.simulated.margin import bankruptcy_price, liquidation_price, position_margin
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.order import Order, StopKind
from adapters.simulated.venue.requests import Mode
from domain.arithmetic import EXACT, ZERO
from domain.direction import Side

ONE_WAY, HEDGE_BUY, HEDGE_SELL = 0, 1, 2
"""`positionIdx`."""


@dataclass(slots=True, eq=False, repr=False)
class Position:
    """Amounts are in quote currency. `realised` is the profit after fees and funding since the position was opened from
    flat, `total_realised` that since the first trade. `open_fees` are the fees for opening what is still held.

    `fee_rate` is the account's taker rate, by which the fee to close is reserved. `guards` are the
    stop orders of the whole position, by kind; some may have ended.
    """

    contract: Contract
    index: int
    leverage: Decimal
    fee_rate: Decimal
    created: int
    updated: int = 0
    seq: int = 0
    holding: Holding = field(default_factory=Holding)
    open_fees: Decimal = ZERO
    realised: Decimal = ZERO
    total_realised: Decimal = ZERO
    mode: Mode = Mode.FULL
    guards: dict[StopKind, Order] = field(default_factory=dict[StopKind, Order])

    @property
    def margin(self) -> Decimal:
        """The part of the balance that the position reserves: initial margin and the fee to close (`positionIM`)."""
        return position_margin(self.holding, self.leverage, self.fee_rate) if self.size else ZERO

    @property
    def maintenance(self) -> Decimal:
        """The maintenance margin and the fee to close (`positionMM`)."""
        if not self.size:
            return ZERO
        held = self.holding.cost
        return held * self.contract.instrument.maintenance_margin + self.margin - held / self.leverage

    @property
    def liquidation_price(self) -> Decimal | None:
        return liquidation_price(self.holding, self.contract.instrument, self.leverage) if self.size else None

    @property
    def bankruptcy_price(self) -> Decimal | None:
        return bankruptcy_price(self.holding, self.leverage) if self.size else None

    @property
    def size(self) -> Decimal:
        return self.holding.size

    @property
    def side(self) -> Side | None:
        """BUY for a long position, SELL for a short one; None where the position is flat."""
        return self.holding.closing_side.opposite if self.size else None

    @property
    def entry_price(self) -> Decimal:
        return EXACT.divide(self.holding.cost, self.size) if self.size else ZERO

    def is_due(self, mark: Decimal) -> bool:
        """Whether the mark price has reached the liquidation price."""
        level = self.liquidation_price
        return level is not None and (mark <= level if self.side is Side.BUY else mark >= level)

    def guard(self, kind: StopKind) -> Order | None:
        """The open stop order of this kind that closes the whole position."""
        order = self.guards.get(kind)
        return order if order is not None and order.is_open else None

    def profit_at(self, price: Decimal) -> Decimal:
        """The profit before fees that is not realised, where the market is at `price`."""
        return EXACT.subtract(EXACT.multiply(self.holding.quantity, price), self._signed_cost)

    def reducible(self, side: Side) -> Decimal:
        """The quantity by which an order of this side can shrink the position."""
        return self.holding.reducible(side)

    def opens(self, side: Side) -> bool:
        """Whether an order of this side may open or grow the position: in hedge mode one side only."""
        return self.index == ONE_WAY or (side is Side.BUY) is (self.index == HEDGE_BUY)

    @property
    def _signed_cost(self) -> Decimal:
        return -self.holding.cost if self.holding.quantity < 0 else self.holding.cost
