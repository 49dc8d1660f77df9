"""A candle: the prices and volumes of one market in one interval."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

_CANDLE = "candle:"
_UNITS = (
    (timedelta(days=7), "w"),
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "m"),
)


class Candle(Struct, frozen=True, gc=False, kw_only=True):
    """One closed candle.

    Prices are in the quote currency, `volume` in the base currency, `turnover` in the quote currency.
    `bid` and `ask` are the best prices at the close, `funding_rate` a fraction (0.0001 = 0.01 %) settled
    at the close; each is None where the tape does not contain it.
    """

    instrument: str
    interval: timedelta
    open_time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    funding_rate: Decimal | None = None

    @property
    def close_time(self) -> datetime:
        """The end of the interval; a trade at exactly this time belongs to the next candle."""
        return self.open_time + self.interval


@lru_cache(maxsize=64)
def interval_name(interval: timedelta) -> str:
    """`5m`, `1h`, `1d`: the largest unit that divides the interval, as exchanges write it.

    Raises ValueError for an interval that is not a positive whole number of minutes.
    """
    if interval <= timedelta(0):
        raise ValueError(f"a candle's interval must be positive, not {interval}")
    for unit, letter in _UNITS:
        if interval % unit == timedelta(0):
            return f"{interval // unit}{letter}"
    raise ValueError(f"a candle's interval must be whole minutes, not {interval}")


def is_candle(cause: str) -> bool:
    """Whether the cause is a candle as an outside fact (see `cause_of`)."""
    return cause.startswith(_CANDLE)


def cause_of(candle: Candle) -> str:
    """The cause of events that follow from this candle: `candle:<instrument>:<interval>:<open time>`."""
    opened = candle.open_time.replace(tzinfo=None).isoformat(timespec="seconds")
    return f"{_CANDLE}{candle.instrument}:{interval_name(candle.interval)}:{opened}Z"
