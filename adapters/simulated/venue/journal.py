"""What changed at a venue, one JSON text a call, to be added to the state that was saved before.

A state is a file: the first line is the whole venue (`state.saved`), each further line a record of changes. A record
that was cut off while it was written belongs to a call that was not answered; it is left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.simulated.venue.account import KEPT, RECENT, Account
from adapters.simulated.venue.categories import LINEAR
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
    loaded,
    order_state,
    position_state,
)
from adapters.simulated.venue.state_check import check_state
from adapters.simulated.venue.venue import Venue
from domain.errors import InvalidInput


class AccountRecord(Struct, frozen=True, gc=False, kw_only=True):
    """The money and modes of an account, and what else of it has changed."""

    key: str
    balance: Decimal
    coins: dict[str, Decimal]
    realised: Decimal
    executed: int
    leverage: dict[str, Decimal]
    hedged: list[str]
    orders: list[OrderState]
    positions: list[PositionState]
    executions: list[Execution]
    closings: list[Closing]


class MarketRecord(Struct, frozen=True, gc=False, kw_only=True):
    """The prices and funding of a market."""

    symbol: str
    last: Decimal | None
    mark: Decimal | None
    index: Decimal | None
    funding_rate: Decimal
    next_funding: int
    category: str = LINEAR


class Record(Struct, frozen=True, gc=False, kw_only=True):
    """What one call changed, at the market's time `at` (ms)."""

    at: int
    seq: int
    accounts: list[AccountRecord]
    markets: list[MarketRecord]


class Journal:
    """Makes the records of one venue. The last prices of its markets are written with other changes only."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._modes = {one.key: frozenset(one.hedged) for one in venue.accounts.values()}
        self._markets = {id(one): _facts(one) for one in venue.every_market()}

    def record(self, changes: Sequence[Changes], now: int) -> bytes | None:
        """The line of what has changed since the last call; None where nothing has."""
        accounts = [_account_record(one) for one in (*changes, *self._switched(changes))]
        markets = [one for one in self._venue.every_market() if self._markets[id(one)] != _facts(one)]
        if not accounts and not any(_is_moved(self._markets[id(one)], one) for one in markets):
            return None
        self._markets.update({id(one): _facts(one) for one in markets})
        record = Record(
            at=now,
            seq=self._venue.ids.seq,
            accounts=accounts,
            markets=[_market_record(one) for one in markets],
        )
        return msgspec.json.encode(record) + b"\n"

    def _switched(self, changes: Sequence[Changes]) -> Iterator[Changes]:
        """Accounts of which nothing is pushed, but whose position mode was switched."""
        pushed = {one.account.key for one in changes}
        for account in self._venue.accounts.values():
            modes = frozenset(account.hedged)
            if self._modes[account.key] != modes:
                self._modes[account.key] = modes
                if account.key not in pushed:
                    yield Changes(account)


def read(text: bytes) -> VenueState:
    """The state in a file. Raises InvalidInput for a file that this version did not write."""
    head, *lines = text.split(b"\n")
    state = _joined(loaded(head), [_record(line) for line in lines[:-1]])
    check_state(state)
    return state


def _record(line: bytes) -> Record:
    try:
        return msgspec.json.decode(line, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"not a state of a venue: {error}") from error


def _account_record(changes: Changes) -> AccountRecord:
    account = changes.account
    symbols = {symbol for symbol, _index in changes.positions}
    closed = {one.order_id for one in changes.executions} & account.closings.keys()
    return AccountRecord(
        key=account.key,
        balance=account.wallet.balance,
        coins={coin: wallet.balance for coin, wallet in account.coins.items()},
        realised=account.realised,
        executed=account.executed,
        leverage=account.leverage,
        hedged=sorted(account.hedged),
        orders=[order_state(one) for one in {**changes.orders, **_trailing(account)}.values()],
        positions=[position_state(one) for symbol in symbols for one in account.positions[symbol].values()],
        executions=changes.executions,
        closings=[account.closings[one] for one in closed],
    )


def _trailing(account: Account) -> dict[str, Order]:
    """The trailing stops, which follow the price without a push."""
    return {one.id: one for one in account.orders.values() if one.distance is not None}


_Facts = tuple[Decimal | None, Decimal | None, Decimal, int, Decimal | None]


def _facts(market: Market) -> _Facts:
    return market.mark, market.index, market.funding_rate, market.next_funding, market.last


def _is_moved(before: _Facts, market: Market) -> bool:
    """Whether more than the last price has changed."""
    return before[:-1] != _facts(market)[:-1]


def _market_record(market: Market) -> MarketRecord:
    return MarketRecord(
        symbol=market.symbol,
        last=market.last,
        mark=market.mark,
        index=market.index,
        funding_rate=market.funding_rate,
        next_funding=market.next_funding,
        category=market.category,
    )


def _joined(state: VenueState, records: Sequence[Record]) -> VenueState:
    if not records:
        return state
    accounts = {one.key: _Account(one) for one in state.accounts}
    markets = {(one.category, one.symbol): one for one in state.markets}
    for record in records:
        for change in record.accounts:
            if change.key not in accounts:
                raise InvalidInput("not a state of a venue: it has changes of an unknown account")
            accounts[change.key].take(change)
        for market in record.markets:
            name = market.category, market.symbol
            if name not in markets:
                raise InvalidInput(
                    f"not a state of a venue: it has changes of {market.symbol}, which it lacks"
                )
            markets[name] = _moved(markets[name], market)
    last = records[-1]
    return VenueState(
        version=state.version,
        at=last.at,
        seq=last.seq,
        accounts=[one.state() for one in accounts.values()],
        markets=list(markets.values()),
    )


def _moved(state: MarketState, record: MarketRecord) -> MarketState:
    return replace(
        state,
        last=record.last,
        mark=record.mark,
        index=record.index,
        funding_rate=record.funding_rate,
        next_funding=record.next_funding,
    )


class _Account:
    """The state of an account while records are added to it."""

    def __init__(self, state: AccountState) -> None:
        self._state = state
        self._orders = {one.id: one for one in state.orders}
        self._positions = {(one.symbol, one.index): one for one in state.positions}
        self._executions = {one.id: one for one in state.executions}
        self._closings = {one.order_id: one for one in state.closings}
        self._recent = deque(state.recent_ids, maxlen=RECENT)

    def take(self, record: AccountRecord) -> None:
        for order in record.orders:
            self._take_order(order)
        self._positions.update({(one.symbol, one.index): one for one in record.positions})
        self._executions.update({one.id: one for one in record.executions})
        self._closings.update({one.order_id: one for one in record.closings})
        self._state = replace(
            self._state,
            balance=record.balance,
            coins=record.coins,
            realised=record.realised,
            executed=record.executed,
            leverage=record.leverage,
            hedged=record.hedged,
        )

    def _take_order(self, order: OrderState) -> None:
        """An order that ends becomes the last of those that ended, and the first of the recent ones."""
        before = self._orders.get(order.id)
        if order.status not in OPEN and (before is None or before.status in OPEN):
            self._orders.pop(order.id, None)
            self._recent.appendleft(order.id)
        self._orders[order.id] = order

    def state(self) -> AccountState:
        orders = list(self._orders.values())
        ended = [one for one in orders if one.status not in OPEN][-KEPT:]
        return replace(
            self._state,
            orders=[*ended, *(one for one in orders if one.status in OPEN)],
            recent_ids=list(self._recent),
            positions=list(self._positions.values()),
            executions=list(self._executions.values())[-KEPT:],
            closings=list(self._closings.values())[-KEPT:],
        )
