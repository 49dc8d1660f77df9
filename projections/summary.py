"""The summary of a run: trades, profit, fees, win rate, drawdown, and the skipped signals by reason.

Equity, drawdown and ratios follow from the hourly marks (`AccountMarked`). Where a log has no marks, as logs of earlier
versions, they follow from the changes of the balance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

from domain import position
from domain.account import AccountOpened, BalanceChanged, BalanceReason, KillSwitchReset, KillSwitchTripped
from domain.arithmetic import EXACT, ZERO, total
from domain.instrument import InstrumentListed, InstrumentRulesChanged
from domain.log import Envelope, Meta
from domain.mark import AccountMarked
from domain.order import OrderFilled, OrderPlaced
from domain.position import Open, PositionClosed, PositionEvent
from domain.ratios import DEFINITION, Ratios, Transfer, daily_returns, ratios
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.watermark import Watermark, at_change, at_mark, begun_at
from projections.exits import exit_name
from projections.marked_hours import MarkedHours
from projections.rules import InForce
from projections.rules import figures as rules_figures


@dataclass(slots=True)
class Summary:
    """Sums over the events folded so far. Money is in the account's currency; drawdown is a fraction of the highest
    equity.

    `settlements` counts those of funding. `mark` is the last mark, None before the first; `is_marked`: no order was
    filled since. `held` has the open positions by stream, `hours` the marked ones, `days` the last equity of each UTC
    day, `transfers` the deposits and withdrawals of each one that has any. `tripped` is the reason why the kill switch
    tripped, `tripped_at` is the time; empty and None while it is not tripped. `rules` holds, by instrument, the event
    that put its rules in force.
    """

    currency: str = ""
    starting_balance: Decimal = ZERO
    balance: Decimal = ZERO
    watermark: Watermark = field(default_factory=lambda: begun_at(ZERO))
    events: int = 0
    signals: int = 0
    orders: int = 0
    fills: int = 0
    trades: int = 0
    wins: int = 0
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    settlements: int = 0
    mark: AccountMarked | None = None
    is_marked: bool = False
    held: dict[str, Open] = field(default_factory=dict[str, Open])
    begun: date | None = None
    hours: MarkedHours = field(default_factory=MarkedHours)
    days: dict[date, Decimal] = field(default_factory=dict[date, Decimal])
    transfers: dict[date, list[Transfer]] = field(default_factory=dict[date, list[Transfer]])
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
        return len(self.held)

    @property
    def max_drawdown(self) -> Decimal:
        """The largest fall of the equity below its peak, as a fraction of the peak."""
        return self.watermark.largest

    @property
    def open_gross(self) -> Decimal:
        """The profit before fees that partial exits of the open positions have realised."""
        return total(held.gross for held in self.held.values())

    @property
    def open_fees(self) -> Decimal:
        """The fees paid on the open positions so far."""
        return total(held.fees for held in self.held.values())

    @property
    def open_funding(self) -> Decimal:
        """The funding of the open positions so far; negative where it was paid."""
        return total(held.funding for held in self.held.values())

    @property
    def unrealised(self) -> Decimal | None:
        """The profit of the open positions at the last mark, before the fees of closing them.

        None before the first mark, and where an order was filled since: the balance has a part of that profit.
        """
        if not self.held:
            return ZERO
        return self.mark.unrealised if self.mark is not None and self.is_marked else None

    @property
    def equity(self) -> Decimal | None:
        """Balance plus unrealised profit; None where that is unknown."""
        unrealised = self.unrealised
        return None if unrealised is None else EXACT.add(self.balance, unrealised)

    @property
    def ratios(self) -> Ratios:
        """Sharpe and Sortino ratios, as `domain/ratios.py` defines them."""
        if self.begun is None:
            return ratios(())
        closes = sorted(self.days.items())
        return ratios(daily_returns(self.begun, self.starting_balance, closes, self.transfers))

    def take(self, mark: AccountMarked) -> None:
        """Adds a mark that is not in the log: of an hour that is not over, or of one that an earlier version played."""
        if self.mark is None or self.mark.candles < mark.candles:
            _marked(self, mark)

    def figures(self) -> Mapping[str, object]:
        """The figures by name, decimals as text, for JSON."""
        rate, found = self.win_rate, self.ratios
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
            "open_gross": str(self.open_gross),
            "open_fees": str(self.open_fees),
            "open_funding": str(self.open_funding),
            "unrealised": _text(self.unrealised),
            "equity": _text(self.equity),
            "win_rate": None if rate is None else str(round(rate, 4)),
            "max_drawdown": str(round(self.max_drawdown, 6)),
            "sharpe": _rounded(found.sharpe),
            "sortino": _rounded(found.sortino),
            "ratios": DEFINITION,
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


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 4)


def _account_opened(summary: Summary, event: AccountOpened, meta: Meta) -> None:
    summary.currency, summary.begun = event.currency, meta.occurred_at.date()
    summary.starting_balance = summary.balance = event.balance
    summary.watermark = begun_at(event.balance)


def _balance_changed(summary: Summary, event: BalanceChanged, meta: Meta) -> None:
    summary.settlements += event.reason is BalanceReason.FUNDING
    summary.balance, at, before = event.balance, meta.occurred_at, summary.watermark.now.now
    summary.watermark = at_change(summary.watermark, event, at, holding=bool(summary.held))
    if event.reason is BalanceReason.TRANSFER:
        after = summary.watermark.now.now
        summary.transfers.setdefault(at.date(), []).append(Transfer(before, after))
        summary.days[at.date()] = after
    elif summary.mark is None:
        summary.days[at.date()] = event.balance


def _account_marked(summary: Summary, event: AccountMarked, _meta: Meta) -> None:
    _marked(summary, event)


def _marked(summary: Summary, mark: AccountMarked) -> None:
    summary.mark, summary.watermark = mark, at_mark(summary.watermark, mark)
    summary.is_marked = True
    summary.days[mark.hour.date()] = mark.equity
    summary.hours.take(mark)


def _decision_made(summary: Summary, event: DecisionMade, _meta: Meta) -> None:
    summary.verdicts[event.verdict] += 1
    if event.verdict is Verdict.SKIP:
        summary.skipped.update(event.reasons)


def _position(summary: Summary, event: PositionEvent, meta: Meta) -> None:
    after = position.evolve(summary.held.pop(meta.stream, position.FLAT), event)
    if isinstance(after, Open):
        summary.held[meta.stream] = after


def _position_closed(summary: Summary, event: PositionClosed, meta: Meta) -> None:
    held = summary.held.get(meta.stream)
    close_reason = None if held is None or held.closing is None else held.closing.reason.value
    _position(summary, event, meta)
    summary.trades += 1
    summary.wins += event.net > 0
    summary.gross = EXACT.add(summary.gross, event.gross)
    summary.fees = EXACT.add(summary.fees, event.fees)
    summary.funding = EXACT.add(summary.funding, event.funding)
    summary.exits[exit_name(event.reason.value, close_reason)] += 1
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
    summary.is_marked = False


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
    AccountMarked: _account_marked,
    **dict.fromkeys(get_args(PositionEvent), _position),
    PositionClosed: _position_closed,
}
