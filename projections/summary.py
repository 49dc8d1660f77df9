"""The summary of a run: trades, profit, fees, win rate, drawdown, and the skipped signals by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.account import AccountOpened, BalanceChanged, KillSwitchReset, KillSwitchTripped
from domain.arithmetic import EXACT, ZERO
from domain.drawdown import drawdown_after
from domain.instrument import InstrumentListed, InstrumentRulesChanged
from domain.log import Envelope, Meta
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed, PositionOpened
from domain.signal import DecisionMade, SignalDetected, Verdict
from projections.rules import InForce
from projections.rules import figures as rules_figures


@dataclass(slots=True)
class Summary:
    """Sums over the events folded so far. Money is in the account's currency; drawdown is a fraction of the peak
    balance.

    `tripped` is the reason why the kill switch tripped, `tripped_at` is the time; empty and None while it is not
    tripped. `rules` holds, by instrument, the event that put its rules in force.
    """

    currency: str = ""
    starting_balance: Decimal = ZERO
    balance: Decimal = ZERO
    peak: Decimal = ZERO
    max_drawdown: Decimal = ZERO
    events: int = 0
    signals: int = 0
    orders: int = 0
    fills: int = 0
    trades: int = 0
    wins: int = 0
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    opened: int = 0
    verdicts: Counter[str] = field(default_factory=Counter[str])
    skipped: Counter[str] = field(default_factory=Counter[str])
    exits: Counter[str] = field(default_factory=Counter[str])
    last_signal: str = ""
    last_closed_by: str = ""
    tripped: str = ""
    tripped_at: datetime | None = None
    rules: dict[str, InForce] = field(default_factory=dict[str, InForce])

    def fold(self, envelope: Envelope) -> None:
        """Adds one event; an event of a class without a function in `_STEPS` only increases `events`."""
        self.events += 1
        step = _STEPS.get(type(envelope.event))
        if step is not None:
            step(self, envelope.event, envelope.meta)

    @property
    def net(self) -> Decimal:
        """Profit of closed positions after fees and funding."""
        return EXACT.add(EXACT.subtract(self.gross, self.fees), self.funding)

    @property
    def win_rate(self) -> Decimal | None:
        """The share of closed positions with a net profit; None before the first position is closed."""
        return None if self.trades == 0 else Decimal(self.wins) / self.trades

    @property
    def still_open(self) -> int:
        """The number of positions that were opened and are not closed yet."""
        return self.opened - self.trades

    def figures(self) -> Mapping[str, object]:
        """The figures by name, decimals as text, for JSON."""
        rate = self.win_rate
        return {
            "rules": {name: rules_figures(self.rules[name]) for name in sorted(self.rules)},
            "currency": self.currency,
            "starting_balance": str(self.starting_balance),
            "balance": str(self.balance),
            "trades": self.trades,
            "open_positions": self.still_open,
            "net": str(self.net),
            "gross": str(self.gross),
            "fees": str(self.fees),
            "funding": str(self.funding),
            "win_rate": None if rate is None else str(round(rate, 4)),
            "max_drawdown": str(round(self.max_drawdown, 6)),
            "signals": self.signals,
            "verdicts": dict(sorted(self.verdicts.items())),
            "skipped": dict(self.skipped.most_common()),
            "exits": dict(sorted(self.exits.items())),
            "kill_switch": self.tripped,
            "kill_switch_at": "" if self.tripped_at is None else self.tripped_at.isoformat(),
            "orders": self.orders,
            "fills": self.fills,
            "events": self.events,
        }


def _account_opened(summary: Summary, event: AccountOpened, _meta: Meta) -> None:
    summary.currency = event.currency
    summary.starting_balance = summary.balance = summary.peak = event.balance


def _balance_changed(summary: Summary, event: BalanceChanged, _meta: Meta) -> None:
    drawdown = drawdown_after(summary.peak, event.balance)
    summary.balance, summary.peak = drawdown.now, drawdown.peak
    summary.max_drawdown = max(summary.max_drawdown, drawdown.fraction or ZERO)


def _decision_made(summary: Summary, event: DecisionMade, _meta: Meta) -> None:
    summary.verdicts[event.verdict] += 1
    if event.verdict is Verdict.SKIP:
        summary.skipped.update(event.reasons)


def _position_opened(summary: Summary, _event: PositionOpened, _meta: Meta) -> None:
    summary.opened += 1


def _position_closed(summary: Summary, event: PositionClosed, _meta: Meta) -> None:
    summary.trades += 1
    summary.wins += event.net > 0
    summary.gross = EXACT.add(summary.gross, event.gross)
    summary.fees = EXACT.add(summary.fees, event.fees)
    summary.funding = EXACT.add(summary.funding, event.funding)
    summary.exits[event.reason] += 1
    summary.last_closed_by = event.order_id


def _tripped(summary: Summary, event: KillSwitchTripped, meta: Meta) -> None:
    summary.tripped, summary.tripped_at = event.reason, meta.occurred_at


def _reset(summary: Summary, _event: KillSwitchReset, _meta: Meta) -> None:
    summary.tripped, summary.tripped_at = "", None


def _signal(summary: Summary, _event: SignalDetected, meta: Meta) -> None:
    summary.signals += 1
    summary.last_signal = meta.correlation_id


def _rules(summary: Summary, event: InForce, _meta: Meta) -> None:
    summary.rules[event.instrument.id] = event


def _order(summary: Summary, _event: OrderPlaced, _meta: Meta) -> None:
    summary.orders += 1


def _fill(summary: Summary, _event: OrderFilled, _meta: Meta) -> None:
    summary.fills += 1


_STEPS: Mapping[type, Callable[[Summary, Any, Meta], None]] = {
    AccountOpened: _account_opened,
    InstrumentListed: _rules,
    InstrumentRulesChanged: _rules,
    BalanceChanged: _balance_changed,
    KillSwitchTripped: _tripped,
    KillSwitchReset: _reset,
    SignalDetected: _signal,
    DecisionMade: _decision_made,
    OrderPlaced: _order,
    OrderFilled: _fill,
    PositionOpened: _position_opened,
    PositionClosed: _position_closed,
}
