"""Buy and hold: what the account's opening equity would be worth in the instruments that it has traded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from projections.reports.held import Prices, Seen
from projections.source import Source


@dataclass(frozen=True, slots=True)
class Holding:
    """One instrument: its first price in the log, at which it is bought, and its last one, in quote currency."""

    instrument: str
    bought: Seen
    last: Seen


@dataclass(frozen=True, slots=True)
class Held:
    """The holdings by instrument, the equity that they were bought for, and their value, in the account's currency.

    `values` has the time and value at the last price of each hour (UTC) that has a price.
    """

    equity: Decimal
    holdings: Sequence[Holding]
    values: Sequence[tuple[datetime, Decimal]]


def held(source: Source, account: str) -> Held | None:
    """Equal shares of the opening equity in each instrument that the account has traded, without fees and funding.

    Prices are those of the account's own signals and fills, as in a report (`projections/reports/held.py`). Deposits
    and withdrawals are not followed. None before the first fill.
    """
    begun = source.table("equity_begun")
    equity = source.connection.scalar(select(begun.c.equity).where(begun.c.account == account))
    fills = source.table("fills")
    traded = set(
        source.connection.scalars(select(fills.c.instrument).distinct().where(fills.c.account == account))
    )
    if equity is None or not traded:
        return None
    first, last, seen = _hourly(_prices(source, account, traded))
    prices = Prices(before={name: one.price for name, one in first.items()}, seen=seen, traded=traded)
    values = {_hour(at): (at, value) for at, value in prices.held(equity)}
    holdings = [Holding(name, first[name], last[name]) for name in sorted(traded)]
    return Held(equity, holdings, list(values.values()))


def _prices(source: Source, account: str, instruments: set[str]) -> Sequence[Seen]:
    """The prices of the account's signals and fills, in the order of the log."""
    found: list[tuple[int, Seen]] = []
    for name, at in (("signals", "detected_at"), ("fills", "at")):
        rows = source.table(name)
        statement = select(rows.c.ordinal, rows.c[at], rows.c.instrument, rows.c.price).where(
            rows.c.account == account, rows.c.instrument.in_(instruments)
        )
        found += [(ordinal, Seen(*price)) for ordinal, *price in source.connection.execute(statement)]
    return [seen for _ordinal, seen in sorted(found, key=lambda one: one[0])]


def _hourly(prices: Iterable[Seen]) -> tuple[Mapping[str, Seen], Mapping[str, Seen], list[Seen]]:
    """The first and the last price of each instrument, and its last price of each hour in the order of the log."""
    first, last = dict[str, Seen](), dict[str, Seen]()
    kept: dict[tuple[str, datetime], Seen] = {}
    for one in prices:
        first.setdefault(one.instrument, one)
        last[one.instrument] = one
        key = one.instrument, _hour(one.at)
        kept.pop(key, None)
        kept[key] = one
    return first, last, list(kept.values())


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
