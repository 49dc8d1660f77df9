"""The accounts table: balance, reserved funds, exposure, trading day, kill switch and settings in force.

Amounts are in the account's currency; a drawdown is a fraction of the highest balance. `exposure` is the cost of the
open positions. `open_risk` is the loss if every stop were hit, before fees; None where a position has no stop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, cast, get_args

from domain import account
from domain.account import Account, AccountEvent, AccountOpened
from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Direction
from domain.drawdown import Drawdown, drawdown_after
from domain.log import Recorded
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
        "settings_version": COUNT,
        "settings": JSON_TEXT,
        "opened_at": optional(MOMENT),
        "updated_at": MOMENT,
        "ordinal": COUNT,
    },
)

_EMPTY: Row = {
    "currency": "",
    "leverage": ZERO,
    "starting_balance": ZERO,
    "balance": ZERO,
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
    "settings_version": 0,
    "settings": {},
    "opened_at": None,
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
        row |= {"starting_balance": event.balance, "opened_at": recorded.envelope.meta.occurred_at}
    rows.put("accounts", {**row, **_fallen(row)})


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


def _fallen(row: Row) -> Row:
    drawdown = drawdown_after(row["peak"], row["balance"])
    lost = figure_of(drawdown)
    return {"peak": drawdown.peak, "drawdown": lost, "max_drawdown": max(row["max_drawdown"], lost)}


def figure_of(drawdown: Drawdown) -> float:
    """The drawdown as a fraction of the peak, to twelve digits; 0 where there is no peak."""
    return float(round(drawdown.fraction or ZERO, 12))


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
        "open_positions": len(holdings),
        "open_risk": total(known) if len(known) == len(risks) else None,
    }


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
    }


def _increased(held: Mapping[str, Any], event: PositionIncreased) -> Row:
    return {
        **held,
        "quantity": str(EXACT.add(Decimal(held["quantity"]), event.quantity)),
        "cost": str(EXACT.add(Decimal(held["cost"]), event.cost)),
    }


def _reduced(held: Mapping[str, Any], event: PositionReduced) -> Row:
    return {
        **held,
        "quantity": str(EXACT.subtract(Decimal(held["quantity"]), event.quantity)),
        "cost": str(EXACT.subtract(Decimal(held["cost"]), event.released)),
    }


def _protected(held: Mapping[str, Any], event: ProtectionMoved) -> Row:
    return {**held, "stop": None if event.stop is None else str(event.stop)}


HELD: Mapping[type, Callable[[Mapping[str, Any], Any], Row]] = {
    PositionOpened: _opened,
    PositionIncreased: _increased,
    PositionReduced: _reduced,
    PositionFunded: lambda held, _event: dict(held),
    ProtectionMoved: _protected,
    PositionClosed: lambda _held, _event: {},
}
"""By event class: computes the position held after the event from the position held before it; empty once closed."""

_FOLDS: Mapping[type, Fold] = {
    **dict.fromkeys(get_args(AccountEvent), _account),
    **dict.fromkeys(HELD, _position),
    SettingsChanged: _settings,
}

ACCOUNTS = Projection("accounts", 2, Order.ACCOUNT, (TABLE,), _FOLDS)
