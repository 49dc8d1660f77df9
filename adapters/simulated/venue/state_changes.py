"""What changed at a venue after its state was saved, one line a change; a state file is a state and such lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.simulated.venue.account import KEPT, RECENT, Account
from adapters.simulated.venue.closing import Closing
from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import OPEN, Order
from adapters.simulated.venue.outbox import Changes
from adapters.simulated.venue.state import (
    AccountState,
    MarketState,
    OrderState,
    PositionState,
    VenueState,
    account_head,
    decoded,
    market_state,
    order_state,
    position_state,
)
from adapters.simulated.venue.venue import Venue
from domain.errors import InvalidInput


class AccountChange(Struct, frozen=True, gc=False, kw_only=True, tag="account", tag_field="of"):
    """The account's figures after a change at `at` (ms), and every order, execution, closing and position that changed.

    `head` has no lists.
    """

    at: int
    seq: int
    head: AccountState
    orders: list[OrderState]
    executions: list[Execution]
    closings: list[Closing]
    positions: list[PositionState]


class MarketChange(Struct, frozen=True, gc=False, kw_only=True, tag="market", tag_field="of"):
    """A market at `at` (ms); of its minutes those that are newer than the last such change."""

    at: int
    market: MarketState


Change = AccountChange | MarketChange
T = TypeVar("T")


def account_change(venue: Venue, changes: Changes, now: int) -> bytes:
    """A line of what changed of an account."""
    account = changes.account
    orders = {**changes.orders, **_trailing(account)}
    closed = (account.closings.get(one.order_id) for one in changes.executions)
    change = AccountChange(
        at=now,
        seq=venue.ids.seq,
        head=account_head(account),
        orders=[order_state(one) for one in orders.values()],
        executions=changes.executions,
        closings=[one for one in closed if one is not None],
        positions=[position_state(one) for one in changes.positions.values()],
    )
    return msgspec.json.encode(change) + b"\n"


def market_change(market: Market, since: int, now: int) -> bytes:
    """A line of a market, with the minutes from `since` (ms) on."""
    state = market_state(market)
    minutes = [bar for bar in state.minutes if bar.start >= since]
    return msgspec.json.encode(MarketChange(at=now, market=replace(state, minutes=minutes))) + b"\n"


def loaded(text: bytes) -> VenueState:
    """The state in a file: its first line with the changes of the others. A last line without its end is left out.

    Raises InvalidInput for a text that is no state.
    """
    first, *lines = text.split(b"\n")
    state = decoded(first)
    return _changed(state, [_change(line) for line in lines[:-1] if line])


def _change(line: bytes) -> Change:
    try:
        change: Change = msgspec.json.decode(line, type=Change)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"not a state of a venue: a change is {error}") from error
    return change


def _changed(state: VenueState, changes: list[Change]) -> VenueState:
    if not changes:
        return state
    accounts = {one.key: _Kept(one) for one in state.accounts}
    markets = {(one.category, one.symbol): one for one in state.markets}
    for change in changes:
        match change:
            case AccountChange():
                accounts.setdefault(change.head.key, _Kept(change.head)).add(change)
            case MarketChange():
                key = change.market.category, change.market.symbol
                markets[key] = _with_minutes(markets.get(key), change.market)
    return replace(
        state,
        at=max(state.at, *(one.at for one in changes)),
        seq=max(state.seq, *(one.seq for one in changes if isinstance(one, AccountChange)), 0),
        accounts=[one.state() for one in accounts.values()],
        markets=list(markets.values()),
    )


class _Kept:
    """An account's state to which changes are added."""

    def __init__(self, state: AccountState) -> None:
        self._head = state
        self._open = {one.id: one for one in state.orders if one.status in OPEN}
        self._ended = {one.id: one for one in state.orders if one.status not in OPEN}
        self._recent = list(reversed(state.recent_ids))
        self._executions = {one.id: one for one in state.executions}
        self._closings = {one.order_id: one for one in state.closings}
        self._positions = {(one.symbol, one.index): one for one in state.positions}

    def add(self, change: AccountChange) -> None:
        self._head = change.head
        for order in change.orders:
            self._put(order)
        self._executions.update({one.id: one for one in change.executions})
        self._closings.update({one.order_id: one for one in change.closings})
        self._positions.update({(one.symbol, one.index): one for one in change.positions})

    def _put(self, order: OrderState) -> None:
        if order.status in OPEN:
            self._open[order.id] = order
            return
        self._open.pop(order.id, None)
        if order.id not in self._ended:
            self._recent.append(order.id)
        self._ended[order.id] = order

    def state(self) -> AccountState:
        return replace(
            self._head,
            orders=[*_newest(self._ended.values()), *self._open.values()],
            recent_ids=self._recent[::-1][:RECENT],
            executions=list(_newest(self._executions.values())),
            closings=list(_newest(self._closings.values())),
            positions=list(self._positions.values()),
        )


def _newest(kept: Iterable[T]) -> list[T]:
    return list(kept)[-KEPT:]


def _with_minutes(before: MarketState | None, after: MarketState) -> MarketState:
    if before is None:
        return after
    minutes = {bar.start: bar for bar in (*before.minutes, *after.minutes)}
    return replace(after, minutes=list(minutes.values()))


def _trailing(account: Account) -> dict[str, Order]:
    """The trailing stops, which follow the price without a push."""
    return {one.id: one for one in account.orders.values() if one.distance is not None}
