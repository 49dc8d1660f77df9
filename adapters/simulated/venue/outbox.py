"""What a call changed, collected until the caller sends it: each order, position and wallet once, in its last state."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.market import PublicTrade
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import SideName


class PublicLiquidation(Struct, frozen=True, gc=False):
    """A liquidated position: `side` is the position's, `price` its bankruptcy price."""

    symbol: str
    side: SideName
    qty: Decimal
    price: Decimal
    at: int


@dataclass(slots=True)
class Changes:
    """The changes of one account; the keys of the dictionaries are ordered by first change. `triggered` are copies of
    spot orders at the moment of their trigger, `coins` those whose balance changed, in the order of their first change.
    """

    account: Account
    triggered: list[Order] = field(default_factory=list[Order])
    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    executions: list[Execution] = field(default_factory=list[Execution])
    positions: dict[tuple[str, int], Position] = field(default_factory=dict[tuple[str, int], Position])
    wallet: bool = False
    coins: dict[str, None] = field(default_factory=dict[str, None])


class Outbox:
    """`drain` returns and forgets; `trades` and `liquidations` are public."""

    def __init__(self) -> None:
        self._changes: dict[int, Changes] = {}
        self._trades: list[PublicTrade] = []
        self._liquidations: list[PublicLiquidation] = []

    def order(self, order: Order) -> None:
        self._of(order.account).orders[order.id] = order

    def triggered(self, order: Order) -> None:
        self._of(order.account).triggered.append(order)

    def execution(self, account: Account, execution: Execution) -> None:
        account.executions.append(execution)
        account.executed += 1
        self._of(account).executions.append(execution)

    def position(self, account: Account, position: Position) -> None:
        self._of(account).positions[position.contract.symbol, position.index] = position

    def wallet(self, account: Account, *coins: str) -> None:
        """The account's money has changed, among it the balance of these coins."""
        changes = self._of(account)
        changes.wallet = True
        changes.coins.update(dict.fromkeys(coins))

    def trade(self, trade: PublicTrade) -> None:
        self._trades.append(trade)

    def liquidation(self, liquidation: PublicLiquidation) -> None:
        self._liquidations.append(liquidation)

    def drain(self) -> list[Changes]:
        """The changes of the accounts."""
        changes, self._changes = list(self._changes.values()), {}
        return changes

    def drain_trades(self) -> list[PublicTrade]:
        trades, self._trades = self._trades, []
        return trades

    def drain_liquidations(self) -> list[PublicLiquidation]:
        liquidations, self._liquidations = self._liquidations, []
        return liquidations

    def _of(self, account: Account) -> Changes:
        account.changes += 1
        changes = self._changes.get(account.uid)
        if changes is None:
            changes = self._changes[account.uid] = Changes(account)
        return changes
