"""What a venue knows, as JSON: accounts with their orders, positions and executions, and the candles of its markets.

The book is not kept: it is shown again by the market that is played. Orders that rested go to the end of its queues.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from adapters.simulated.holding import Holding
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.candles import Bar
from adapters.simulated.venue.categories import LINEAR, SERVED
from adapters.simulated.venue.closing import Closing
from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order, Status, StopKind
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import Mode, OrderRequest
from adapters.simulated.venue.venue import Venue
from domain.arithmetic import ZERO
from domain.errors import InvalidInput

VERSION = 1


class OrderState(Struct, frozen=True, gc=False, kw_only=True):
    """The fields of `Order`, with ids instead of other orders."""

    id: str
    request: OrderRequest
    created: int
    qty: Decimal
    price: Decimal
    reduces: bool
    trigger_price: Decimal | None
    stop_kind: StopKind
    status: Status
    updated: int
    filled: Decimal
    value: Decimal
    fee: Decimal
    closed_pnl: Decimal
    cancel_type: str
    reject_reason: str
    create_type: str
    last_price_on_created: Decimal
    distance: Decimal | None
    activation: Decimal | None
    extreme: Decimal | None
    seq: int
    partner_id: str
    bracket_ids: tuple[str, ...]
    coin: str = ""
    by_value: bool = False
    lot: Decimal = ZERO
    fees: dict[str, Decimal] = {}
    parent: str = ""
    resized: Decimal = ZERO


class PositionState(Struct, frozen=True, gc=False, kw_only=True):
    """The fields of `Position`; `guard_ids` are those of its stop orders, by kind."""

    symbol: str
    index: int
    leverage: Decimal
    created: int
    updated: int
    seq: int
    holding: Holding
    open_fees: Decimal
    realised: Decimal
    total_realised: Decimal
    mode: Mode
    guard_ids: dict[StopKind, str]


class AccountState(Struct, frozen=True, gc=False, kw_only=True):
    """The fields of `Account`. The secret is among them: the file is as secret as the key."""

    key: str
    secret: str
    currency: str
    level: str
    balance: Decimal
    realised: Decimal
    executed: int
    leverage: dict[str, Decimal]
    hedged: list[str]
    orders: list[OrderState]
    recent_ids: list[str]
    positions: list[PositionState]
    executions: list[Execution]
    closings: list[Closing]
    coins: dict[str, Decimal] = {}


class MarketState(Struct, frozen=True, gc=False, kw_only=True):
    """`minutes` are the candles, oldest first."""

    symbol: str
    last: Decimal | None
    mark: Decimal | None
    index: Decimal | None
    funding_rate: Decimal
    next_funding: int
    fundings: list[tuple[int, Decimal]]
    minutes: list[Bar]
    category: str = LINEAR


class VenueState(Struct, frozen=True, gc=False, kw_only=True):
    """A venue at the market's time `at` (ms)."""

    version: int
    at: int
    seq: int
    accounts: list[AccountState]
    markets: list[MarketState]

    def last_prices(self, category: str) -> dict[str, Decimal]:
        """The last price of each symbol of the category that had one."""
        return {
            one.symbol: one.last for one in self.markets if one.last is not None and one.category == category
        }


def saved(venue: Venue, now: int) -> bytes:
    """The venue's state as JSON."""
    state = VenueState(
        version=VERSION,
        at=now,
        seq=venue.ids.seq,
        accounts=[_account_state(one) for one in venue.accounts.values()],
        markets=[_market_state(one) for one in venue.every_market()],
    )
    return msgspec.json.encode(state)


def loaded(text: bytes) -> VenueState:
    """The state in a text. Raises InvalidInput for a text that `saved` of this version did not make."""
    try:
        state = msgspec.json.decode(text, type=VenueState)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"not a state of a venue: {error}") from error
    if state.version != VERSION:
        raise InvalidInput(f"the state is of version {state.version}; this program reads version {VERSION}")
    return state


def restore(venue: Venue, state: VenueState, now: int) -> None:
    """Puts a state into a venue without accounts, whose market has already been shown.

    Raises InvalidInput where the venue lacks a market of the state.
    """
    missing = {
        f"{symbol} ({category})"
        for category, symbol in _named(state)
        if category not in SERVED or symbol not in venue.listed(category)
    }
    if missing:
        raise InvalidInput(f"the state has {', '.join(sorted(missing))}, which this venue does not list")
    for market in state.markets:
        _restore_market(venue.listed(market.category)[market.symbol], market)
    venue.ids.continue_at(state.seq)
    for account in state.accounts:
        _restore_account(venue, account, now)


def _named(state: VenueState) -> Iterator[tuple[str, str]]:
    """Category and symbol of everything in the state."""
    yield from ((one.category, one.symbol) for one in state.markets)
    for account in state.accounts:
        yield from ((one.request.category, one.request.symbol) for one in account.orders)
        yield from ((LINEAR, one.symbol) for one in account.positions)
        yield from ((one.category, one.symbol) for one in account.executions)


def _account_state(account: Account) -> AccountState:
    orders = [*account.ended.values(), *account.orders.values()]
    return AccountState(
        key=account.key,
        secret=account.secret,
        currency=account.currency,
        level=account.level,
        balance=account.wallet.balance,
        coins={coin: wallet.balance for coin, wallet in account.coins.items()},
        realised=account.realised,
        executed=account.executed,
        leverage=account.leverage,
        hedged=sorted(account.hedged),
        orders=[order_state(order) for order in orders],
        recent_ids=[order.id for order in account.recent],
        positions=[position_state(one) for held in account.positions.values() for one in held.values()],
        executions=list(account.executions),
        closings=list(account.closings.values()),
    )


def order_state(order: Order) -> OrderState:
    """The state of an order."""
    return OrderState(
        partner_id="" if order.partner is None else order.partner.id,
        bracket_ids=tuple(one.id for one in order.brackets),
        **_shared(order, OrderState),
    )


def position_state(position: Position) -> PositionState:
    """The state of a position."""
    return PositionState(
        symbol=position.contract.symbol,
        guard_ids={kind: order.id for kind, order in position.guards.items()},
        **_shared(position, PositionState),
    )


def _market_state(market: Market) -> MarketState:
    return MarketState(
        symbol=market.symbol,
        last=market.last,
        mark=market.mark,
        index=market.index,
        funding_rate=market.funding_rate,
        next_funding=market.next_funding,
        fundings=list(market.fundings),
        minutes=market.candles.minutes(),
        category=market.category,
    )


def _restore_market(market: Market, state: MarketState) -> None:
    market.mark, market.index = state.mark, state.index
    market.funding_rate, market.next_funding = state.funding_rate, state.next_funding
    market.fundings.extend(state.fundings)
    market.candles.replace_past(state.minutes)


def _restore_account(venue: Venue, state: AccountState, now: int) -> None:
    account = venue.open_account(state.key, state.secret, state.balance, state.currency, state.level)
    account.realised, account.executed = state.realised, state.executed
    for coin in state.coins.keys() - {state.currency}:
        account.purse(coin).add(state.coins[coin])
    account.leverage.update(state.leverage)
    account.hedged.update(state.hedged)
    account.executions.extend(state.executions)
    account.closings.update({one.order_id: one for one in state.closings})
    orders = {one.id: _restored(one, account) for one in state.orders}
    for one in state.orders:
        order = orders[one.id]
        order.partner = orders.get(one.partner_id)
        order.brackets = _known(orders, one.bracket_ids)
    for position in state.positions:
        _restore_position(venue, account, position, orders, now)
    account.remember([order for order in orders.values() if not order.is_open])
    account.recent.extend(_known(orders, state.recent_ids))
    venue.readmit(account, [order for order in orders.values() if order.is_open], now)


def _restored(state: OrderState, account: Account) -> Order:
    return Order(account=account, **_shared(state, OrderState))


def _restore_position(
    venue: Venue, account: Account, state: PositionState, orders: Mapping[str, Order], now: int
) -> None:
    market = venue.markets[state.symbol]
    position = account.position(market.contract, state.index, now)
    for name, value in _shared(state, PositionState).items():
        setattr(position, name, value)
    for kind, order_id in state.guard_ids.items():
        if order_id in orders:
            position.guards[kind] = orders[order_id]
    market.hold(account, position)


def _known(orders: Mapping[str, Order], ids: Iterable[str]) -> tuple[Order, ...]:
    return tuple(orders[one] for one in ids if one in orders)


_OF_ORDERS = frozenset(one.name for one in fields(Order))
_OF_POSITIONS = frozenset(one.name for one in fields(Position))


def _shared(one: Struct | Order | Position, state: type[OrderState | PositionState]) -> dict[str, Any]:
    """The values that the state and the class that it is of have under one name."""
    own = _OF_ORDERS if state is OrderState else _OF_POSITIONS
    return {name: getattr(one, name) for name in state.__struct_fields__ if name in own}
