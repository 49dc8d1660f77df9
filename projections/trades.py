"""The trades of a run: every position with its times, prices and profit, and sums by symbol and by strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.account import AccountOpened, BalanceChanged
from domain.arithmetic import EXACT, ZERO
from domain.direction import Direction
from domain.log import Envelope, Meta
from domain.owner import PERSON
from domain.position import (
    PositionClosed,
    PositionCloseWithdrawn,
    PositionClosing,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
)
from domain.signal import SignalDetected
from projections.exits import Exits, exit_name


@dataclass(slots=True)
class Trade:
    """One position. `quantity` and `cost` are sums over its entries; `opened_by` is a strategy's id, or a person.

    What is known only once it is closed is None, 0 or empty before. `net` is after fees and funding, in the account's
    currency; `exit` is the mean price of its exits, `reason` why it was closed (`projections/exits.py`), `chain` the
    chain that opened it. `close_reason` is that of the close under way, `exits` are the fills that reduced it before.
    """

    instrument: str
    direction: Direction
    opened_by: str
    chain: str
    opened_at: datetime
    quantity: Decimal
    cost: Decimal
    closed_at: datetime | None = None
    exit: Decimal = ZERO
    reason: str = ""
    net: Decimal = ZERO
    fees: Decimal = ZERO
    close_reason: str | None = None
    exits: Exits = field(default_factory=Exits)

    @property
    def entry(self) -> Decimal:
        """The average price of the entries, in quote currency."""
        return EXACT.divide(self.cost, self.quantity)


@dataclass(frozen=True, slots=True)
class Group:
    """The closed trades of one symbol or strategy: their number, how many have a profit, and sums."""

    name: str
    trades: int
    wins: int
    net: Decimal
    fees: Decimal
    mean: timedelta

    @property
    def win_rate(self) -> Decimal:
        """The share of trades with a profit."""
        return Decimal(self.wins) / self.trades


@dataclass(slots=True)
class Trades:
    """Folds events into trades, and into the balance over time.

    `points` are the balance after every change, with the time, from the opening of the account on. `held` are the open
    trades by stream, `strategies` the strategy of each chain's signal.
    """

    trades: list[Trade] = field(default_factory=list[Trade])
    points: list[tuple[datetime, Decimal]] = field(default_factory=list[tuple[datetime, Decimal]])
    held: dict[str, Trade] = field(default_factory=dict[str, Trade])
    strategies: dict[str, str] = field(default_factory=dict[str, str])

    def fold(self, envelope: Envelope) -> None:
        """Adds one event; events that concern no trade change nothing."""
        step = _STEPS.get(type(envelope.event))
        if step is not None:
            step(self, envelope.event, envelope.meta)

    @property
    def closed(self) -> Sequence[Trade]:
        """The trades that are closed, in order of their opening."""
        return [one for one in self.trades if one.closed_at is not None]

    def groups(self, key: Callable[[Trade], str]) -> Sequence[Group]:
        """The closed trades in groups with the same `key`, in order of the key."""
        found: dict[str, list[Trade]] = {}
        for one in self.closed:
            found.setdefault(key(one), []).append(one)
        return [_group(name, found[name]) for name in sorted(found)]

    def closed_nets(self) -> Sequence[Decimal]:
        """The net results of the closed trades, in the order of their closes."""
        closed = ((one.closed_at, one.net) for one in self.trades if one.closed_at is not None)
        return [net for _, net in sorted(closed, key=lambda one: one[0])]

    def mean_duration(self) -> timedelta | None:
        """The mean time from opening to close; None without a closed trade."""
        return _mean(self.closed) if self.closed else None

    def exposure(self, begun: datetime, ended: datetime) -> Decimal:
        """The share of the time from `begun` to `ended` in which at least one position was open."""
        if ended <= begun:
            return ZERO
        return exposure(((one.opened_at, one.closed_at) for one in self.trades), begun, ended)


def exposure(spans: Iterable[tuple[datetime, datetime | None]], begun: datetime, ended: datetime) -> Decimal:
    """The share of the time from `begun` to `ended`, of which the later one is later, that these spans cover.

    A span is from the opening of a position to its close, None while it is open. Spans may overlap, and begin before
    `begun`.
    """
    held = timedelta()
    reached = begun
    for opened, closed in sorted(spans, key=lambda one: one[0]):
        end = min(closed or ended, ended)
        held += max(end - max(opened, reached), timedelta())
        reached = max(reached, end)
    return Decimal(held / (ended - begun))


def _group(name: str, trades: Sequence[Trade]) -> Group:
    return Group(
        name=name,
        trades=len(trades),
        wins=sum(one.net > 0 for one in trades),
        net=_sum(one.net for one in trades),
        fees=_sum(one.fees for one in trades),
        mean=_mean(trades),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def _mean(trades: Sequence[Trade]) -> timedelta:
    durations = (one.closed_at - one.opened_at for one in trades if one.closed_at is not None)
    return sum(durations, timedelta()) / len(trades)


def _account_opened(trades: Trades, event: AccountOpened, meta: Meta) -> None:
    trades.points.append((meta.occurred_at, event.balance))


def _balance_changed(trades: Trades, event: BalanceChanged, meta: Meta) -> None:
    trades.points.append((meta.occurred_at, event.balance))


def _signal(trades: Trades, event: SignalDetected, meta: Meta) -> None:
    trades.strategies[meta.correlation_id] = event.strategy


def _opened(trades: Trades, event: PositionOpened, meta: Meta) -> None:
    trade = Trade(
        instrument=event.instrument,
        direction=event.direction,
        opened_by=trades.strategies.get(meta.correlation_id, PERSON),
        chain=meta.correlation_id,
        opened_at=meta.occurred_at,
        quantity=event.quantity,
        cost=event.cost,
    )
    trades.trades.append(trade)
    trades.held[meta.stream] = trade


def _increased(trades: Trades, event: PositionIncreased, meta: Meta) -> None:
    trade = trades.held[meta.stream]
    trade.quantity = EXACT.add(trade.quantity, event.quantity)
    trade.cost = EXACT.add(trade.cost, event.cost)


def _reduced(trades: Trades, event: PositionReduced, meta: Meta) -> None:
    trade = trades.held[meta.stream]
    trade.exits = trade.exits.then(event.quantity, event.price)


def _closing(trades: Trades, event: PositionClosing, meta: Meta) -> None:
    trades.held[meta.stream].close_reason = event.reason.value


def _close_withdrawn(trades: Trades, _event: PositionCloseWithdrawn, meta: Meta) -> None:
    trades.held[meta.stream].close_reason = None


def _closed(trades: Trades, event: PositionClosed, meta: Meta) -> None:
    trade = trades.held.pop(meta.stream)
    trade.closed_at, trade.exit = meta.occurred_at, trade.exits.mean(event.quantity, event.price)
    trade.reason = exit_name(event.reason.value, trade.close_reason)
    trade.net, trade.fees = event.net, event.fees


_STEPS: Mapping[type, Callable[[Trades, Any, Meta], None]] = {
    AccountOpened: _account_opened,
    BalanceChanged: _balance_changed,
    SignalDetected: _signal,
    PositionOpened: _opened,
    PositionIncreased: _increased,
    PositionReduced: _reduced,
    PositionClosing: _closing,
    PositionCloseWithdrawn: _close_withdrawn,
    PositionClosed: _closed,
}
