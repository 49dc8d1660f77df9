"""The interval of an outside signal's candle, as sources write it."""

from __future__ import annotations

import re
from datetime import timedelta

from domain.interval import interval_of

_TRADINGVIEW = re.compile(r"([1-9][0-9]{0,3})?(D)?")
"""The placeholder `{{interval}}` of TradingView: minutes without a unit (`15`), or days (`D`, `1D`)."""
EXPECTED = "an interval that divides a day, like 15m, 1h or 1d, or as TradingView writes it, like 15 or 1D"


def signal_interval(spelled: str) -> timedelta | None:
    """The interval of `15m`, `1h`, `1d`, or of TradingView's `15`, `240`, `D`; None for any other text."""
    found = _TRADINGVIEW.fullmatch(spelled)
    if found is None or not spelled:
        return interval_of(spelled)
    return interval_of(f"{found[1] or 1}{'d' if found[2] else 'm'}")
