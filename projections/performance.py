"""Performance: the results of closed positions, in total and by instrument, strategy, day and hour; also event counts.

Money is in the account's currency. A trade is won if its net (after fees and funding) is above zero, and lost if it is
below. Sharpe and Sortino ratios are computed from the marked equity of each day, and from its transfers, when they are
queried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from domain.account import AccountOpened, BalanceChanged, BalanceReason, DayClosed, DayOpened
from domain.arithmetic import EXACT, ZERO
from domain.drawdown import drawdown_after
from domain.log import Meta, Recorded
from domain.managed import ManagedBy, PositionManaged
from domain.mark import AccountMarked
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed, PositionOpened
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.streams import parse
from projections.columns import COUNT, JSON_TEXT, MOMENT, MONEY, TEXT, optional
from projections.projection import Fold, Order, Projection, Row, Rows
from projections.tables import TableSpec

BY_HAND = "MANUAL"
"""The strategy recorded for trades that a person requested."""

WINDOW = 50
"""The number of latest trades that the recent win rate is computed from."""

TABLE = TableSpec(
    "performance",
    key=("account", "dimension", "value"),
    columns={
        "account": TEXT,
        "dimension": TEXT,
        "value": TEXT,
        "trades": COUNT,
        "wins": COUNT,
        "losses": COUNT,
        "gross_profit": MONEY,
        "gross_loss": MONEY,
        "largest_win": MONEY,
        "largest_loss": MONEY,
        "gross": MONEY,
        "fees": MONEY,
        "funding": MONEY,
        "net": MONEY,
        "peak_net": MONEY,
        "max_drawdown": MONEY,
        "recent": TEXT,
        "last_closed_at": MOMENT,
        "ordinal": COUNT,
    },
)
"""`gross_profit` and `gross_loss` are the sums of the nets of won and of lost trades. `max_drawdown` is the largest
drop of the cumulative net below its earlier peak. `recent` has a digit for each of the last WINDOW trades, the latest
last: 1 for a won trade, 0 for any other."""

DAYS = TableSpec(
    "days",
    key=("account", "day"),
    columns={"account": TEXT, "day": TEXT, "opening": MONEY, "balance": MONEY, "closed": COUNT},
)
"""Each trading day (UTC): its opening balance and its latest balance; `closed` is 1 once the day has been closed."""

CHAINS = TableSpec(
    "chain_strategies",
    key=("account", "chain"),
    columns={"account": TEXT, "chain": TEXT, "strategy": TEXT},
)

TRADES = TableSpec(
    "trades",
    key=("account", "id"),
    columns={"account": TEXT, "id": TEXT, "strategy": TEXT, "instrument": TEXT, "hour": TEXT},
)
"""The strategy and instrument of each position, and the hour of the day (UTC) in which it was opened, as in `08:00`."""

COUNTS = TableSpec(
    "counts",
    key=("account", "measure", "strategy", "instrument", "label"),
    columns={
        "account": TEXT,
        "measure": TEXT,
        "strategy": TEXT,
        "instrument": TEXT,
        "label": TEXT,
        "count": COUNT,
    },
)
"""Event counts: `measure` is what is counted; `label` is the events' verdict, reason, side, direction or rule."""

ORDER_TERMS = TableSpec(
    "performance_orders",
    key=("account", "id"),
    columns={"account": TEXT, "id": TEXT, "strategy": TEXT, "instrument": TEXT, "side": TEXT},
)

NO_TRADES: Row = {
    "trades": 0,
    "wins": 0,
    "losses": 0,
    "gross_profit": ZERO,
    "gross_loss": ZERO,
    "largest_win": ZERO,
    "largest_loss": ZERO,
    "gross": ZERO,
    "fees": ZERO,
    "funding": ZERO,
    "net": ZERO,
    "peak_net": ZERO,
    "max_drawdown": ZERO,
    "recent": "",
}
"""The sums of a group before its first trade."""


def _detected(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, SignalDetected)
    chain = {"account": meta.account, "chain": meta.correlation_id, "strategy": event.strategy}
    rows.put("chain_strategies", chain)
    _count(rows, meta, "SIGNALS", event.strategy, event.instrument, event.direction.value)


def _decided(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, DecisionMade)
    strategy = _strategy(rows, meta)
    _count(rows, meta, "DECISIONS", strategy, "", event.verdict.value)
    if event.verdict is Verdict.SKIP:
        for reason in dict.fromkeys(event.reasons):
            _count(rows, meta, "SKIPPED", strategy, "", reason)


def _placed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, OrderPlaced)
    strategy, side = _strategy(rows, meta), event.side.value
    terms = {"strategy": strategy, "instrument": event.instrument, "side": side}
    rows.put("performance_orders", {"account": meta.account, "id": parse(meta.stream).id, **terms})
    _count(rows, meta, "ORDERS_PLACED", strategy, event.instrument, side)


def _filled(rows: Rows, recorded: Recorded) -> None:
    meta = recorded.envelope.meta
    terms = rows.get("performance_orders", meta.account, parse(meta.stream).id)
    _count(rows, meta, "FILLS", terms["strategy"], terms["instrument"], terms["side"])


def _opened(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, PositionOpened)
    strategy = _strategy(rows, meta)
    _holds(rows, meta.account, 1)
    trade = {"strategy": strategy, "instrument": event.instrument, "hour": f"{meta.occurred_at:%H}:00"}
    rows.put("trades", {"account": meta.account, "id": parse(meta.stream).id, **trade})
    _count(rows, meta, "POSITIONS_OPENED", strategy, event.instrument, event.direction.value)


def _closed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, PositionClosed)
    trade = rows.get("trades", meta.account, parse(meta.stream).id)
    for dimension, value in _dimensions(trade, meta.occurred_at):
        row = rows.find("performance", meta.account, dimension, value)
        if row is None:
            row = {"account": meta.account, "dimension": dimension, "value": value, **NO_TRADES}
        moment = {"last_closed_at": meta.occurred_at, "ordinal": recorded.ordinal}
        rows.put("performance", {**row, **after_close(row, event), **moment})
    _holds(rows, meta.account, -1)
    _count(rows, meta, "POSITIONS_CLOSED", trade["strategy"], trade["instrument"], event.reason.value)


def _managed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, PositionManaged)
    trade = rows.get("trades", meta.account, parse(meta.stream).id)
    measure = _MANAGED[event.action]
    _count(rows, meta, measure, trade["strategy"], trade["instrument"], event.rule.value)


_MANAGED: Mapping[ManagedBy, str] = {
    ManagedBy.MOVE_STOP: "MANAGED_MOVES",
    ManagedBy.MOVE_TARGET: "MANAGED_MOVES",
    ManagedBy.REDUCE: "MANAGED_EXITS",
    ManagedBy.CLOSE: "MANAGED_EXITS",
}


def _dimensions(trade: Row, at: datetime) -> Iterator[tuple[str, str]]:
    yield "ALL", ""
    yield "INSTRUMENT", trade["instrument"]
    yield "STRATEGY", trade["strategy"]
    yield "DAY", at.date().isoformat()
    yield "HOUR", trade["hour"]


def after_close(row: Row, closed: PositionClosed) -> Row:
    """The sums of a group after one more trade; `row` has those before it, at first `NO_TRADES`."""
    net = EXACT.add(row["net"], closed.net)
    drawdown = drawdown_after(row["peak_net"], net)
    won, lost = max(closed.net, ZERO), min(closed.net, ZERO)
    return {
        "trades": row["trades"] + 1,
        "wins": row["wins"] + (won > 0),
        "losses": row["losses"] + (lost < 0),
        "gross_profit": EXACT.add(row["gross_profit"], won),
        "gross_loss": EXACT.add(row["gross_loss"], lost),
        "largest_win": max(row["largest_win"], won),
        "largest_loss": min(row["largest_loss"], lost),
        "gross": EXACT.add(row["gross"], closed.gross),
        "fees": EXACT.add(row["fees"], closed.fees),
        "funding": EXACT.add(row["funding"], closed.funding),
        "net": net,
        "peak_net": drawdown.peak,
        "max_drawdown": max(row["max_drawdown"], drawdown.fall),
        "recent": (row["recent"] + ("1" if won > 0 else "0"))[-WINDOW:],
    }


def _day_opened(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, DayOpened)
    begun = {"opening": event.balance, "balance": event.balance, "closed": 0}
    rows.put("days", {"account": meta.account, "day": event.day, **begun})
    rows.put("days_open", {"account": meta.account, "day": event.day})


def _day_closed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, DayClosed)
    row = rows.get("days", meta.account, event.day)
    rows.put("days", {**row, "balance": event.balance, "closed": 1})


def _balance(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, BalanceChanged)
    if event.reason is BalanceReason.TRANSFER:
        _transferred(rows, meta, event)
    today = rows.find("days_open", meta.account)
    if today is not None:
        row = rows.get("days", meta.account, today["day"])
        transferred = event.amount if event.reason is BalanceReason.TRANSFER else ZERO
        opening = EXACT.add(row["opening"], transferred)
        rows.put("days", {**row, "opening": opening, "balance": event.balance})


def _account_opened(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, AccountOpened)
    begun = {"day": meta.occurred_at.date().isoformat(), "equity": event.balance}
    rows.put("equity_begun", {"account": meta.account, **begun})


def _marked(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, AccountMarked)
    day = event.hour.date().isoformat()
    _ends_with(rows, meta.account, day, event.equity)
    known = _known(rows, meta.account)
    rows.put("equity_known", {**known, "marked_from": known["marked_from"] or day})


def _transferred(rows: Rows, meta: Meta, event: BalanceChanged) -> None:
    """While a position is open, the equity before a transfer is that of the last mark; else it is the balance."""
    known, day = _known(rows, meta.account), meta.occurred_at.date().isoformat()
    by_mark = known["open_positions"] and known["marked_from"]
    before = known["equity"] if by_mark else EXACT.subtract(event.balance, event.amount)
    after = EXACT.add(before, event.amount)
    row = rows.find("equity_transfers", meta.account, day)
    earlier: list[list[str]] = [] if row is None else row["transfers"]
    moved = [*earlier, [str(before), str(after)]]
    rows.put("equity_transfers", {"account": meta.account, "day": day, "transfers": moved})
    _ends_with(rows, meta.account, day, after)


def _ends_with(rows: Rows, account: str, day: str, equity: Decimal) -> None:
    """The last known equity of the day, so far, and of the account."""
    rows.find("equity_days", account, day)
    rows.put("equity_days", {"account": account, "day": day, "equity": equity})
    rows.put("equity_known", {**_known(rows, account), "equity": equity})


def _holds(rows: Rows, account: str, change: int) -> None:
    known = _known(rows, account)
    rows.put("equity_known", {**known, "open_positions": known["open_positions"] + change})


def _known(rows: Rows, account: str) -> Row:
    nothing = {"account": account, "equity": None, "marked_from": None, "open_positions": 0}
    return rows.find("equity_known", account) or nothing


EQUITY_BEGUN = TableSpec(
    "equity_begun", key=("account",), columns={"account": TEXT, "day": TEXT, "equity": MONEY}
)
"""Each account's day of opening (UTC) and its starting balance."""

EQUITY_DAYS = TableSpec(
    "equity_days", key=("account", "day"), columns={"account": TEXT, "day": TEXT, "equity": MONEY}
)
"""The last equity of each day (UTC) in which an hour was marked or money was transferred."""

EQUITY_KNOWN = TableSpec(
    "equity_known",
    key=("account",),
    columns={
        "account": TEXT,
        "equity": optional(MONEY),
        "marked_from": optional(TEXT),
        "open_positions": COUNT,
    },
)
"""Each account's equity at its last mark or transfer and the day of its first mark, null before; and the number of its
open positions."""

EQUITY_TRANSFERS = TableSpec(
    "equity_transfers",
    key=("account", "day"),
    columns={"account": TEXT, "day": TEXT, "transfers": JSON_TEXT},
)
"""The deposits and withdrawals of each day (UTC) that has any, in order: pairs of the equity before and after."""

DAYS_OPEN = TableSpec("days_open", key=("account",), columns={"account": TEXT, "day": TEXT})
"""The open trading day of each account."""


def _strategy(rows: Rows, meta: Meta) -> str:
    known = rows.find("chain_strategies", meta.account, meta.correlation_id)
    return BY_HAND if known is None else known["strategy"]


def _count(rows: Rows, meta: Meta, measure: str, strategy: str, instrument: str, label: str) -> None:
    row = rows.find("counts", meta.account, measure, strategy, instrument, label)
    if row is None:
        named = {"measure": measure, "strategy": strategy, "instrument": instrument, "label": label}
        row = Row(account=meta.account, **named, count=0)
    rows.put("counts", {**row, "count": row["count"] + 1})


def win_rate(wins: int, trades: int) -> Decimal | None:
    """The share of trades that were won, to six decimals; None before the first trade."""
    return None if trades == 0 else round(Decimal(wins) / Decimal(trades), 6)


_FOLDS: Mapping[type, Fold] = {
    SignalDetected: _detected,
    DecisionMade: _decided,
    OrderPlaced: _placed,
    OrderFilled: _filled,
    PositionOpened: _opened,
    PositionClosed: _closed,
    PositionManaged: _managed,
    DayOpened: _day_opened,
    DayClosed: _day_closed,
    BalanceChanged: _balance,
    AccountOpened: _account_opened,
    AccountMarked: _marked,
}

PERFORMANCE = Projection(
    "performance",
    6,
    Order.ACCOUNT,
    (
        TABLE,
        DAYS,
        DAYS_OPEN,
        EQUITY_BEGUN,
        EQUITY_DAYS,
        EQUITY_KNOWN,
        EQUITY_TRANSFERS,
        CHAINS,
        TRADES,
        ORDER_TERMS,
        COUNTS,
    ),
    _FOLDS,
)
