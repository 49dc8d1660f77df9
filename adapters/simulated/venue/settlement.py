"""What a fill and the end of an order do in every category; the clearing of a category says the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order, Status
from adapters.simulated.venue.outbox import Outbox
from adapters.simulated.venue.position import Position
from domain.arithmetic import ZERO

BY_USER = "CancelByUser"
OTHER_TRIGGERED = "CancelByTpSlTsClear"
PREVENTED = "CancelBySmp"
BY_REQUEST = "EC_PerCancelRequest"
NO_REASON = "EC_NoError"
UNKNOWN = "UNKNOWN"


class Settlement(ABC):
    """The clearing of one category. Every change is put into the outbox."""

    def __init__(self, outbox: Outbox, ids: Ids) -> None:
        self._outbox, self._ids = outbox, ids

    @abstractmethod
    def fill(
        self, market: Market, order: Order, price: Decimal, quantity: Decimal, now: int, *, maker: bool
    ) -> None:
        """Fills the order, which is not in the book any more by this quantity, and everything that follows from it."""

    @abstractmethod
    def cost(self, market: Market, order: Order, quantity: Decimal, price: Decimal) -> Decimal:
        """The balance that `quantity` of the order, in the unit of its `qty`, requires at a price."""

    @abstractmethod
    def available(self, order: Order) -> Decimal:
        """The balance from which the order's cost is taken."""

    def covers(self, market: Market, order: Order, quantity: Decimal, price: Decimal) -> bool:
        """Whether the balance covers this quantity, beyond what the order reserves already."""
        needed = self.cost(market, order, quantity, price) - order.locked
        return not self.reserves(order) or needed <= max(ZERO, self.available(order))

    def reserves(self, order: Order) -> bool:
        """Whether the order reserves balance: one that waits for its trigger does not."""
        return not order.waits

    def lock(self, market: Market, order: Order) -> None:
        """Reserves what the open order requires."""
        order.account.lock(order, self._reserve(market, order) if self.reserves(order) else ZERO)

    def end(
        self,
        market: Market,
        order: Order,
        status: Status,
        now: int,
        cancel: str = UNKNOWN,
        reason: str = NO_REASON,
    ) -> None:
        """Ends an open order: takes it out of the book, frees what it reserves. No effect on an ended order."""
        if not order.is_open:
            return
        market.book.withdraw(order)
        market.waiting.pop(order.id, None)
        order.status = self._final(order, status)
        order.cancel_type, order.reject_reason = cancel, reason
        self.changed(order, now)
        order.account.end(order)

    def withdraw(self, market: Market, order: Order, now: int) -> None:
        """Ends an order as its owner requests."""
        self.end(market, order, Status.CANCELLED, now, BY_USER, BY_REQUEST)

    def changed(self, order: Order, now: int) -> None:
        """Marks the order as changed."""
        order.updated, order.seq = now, self._ids.next_seq()
        self._outbox.order(order)

    @abstractmethod
    def triggered(self, order: Order, now: int) -> None:
        """The order has reached its trigger."""

    def other_triggered(self, order: Order) -> str:
        """The `cancelType` of an order whose partner has reached its trigger."""
        return OTHER_TRIGGERED

    @abstractmethod
    def fit(self, market: Market, order: Order) -> None:
        """Gives an order that has reached its trigger the quantity that it has from then on."""

    @abstractmethod
    def liquidate(self, market: Market, account: Account, position: Position, now: int) -> None:
        """Cancels the position's orders; the venue takes the position over at its bankruptcy price."""

    @abstractmethod
    def cut(self, market: Market, order: Order, now: int) -> None:
        """Limits an order that may only reduce."""

    def _record(
        self, order: Order, price: Decimal, quantity: Decimal, fee: tuple[str, Decimal], now: int
    ) -> None:
        coin, amount = fee
        order.filled += quantity
        order.value += price * quantity
        order.fee += amount
        order.fees[coin] = order.fees.get(coin, ZERO) + amount
        order.status = Status.PARTIALLY_FILLED if order.done < order.qty else Status.FILLED
        self.changed(order, now)
        if order.status is Status.FILLED:
            order.account.end(order)

    def _reserve(self, market: Market, order: Order) -> Decimal:
        return self.cost(market, order, order.leaves, order.price)

    def _final(self, order: Order, status: Status) -> Status:
        return Status.DEACTIVATED if order.waits and status is Status.CANCELLED else status
