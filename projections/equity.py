"""The equity curve: every change of an account's balance, with the drawdown from the highest balance.

Money is in the account's currency; a drawdown is a fraction of the peak. Unrealised profit is not included: the log
holds no prices between two fills.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.account import AccountOpened, BalanceChanged
from domain.drawdown import drawdown_after
from domain.log import Recorded
from projections.accounts import figure_of
from projections.columns import COUNT, FIGURE, MOMENT, MONEY, TEXT
from projections.projection import Fold, Order, Projection, Rows
from projections.tables import TableSpec

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
        "peak": MONEY,
        "drawdown": FIGURE,
        "chain": TEXT,
        "ordinal": COUNT,
    },
    indexes=(("account", "ordinal"), ("account", "day")),
)

PEAKS = TableSpec("equity_peaks", key=("account",), columns={"account": TEXT, "peak": MONEY})
"""Each account's highest balance so far, from which the next drawdown is computed."""


def _opened(rows: Rows, recorded: Recorded) -> None:
    event = recorded.envelope.event
    assert isinstance(event, AccountOpened)
    _point(rows, recorded, "OPENED", event.balance, event.balance)


def _changed(rows: Rows, recorded: Recorded) -> None:
    event = recorded.envelope.event
    assert isinstance(event, BalanceChanged)
    _point(rows, recorded, event.reason.value, event.amount, event.balance)


def _point(rows: Rows, recorded: Recorded, reason: str, amount: Decimal, balance: Decimal) -> None:
    meta = recorded.envelope.meta
    known = rows.find("equity_peaks", meta.account)
    drawdown = drawdown_after(balance if known is None else known["peak"], balance)
    if known is None or drawdown.peak != known["peak"]:
        rows.put("equity_peaks", {"account": meta.account, "peak": drawdown.peak})
    rows.put(
        "equity",
        {
            "account": meta.account,
            "at": meta.occurred_at,
            "day": meta.occurred_at.date().isoformat(),
            "reason": reason,
            "amount": amount,
            "balance": balance,
            "peak": drawdown.peak,
            "drawdown": figure_of(drawdown),
            "chain": meta.correlation_id,
            "ordinal": recorded.ordinal,
        },
    )


_FOLDS: Mapping[type, Fold] = {AccountOpened: _opened, BalanceChanged: _changed}

EQUITY = Projection("equity", 2, Order.ACCOUNT, (TABLE, PEAKS), _FOLDS)
