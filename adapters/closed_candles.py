"""The closed candles of a query, and what shows that a candle is closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from domain.candle import Candle

BEHIND = 2
"""Rows of a page that are requested behind the candles: they show that those before them are closed."""

_SURELY = timedelta(seconds=10)
"""After this time by our clock a candle is closed, also where no later one is shown."""


class Fetched(Struct, frozen=True, gc=False):
    """Closed candles in order; `later` states that a candle behind those of the query is closed, too."""

    candles: Sequence[Candle]
    later: bool


def is_closed(one: Candle, newest: datetime, now: datetime) -> bool:
    """Whether the candle is closed at `now`, where `newest` is the open time of the newest one of its page."""
    return one.open_time < newest or one.close_time + _SURELY <= now
