"""Whether a column of funding rates has a rate on candles at which nothing is settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

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
