"""Queries of performance: the sums over closed positions, and the ratios of the daily returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, select

from domain.ratios import Ratios, Transfer, daily_returns, ratios
from projections.source import Source


class Dimension(StrEnum):
    """How closed positions are grouped: all together, by instrument, by strategy, by the day (UTC) of their close, or
    by the hour of the day (UTC) in which they were opened."""

    ALL = "ALL"
    INSTRUMENT = "INSTRUMENT"
    STRATEGY = "STRATEGY"
    DAY = "DAY"
    HOUR = "HOUR"


def performance(source: Source, account: str | None, by: Dimension) -> Sequence[RowMapping]:
    """The performance rows of one dimension, of one account or of all (None), ordered by account and value."""
    rows = source.table("performance")
    wanted = [rows.c.dimension == by.value, *([] if account is None else [rows.c.account == account])]
    order = (rows.c.account, rows.c.value)
    return source.connection.execute(select(rows).where(*wanted).order_by(*order)).mappings().all()


def ratios_by_account(source: Source, accounts: Sequence[str]) -> Mapping[str, Ratios]:
    """Each account's ratios up to its last mark, as `domain/ratios.py` defines them.

    In a log of an earlier version the days before the first mark have their last balance instead of their equity.
    """
    return {account: ratios(_returns(source, account)) for account in accounts}


def _returns(source: Source, account: str) -> Sequence[float]:
    begun = source.table("equity_begun")
    found = source.connection.execute(select(begun).where(begun.c.account == account)).mappings().first()
    if found is None:
        return ()
    opened, first = date.fromisoformat(found["day"]), _marked_from(source, account)
    balances = _by_day(source, "days", account, "balance")
    marked = _by_day(source, "equity_days", account, "equity")
    closes = closes_of(balances, marked, first)
    return daily_returns(opened, found["equity"], closes, _transfers(source, account))


def closes_of(
    balances: Mapping[date, Decimal], equities: Mapping[date, Decimal], marked_from: date | None
) -> Sequence[tuple[date, Decimal]]:
    """The last equity of each day, in order; before the first marked day it is the day's last balance."""
    unmarked = {day: balance for day, balance in balances.items() if marked_from is None or day < marked_from}
    return sorted((unmarked | dict(equities)).items())


def _marked_from(source: Source, account: str) -> date | None:
    rows = source.table("equity_known")
    day = source.connection.scalar(select(rows.c.marked_from).where(rows.c.account == account))
    return None if day is None else date.fromisoformat(day)


def _transfers(source: Source, account: str) -> Mapping[date, Sequence[Transfer]]:
    rows = source.table("equity_transfers")
    statement = select(rows.c.day, rows.c.transfers).where(rows.c.account == account)
    return {
        date.fromisoformat(day): [Transfer(Decimal(before), Decimal(after)) for before, after in moved]
        for day, moved in source.connection.execute(statement)
    }


def _by_day(source: Source, name: str, account: str, column: str) -> dict[date, Decimal]:
    rows = source.table(name)
    statement = select(rows.c.day, rows.c[column]).where(rows.c.account == account)
    return {date.fromisoformat(day): amount for day, amount in source.connection.execute(statement)}


def figures(row: Mapping[Any, Any]) -> Mapping[str, Decimal | None]:
    """Win rate, profit factor, average win and average loss, rounded to six decimals; None where undefined."""
    return {
        "win_rate": _share(Decimal(row["wins"]), row["trades"]),
        "profit_factor": _share(row["gross_profit"], -row["gross_loss"]),
        "average_win": _share(row["gross_profit"], row["wins"]),
        "average_loss": _share(row["gross_loss"], row["losses"]),
    }


def _share(whole: Decimal, parts: Decimal | int) -> Decimal | None:
    return None if parts == 0 else round(whole / parts, 6)
