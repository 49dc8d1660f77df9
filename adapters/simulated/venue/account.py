"""An account of the venue: money, positions, orders and executions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.closing import Closing
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.fees import NO_LEVEL, Fees, fees_of
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.position import HEDGE_BUY, HEDGE_SELL, ONE_WAY, Position
from adapters.simulated.wallet import Wallet
from domain.arithmetic import EXACT, ZERO, total

DEFAULT_LEVERAGE = Decimal(10)
KEPT = 50_000
"""Ended orders and executions that an account keeps; older ones are not found any more."""

RECENT = 500
"""Ended orders that the trading service has in memory."""


@dataclass(slots=True, eq=False, repr=False)
class Account:
    """`key` and `secret` sign the requests. `wallet` has the money in `currency`, `coins` what the account has of every
    coin that it traded, among them `currency`. `locked` is what resting orders of contracts reserve, in `currency`;
    `occupied` what spot orders reserve, by coin. `executed` counts executions, `changes` everything that is pushed.

    `orders` are the open orders by id, `ended` the ended ones, `recent` those of them that the trading service has in
    memory: at most 500, none from before its last restart, the newest first; `links` has both by category and client
    order id. `closings` has what orders closed of positions, by order.
    """

    uid: int
    key: str
    secret: str
    currency: str
    wallet: Wallet
    level: str = NO_LEVEL
    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    ended: dict[str, Order] = field(default_factory=dict[str, Order])
    recent: deque[Order] = field(default_factory=lambda: deque[Order](maxlen=RECENT))
    links: dict[str, Order] = field(default_factory=dict[str, Order])
    executions: deque[Execution] = field(default_factory=lambda: deque[Execution](maxlen=KEPT))
    closings: dict[str, Closing] = field(default_factory=dict[str, Closing])
    positions: dict[str, dict[int, Position]] = field(default_factory=dict[str, dict[int, Position]])
    leverage: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    hedged: set[str] = field(default_factory=set[str])
    realised: Decimal = ZERO
    locked: Decimal = ZERO
    coins: dict[str, Wallet] = field(default_factory=dict[str, Wallet])
    occupied: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    executed: int = 0
    changes: int = 0

    def __post_init__(self) -> None:
        self.wallet.keep(self._reserved)
        self._open(self.currency, self.wallet)

    def purse(self, coin: str) -> Wallet:
        """What the account has of a coin; empty where it never had any."""
        return self.coins.get(coin) or self._open(coin, Wallet(ZERO))

    def is_overdrawn(self) -> bool:
        """Whether spot orders reserve more of `currency` than positions leave of the balance."""
        reserved = self.occupied.get(self.currency, ZERO)
        return reserved > ZERO and EXACT.add(reserved, self._margins()) > self.wallet.balance

    def fees(self, contract: Contract) -> Fees:
        return fees_of(self.level, contract)

    def indexes(self, symbol: str) -> tuple[int, ...]:
        """The position indexes of the account's mode in this market."""
        return (HEDGE_BUY, HEDGE_SELL) if symbol in self.hedged else (ONE_WAY,)

    def position(self, contract: Contract, index: int, now: int) -> Position:
        """The position, which is flat where the account has not traded yet."""
        held = self.positions.setdefault(contract.symbol, {})
        if index not in held:
            held[index] = Position(
                contract=contract,
                index=index,
                leverage=self.leverage.get(contract.symbol, DEFAULT_LEVERAGE),
                fee_rate=self.fees(contract).taker,
                created=now,
            )
        return held[index]

    def held(self) -> Iterator[Position]:
        """The positions that are not flat."""
        return (one for held in self.positions.values() for one in held.values() if one.size)

    def working(self, symbol: str, category: str = LINEAR) -> list[Order]:
        """The open orders in one market, by time of creation."""
        return [
            order for order in self.orders.values() if order.symbol == symbol and order.category == category
        ]

    def find(self, order_id: str, link: str, category: str = LINEAR) -> Order | None:
        """The order of the category with this id, else with this client order id; open or ended."""
        if not order_id:
            return self.links.get(link_key(category, link)) if link else None
        found = self.orders.get(order_id) or self.ended.get(order_id)
        return found if found is not None and found.category == category else None

    def add(self, order: Order) -> None:
        self.orders[order.id] = order
        self._link(order)

    def end(self, order: Order) -> None:
        """Moves an order to those that ended, and forgets the oldest of them."""
        self.lock(order, ZERO)
        self.orders.pop(order.id, None)
        self.ended[order.id] = order
        self.recent.appendleft(order)
        if len(self.ended) > KEPT:
            oldest = self.ended.pop(next(iter(self.ended)))
            self.links.pop(link_key(oldest.category, oldest.link), None)

    def remember(self, orders: Iterable[Order]) -> None:
        """Takes over orders that ended before this venue began, the oldest first."""
        for order in orders:
            self.ended[order.id] = order
            self._link(order)

    def closing(self, closing: Closing) -> Closing:
        """The record of what an order closed, which begins as `closing`; forgets the oldest record."""
        kept = self.closings.setdefault(closing.order_id, closing)
        if len(self.closings) > KEPT:
            del self.closings[next(iter(self.closings))]
        return kept

    def lock(self, order: Order, amount: Decimal) -> None:
        """Makes `amount` the part of the balance that the order reserves."""
        change = EXACT.subtract(amount, order.locked)
        if order.coin:
            self.occupied[order.coin] = EXACT.add(self.occupied.get(order.coin, ZERO), change)
        else:
            self.locked = EXACT.add(self.locked, change)
        order.locked = amount

    def _reserved(self) -> Decimal:
        return EXACT.add(self.locked, self._margins())

    def _margins(self) -> Decimal:
        return total(position.margin for position in self.held())

    def _open(self, coin: str, wallet: Wallet) -> Wallet:
        wallet.keep(lambda: self.occupied.get(coin, ZERO))
        self.coins[coin] = wallet
        return wallet

    def _link(self, order: Order) -> None:
        if order.link:
            self.links[link_key(order.category, order.link)] = order


def link_key(category: str, link: str) -> str:
    """The key of `Account.links`: each category has its own client order ids, which contain no slash."""
    return link if category == LINEAR else f"{category}/{link}"
