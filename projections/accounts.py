"""The accounts table: balance, equity, reserved funds, exposure, trading day, kill switch and settings in force.

Amounts are in the account's currency. `exposure` is the cost of the open positions. `open_risk` is the loss if every
stop were hit, before fees; None where a position has no stop. `open_gross`, `open_fees` and `open_funding` are the
amounts that the open positions have realised, paid and received so far; they are part of the balance.

`equity` and `unrealised` are as of `equity_at`: the end of the last marked hour, or the last change of the balance
while no position was open. They are None while a position is open and no hour was ever marked. A drawdown is a fraction
of the highest equity; in a log without marks, which an earlier version wrote, of the highest balance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast, get_args

from domain import account
from domain.account import Account, AccountEvent, AccountOpened, BalanceChanged
from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Direction
from domain.drawdown import Drawdown
from domain.log import Recorded
from domain.mark import AccountMarked
from domain.position import (
    PositionClosed,
    PositionFunded,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
    ProtectionMoved,
    notional,
    realised_profit,
)
from domain.settings import SettingsChanged
from domain.streams import parse
from domain.watermark import Watermark, at_change, at_mark, begun_at
from projections.columns import COUNT, FIGURE, JSON_TEXT, MOMENT, MONEY, TEXT, optional
from projections.projection import Fold, Order, Projection, Row, Rows
from projections.tables import TableSpec

TABLE = TableSpec(
    "accounts",
    key=("account",),
    columns={
        "account": TEXT,
        "currency": TEXT,
        "leverage": MONEY,
        "starting_balance": MONEY,
        "balance": MONEY,
        "equity": optional(MONEY),
        "unrealised": optional(MONEY),
        "equity_at": optional(MOMENT),
        "open_gross": MONEY,
        "open_fees": MONEY,
        "open_funding": MONEY,
        "reserved": MONEY,
        "available": MONEY,
        "reservations": JSON_TEXT,
        "day": TEXT,
        "day_balance": MONEY,
        "day_realised": MONEY,
        "tripped": TEXT,
        "exposure": MONEY,
        "open_positions": COUNT,
        "open_risk": optional(MONEY),
        "holdings": JSON_TEXT,
        "peak": MONEY,
        "drawdown": FIGURE,
        "max_drawdown": FIGURE,
        "watermark": JSON_TEXT,
        "settings_version": COUNT,
        "settings": JSON_TEXT,
        "opened_at": optional(MOMENT),
        "opened_by": TEXT,
        "updated_at": MOMENT,
        "ordinal": COUNT,
    },
)

_EMPTY: Row = {
    "currency": "",
    "leverage": ZERO,
    "starting_balance": ZERO,
    "balance": ZERO,
    "equity": None,
    "unrealised": None,
    "equity_at": None,
    "open_gross": ZERO,
    "open_fees": ZERO,
    "open_funding": ZERO,
    "reserved": ZERO,
    "available": ZERO,
    "reservations": {},
    "day": "",
    "day_balance": ZERO,
    "day_realised": ZERO,
    "tripped": "",
    "exposure": ZERO,
    "open_positions": 0,
    "open_risk": ZERO,
    "holdings": {},
    "peak": ZERO,
    "drawdown": 0.0,
    "max_drawdown": 0.0,
    "watermark": {},
    "settings_version": 0,
    "settings": {},
    "opened_at": None,
    "opened_by": "",
}


def _before(rows: Rows, recorded: Recorded) -> Row:
    meta = recorded.envelope.meta
    row = rows.find("accounts", meta.account) or {"account": meta.account, **_EMPTY}
    return {**row, "updated_at": meta.occurred_at, "ordinal": recorded.ordinal}


def _account(rows: Rows, recorded: Recorded) -> None:
    row, event = _before(rows, recorded), recorded.envelope.event
    state = account.evolve(_state(row), event)  # type: ignore[arg-type]  # the table of folds has chosen it
    assert isinstance(state, Account)
    row |= {
        "currency": state.currency,
        "leverage": state.leverage,
        "balance": state.balance,
        "reserved": EXACT.subtract(state.balance, state.available),
        "available": state.available,
        "reservations": {order: str(amount) for order, amount in state.reserved.items()},
        "day": state.day,
        "day_balance": state.day_balance,
        "day_realised": state.day_realised,
        "tripped": state.tripped,
    }
    if isinstance(event, AccountOpened):
        meta = recorded.envelope.meta
        row |= {
            "starting_balance": event.balance,
            "opened_at": meta.occurred_at,
            "opened_by": meta.source,
        }
    if isinstance(event, AccountOpened | BalanceChanged):
        row |= _valued(row, event)
    rows.put("accounts", row)


def _state(row: Row) -> account.AccountState:
    """The account's state, rebuilt from the row."""
    if not row["currency"]:
        return account.UNOPENED
    return Account(
        currency=row["currency"],
        balance=row["balance"],
        leverage=row["leverage"],
        reserved={order: Decimal(amount) for order, amount in row["reservations"].items()},
        day=row["day"],
        day_balance=row["day_balance"],
        tripped=row["tripped"],
    )


def _valued(row: Row, event: AccountOpened | BalanceChanged) -> Row:
    """Equity and drawdown after a change of the balance."""
    holding, balance = bool(row["open_positions"]), row["balance"]
    before = watermark_of(row["watermark"], balance)
    after = at_change(before, event, row["updated_at"], holding=holding)
    if holding:
        unknown = {} if before.marked else {"equity": None, "unrealised": None, "equity_at": None}
        return {**_fallen(after), **unknown}
    return {**_fallen(after), "equity": balance, "unrealised": ZERO, "equity_at": row["updated_at"]}


def _marked(rows: Rows, recorded: Recorded) -> None:
    row, event = _before(rows, recorded), recorded.envelope.event
    assert isinstance(event, AccountMarked)
    valued = {
        "equity": event.equity,
        "unrealised": event.unrealised,
        "equity_at": recorded.envelope.meta.occurred_at,
    }
    after = at_mark(watermark_of(row["watermark"], event.balance), event)
    rows.put("accounts", {**row, **valued, **_fallen(after)})


def _fallen(watermark: Watermark) -> Row:
    return {
        "peak": watermark.now.peak,
        "drawdown": rounded(watermark.now.fraction or ZERO),
        "max_drawdown": rounded(watermark.largest),
        "watermark": stored(watermark),
    }


def stored(watermark: Watermark) -> Row:
    """The watermark in JSON types, as `watermark_of` reads it."""
    return {
        "peak": str(watermark.now.peak),
        "now": str(watermark.now.now),
        "largest": str(watermark.largest),
        "fall": str(watermark.fall),
        "peak_before": str(watermark.peak_before),
        "largest_before": str(watermark.largest_before),
        "hour": None if watermark.hour is None else watermark.hour.isoformat(),
        "marked": watermark.marked,
    }


def watermark_of(row: Mapping[str, Any], balance: Decimal) -> Watermark:
    """The watermark that a row has stored; that of an account which begins with `balance` if there is none."""
    if not row:
        return begun_at(balance)
    return Watermark(
        now=Drawdown(Decimal(row["peak"]), Decimal(row["now"])),
        largest=Decimal(row["largest"]),
        fall=Decimal(row["fall"]),
        peak_before=Decimal(row["peak_before"]),
        largest_before=Decimal(row["largest_before"]),
        hour=None if row["hour"] is None else datetime.fromisoformat(row["hour"]),
        marked=row["marked"],
    )


def rounded(fraction: Decimal) -> float:
    """A drawdown as a fraction of its peak, to twelve digits."""
    return float(round(fraction, 12))


def _settings(rows: Rows, recorded: Recorded) -> None:
    event = recorded.envelope.event
    assert isinstance(event, SettingsChanged)
    in_force = {"settings_version": event.version, "settings": plain(event.settings)}
    rows.put("accounts", {**_before(rows, recorded), **in_force})


def plain(value: object) -> Any:
    """The value in JSON types: decimals become text, tuples become lists."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in cast(Mapping[str, object], value).items()}
    if isinstance(value, tuple):
        return [plain(one) for one in cast(tuple[object, ...], value)]
    return value


def _position(rows: Rows, recorded: Recorded) -> None:
    row, envelope = _before(rows, recorded), recorded.envelope
    name = parse(envelope.meta.stream).id
    before: Mapping[str, Any] = row["holdings"].get(name, {})
    after = HELD[type(envelope.event)](before, envelope.event)
    others = {other: held for other, held in row["holdings"].items() if other != name}
    holdings = {**others, name: after} if after else others
    rows.put("accounts", {**row, **_exposed(holdings)})


def _exposed(holdings: Mapping[str, Mapping[str, Any]]) -> Row:
    risks = [_risk(held) for held in holdings.values()]
    known = [risk for risk in risks if risk is not None]
    return {
        "holdings": holdings,
        "exposure": total(Decimal(held["cost"]) for held in holdings.values()),
        "open_gross": _sum(holdings, "gross"),
        "open_fees": _sum(holdings, "fees"),
        "open_funding": _sum(holdings, "funding"),
        "open_positions": len(holdings),
        "open_risk": total(known) if len(known) == len(risks) else None,
    }


def _sum(holdings: Mapping[str, Mapping[str, Any]], name: str) -> Decimal:
    return total(Decimal(held[name]) for held in holdings.values())


def _risk(held: Mapping[str, Any]) -> Decimal | None:
    """The loss at the stop, before fees; 0 where the stop locks in a profit, None without a stop."""
    if held["stop"] is None:
        return None
    quantity, cost, stop = (Decimal(held[name]) for name in ("quantity", "cost", "stop"))
    profit = realised_profit(Direction(held["direction"]), notional(quantity, stop), cost)
    return max(EXACT.minus(profit), ZERO)


def _opened(_held: Mapping[str, Any], event: PositionOpened) -> Row:
    return {
        "instrument": event.instrument,
        "direction": event.direction.value,
        "quantity": str(event.quantity),
        "cost": str(event.cost),
        "stop": None if event.stop is None else str(event.stop),
        "gross": "0",
        "fees": str(event.fee),
        "funding": "0",
    }


def _increased(held: Mapping[str, Any], event: PositionIncreased) -> Row:
    return {
        **held,
        "quantity": str(EXACT.add(Decimal(held["quantity"]), event.quantity)),
        "cost": str(EXACT.add(Decimal(held["cost"]), event.cost)),
        "fees": str(EXACT.add(Decimal(held["fees"]), event.fee)),
    }


def _reduced(held: Mapping[str, Any], event: PositionReduced) -> Row:
    return {
        **held,
        "quantity": str(EXACT.subtract(Decimal(held["quantity"]), event.quantity)),
        "cost": str(EXACT.subtract(Decimal(held["cost"]), event.released)),
        "gross": str(EXACT.add(Decimal(held["gross"]), event.realised)),
        "fees": str(EXACT.add(Decimal(held["fees"]), event.fee)),
    }


def _funded(held: Mapping[str, Any], event: PositionFunded) -> Row:
    return {**held, "funding": str(EXACT.add(Decimal(held["funding"]), event.amount))}


def _protected(held: Mapping[str, Any], event: ProtectionMoved) -> Row:
    return {**held, "stop": None if event.stop is None else str(event.stop)}


HELD: Mapping[type, Callable[[Mapping[str, Any], Any], Row]] = {
    PositionOpened: _opened,
    PositionIncreased: _increased,
    PositionReduced: _reduced,
    PositionFunded: _funded,
    ProtectionMoved: _protected,
    PositionClosed: lambda _held, _event: {},
}
"""By event class: computes the position held after the event from the position held before it; empty once closed."""

_FOLDS: Mapping[type, Fold] = {
    **dict.fromkeys(get_args(AccountEvent), _account),
    **dict.fromkeys(HELD, _position),
    SettingsChanged: _settings,
    AccountMarked: _marked,
}

ACCOUNTS = Projection("accounts", 5, Order.ACCOUNT, (TABLE,), _FOLDS)
