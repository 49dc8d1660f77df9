"""The equity curve: every mark of an account and every change of its balance, with the drawdown.

Money is in the account's currency. A mark is the equity at the end of an hour in which candles closed. The point of a
change of the balance has an equity only while no position is open, since the balance is the equity then. `peak` and
`drawdown` (a fraction of the peak) are those of the equity; the drawdown of a mark is the largest within its hour. A
point without equity repeats the values before it. In a log without marks, which an earlier version wrote, they are
those of the balance.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.account import AccountOpened, BalanceChanged
from domain.arithmetic import EXACT, ZERO
from domain.log import Recorded
from domain.mark import AccountMarked
from domain.position import PositionClosed, PositionOpened
from domain.watermark import Watermark, at_change, at_mark
from projections.accounts import rounded, stored, watermark_of
from projections.columns import COUNT, FIGURE, JSON_TEXT, MOMENT, MONEY, TEXT, optional
from projections.projection import Fold, Order, Projection, Row, Rows
from projections.tables import TableSpec

OPENED, MARKED = "OPENED", "MARKED"
"""The reason of a point that is the starting balance, and of one that is a mark."""

TABLE = TableSpec(
    "equity",
    key=("ordinal",),
    columns={
        "account": TEXT,
        "at": MOMENT,
        "day": TEXT,
        "reason": TEXT,
        "amount": MONEY,
        "balance": MONEY,
        "equity": optional(MONEY),
        "unrealised": optional(MONEY),
        "peak": MONEY,
        "drawdown": FIGURE,
        "chain": TEXT,
        "ordinal": COUNT,
    },
    indexes=(("account", "ordinal"), ("account", "day")),
    is_added_to=True,
)

PEAKS = TableSpec(
    "equity_peaks",
    key=("account",),
    columns={"account": TEXT, "watermark": JSON_TEXT, "open_positions": COUNT},
)
"""Each account's watermark (see `domain/watermark.py`), and the number of its open positions."""


def _opened(rows: Rows, recorded: Recorded) -> None:
    event = recorded.envelope.event
    assert isinstance(event, AccountOpened)
    _at_change(rows, recorded, event, OPENED, event.balance)


def _changed(rows: Rows, recorded: Recorded) -> None:
    event = recorded.envelope.event
    assert isinstance(event, BalanceChanged)
    _at_change(rows, recorded, event, event.reason.value, event.amount)


def _at_change(
    rows: Rows, recorded: Recorded, event: AccountOpened | BalanceChanged, reason: str, amount: Decimal
) -> None:
    known = _known(rows, recorded)
    holding, at = bool(known["open_positions"]), recorded.envelope.meta.occurred_at
    after = at_change(watermark_of(known["watermark"], event.balance), event, at, holding=holding)
    rows.put("equity_peaks", {**known, "watermark": stored(after)})
    amounts = {"amount": amount, "balance": event.balance, "equity": None if holding else event.balance}
    _point(rows, recorded, after, reason, amounts)


def _marked(rows: Rows, recorded: Recorded) -> None:
    event = recorded.envelope.event
    assert isinstance(event, AccountMarked)
    known = _known(rows, recorded)
    after = at_mark(watermark_of(known["watermark"], event.balance), event)
    rows.put("equity_peaks", {**known, "watermark": stored(after)})
    amounts = {"amount": ZERO, "balance": event.balance, "equity": event.equity}
    _point(rows, recorded, after, MARKED, amounts)


def _position_opened(rows: Rows, recorded: Recorded) -> None:
    _count(rows, recorded, 1)


def _position_closed(rows: Rows, recorded: Recorded) -> None:
    _count(rows, recorded, -1)


def _count(rows: Rows, recorded: Recorded, change: int) -> None:
    known = _known(rows, recorded)
    rows.put("equity_peaks", {**known, "open_positions": known["open_positions"] + change})


def _known(rows: Rows, recorded: Recorded) -> Row:
    account = recorded.envelope.meta.account
    found = rows.find("equity_peaks", account)
    return found or {"account": account, "watermark": {}, "open_positions": 0}


def _point(
    rows: Rows,
    recorded: Recorded,
    watermark: Watermark,
    reason: str,
    amounts: Mapping[str, Decimal | None],
) -> None:
    meta, equity, balance = recorded.envelope.meta, amounts["equity"], amounts["balance"]
    assert balance is not None
    rows.put(
        "equity",
        {
            **amounts,
            "account": meta.account,
            "at": meta.occurred_at,
            "day": meta.occurred_at.date().isoformat(),
            "reason": reason,
            "unrealised": None if equity is None else EXACT.subtract(equity, balance),
            "peak": watermark.now.peak,
            "drawdown": rounded(watermark.fall),
            "chain": meta.correlation_id,
            "ordinal": recorded.ordinal,
        },
    )


_FOLDS: Mapping[type, Fold] = {
    AccountOpened: _opened,
    BalanceChanged: _changed,
    AccountMarked: _marked,
    PositionOpened: _position_opened,
    PositionClosed: _position_closed,
}

EQUITY = Projection("equity", 5, Order.ACCOUNT, (TABLE, PEAKS), _FOLDS)
