"""Intervals of candles as people write them: `1m`, `15m`, `1h`, `1d`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

_SPELLED = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNITS: Mapping[str, timedelta] = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def interval_of(spelled: str) -> timedelta | None:
    """The interval; None for other text, and for an interval that does not divide a day."""
    found = _SPELLED.fullmatch(spelled)
    if found is None:
        return None
    interval = int(found[1]) * _UNITS[found[2]]
    return None if timedelta(days=1) % interval else interval
