"""What one log decided, ordered and filled, by outside fact: so it can be compared with another log.

The ids of two logs differ, because they depend on the log's id. What belongs together is found by the fact that began
its chain (a candle's open time, a request, an instant) and by the strategy instance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from domain.arithmetic import ZERO
from domain.command_fact import chain_fact
from domain.log import Envelope, Meta, Recorded, is_outside_fact
from domain.mark import AccountMarked
from domain.order import OrderFilled, OrderPlaced, with_parent
from domain.routed import SignalRouted
from domain.signal import DecisionMade, SignalDetected
from domain.strategies import Intent
from domain.streams import parse
from projections.summary import Summary
from projections.trades import Trade, Trades


class Fact(NamedTuple):
    """What began a chain: the text of an outside fact, and the strategy instance; empty without one."""

    cause: str
    strategy: str = ""


class Leg(NamedTuple):
    """An order: the fact of its chain, its instrument, and its own part of its id, as `e1`.

    One chain may close the positions of several instruments.
    """

    fact: Fact
    instrument: str
    own: str


class Filled(NamedTuple):
    """One execution: when it happened (UTC), price in quote currency, quantity in base currency, and the fee in the
    account's currency: 0 where it was taken in another, because such a fee changes no balance (see `OrderFilled`)."""

    at: datetime
    price: Decimal
    quantity: Decimal
    fee: Decimal


class Marked(NamedTuple):
    """The account at a mark: its equity in quote currency, the drawdown as a fraction of the highest equity (the
    largest within the hour), and the running hash of the candles."""

    equity: Decimal
    drawdown: Decimal
    candle_hash: str


@dataclass(slots=True)
class Behaviour:
    """Folds the events of one log. The parent of an order is named by its own part, as orders are (see `Leg`).

    `marks` are by the beginning of their hour. `routed` counts the signals that were left to another engine, by intent
    and the instrument there.
    """

    summary: Summary = field(default_factory=Summary)
    trades: Trades = field(default_factory=Trades)
    signals: dict[Fact, SignalDetected] = field(default_factory=dict[Fact, SignalDetected])
    decisions: dict[Fact, DecisionMade] = field(default_factory=dict[Fact, DecisionMade])
    orders: dict[Leg, OrderPlaced] = field(default_factory=dict[Leg, OrderPlaced])
    fills: dict[Leg, list[Filled]] = field(default_factory=dict[Leg, list[Filled]])
    marks: dict[datetime, Marked] = field(default_factory=dict[datetime, Marked])
    routed: Counter[tuple[Intent, str]] = field(default_factory=Counter[tuple[Intent, str]])
    _facts: dict[str, Fact] = field(default_factory=dict[str, Fact])
    _legs: dict[str, Leg] = field(default_factory=dict[str, Leg])

    def fold(self, envelope: Envelope) -> None:
        """Adds one event."""
        meta, event = envelope.meta, envelope.event
        if meta.correlation_id not in self._facts:
            self._facts[meta.correlation_id] = _fact(envelope)
        self.summary.fold(envelope)
        self.trades.fold(envelope)
        step = _STEPS.get(type(event))
        if step is not None:
            step(self, event, meta)

    def fact_of(self, chain: str) -> Fact:
        """The fact that began the chain. Raises KeyError for a chain without events."""
        return self._facts[chain]

    def traded(self) -> Mapping[tuple[Fact, str], Trade]:
        """The trades by the fact of the chain that opened them and their instrument."""
        return {(self.fact_of(one.chain), one.instrument): one for one in self.trades.trades}

    def placed(self, event: OrderPlaced, meta: Meta) -> None:
        """Adds an order."""
        leg = Leg(self.fact_of(meta.correlation_id), event.instrument, _own(parse(meta.stream).id))
        self.orders[leg] = event if event.parent is None else with_parent(event, parent=_own(event.parent))
        self._legs[meta.stream] = leg

    def filled(self, event: OrderFilled, meta: Meta) -> None:
        """Adds an execution of an order that was placed."""
        fee = event.fee if event.fee_currency == self.summary.currency else ZERO
        fill = Filled(meta.occurred_at, event.price, event.quantity, fee)
        self.fills.setdefault(self._legs[meta.stream], []).append(fill)


def behaviour_of(events: Iterable[Recorded]) -> Behaviour:
    """The behaviour of the log with these events."""
    found = Behaviour()
    for one in events:
        found.fold(one.envelope)
    return found


def _own(order_id: str) -> str:
    """The part of an order's id after that of its chain."""
    return order_id.partition("-")[2]


def _fact(envelope: Envelope) -> Fact:
    """What began the chain of its first event. A chain that an event began has the time of that event."""
    meta, event = envelope.meta, envelope.event
    if not is_outside_fact(meta.causation_id):
        return Fact(f"{type(event).__name__} at {meta.occurred_at.isoformat()}")
    return Fact(chain_fact(meta.causation_id), event.strategy if isinstance(event, SignalDetected) else "")


def _signal(behaviour: Behaviour, event: SignalDetected, meta: Meta) -> None:
    behaviour.signals[behaviour.fact_of(meta.correlation_id)] = event


def _decided(behaviour: Behaviour, event: DecisionMade, meta: Meta) -> None:
    behaviour.decisions[behaviour.fact_of(meta.correlation_id)] = event


def _marked(behaviour: Behaviour, event: AccountMarked, _meta: Meta) -> None:
    behaviour.marks[event.hour] = Marked(event.equity, behaviour.summary.watermark.fall, event.candle_hash)


def _routed(behaviour: Behaviour, event: SignalRouted, _meta: Meta) -> None:
    behaviour.routed[event.intent, event.instrument] += 1


_STEPS: Mapping[type, Callable[[Behaviour, Any, Meta], None]] = {
    SignalDetected: _signal,
    DecisionMade: _decided,
    SignalRouted: _routed,
    OrderPlaced: Behaviour.placed,
    OrderFilled: Behaviour.filled,
    AccountMarked: _marked,
}
