"""Funding rates that a file carries on from their settlements to later candles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby

_MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)
_HOUR, _EIGHT_HOURS = timedelta(hours=1), timedelta(hours=8)
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Funding:
    """`rates` of `rows` candles have a rate. `carried`: a rate stands on candles at which nothing is settled."""

    rates: int
    rows: int
    carried: bool


def funding_in(column: Sequence[Decimal | None] | None, interval: timedelta) -> Funding | None:
    """What a column of funding rates contains; None where it is absent or empty.

    No exchange settles more often than hourly (Bybit: every 1, 2, 4 or 8 hours, by symbol), so a rate on nearly every
    candle of less than an hour was carried on from its settlement, as pandas' `ffill` does. On candles of one hour up
    to eight, it was if every rate is repeated on the next candle.
    """
    rates = [rate for rate in column or () if rate is not None]
    if column is None or not rates:
        return None
    full = len(rates) >= _NEARLY_ALL * len(column)
    carried = full and (interval < _HOUR or (interval < _EIGHT_HOURS and _all_repeat(rates)))
    return Funding(len(rates), len(column), carried)


def _all_repeat(rates: Sequence[Decimal]) -> bool:
    """Whether each run of equal rates is longer than one; the first and the last run may be cut off."""
    runs = [len(list(run)) for _, run in groupby(rates)]
    whole = runs[1:-1] or runs[:1]
    return min(whole) > 1


def at_settlements(
    column: Sequence[Decimal | None], opened: Sequence[datetime], hours: int
) -> list[Decimal | None]:
    """The rates of the candles that open at a settlement, every `hours` from midnight (UTC) on; None for the others.

    A rate that was carried on first stands on the candle that opens at its settlement.
    """
    step = timedelta(hours=hours)
    return [None if (time - _MIDNIGHT) % step else rate for rate, time in zip(column, opened, strict=True)]
