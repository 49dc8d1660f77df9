"""Durations for people."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

_UNITS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
    (timedelta(milliseconds=1), "ms"),
    (timedelta(microseconds=1), "µs"),
)
_SMALLER = dict(pairwise(_UNITS))


def elapsed(span: timedelta) -> str:
    """A duration in its two largest units, cut: `150 ms`, `2 s 500 ms`, `2 h 20 min`, `3 d 4 h`; `0` for none.

    A negative one begins with a minus sign.
    """
    if span < timedelta(0):
        return f"-{elapsed(-span)}"
    for unit, name in _UNITS:
        if span >= unit:
            whole, rest = divmod(span, unit)
            smaller, smaller_name = _SMALLER.get((unit, name), (unit, name))
            part = rest // smaller
            return f"{whole} {name} {part} {smaller_name}" if part else f"{whole} {name}"
    return "0"
