"""Forced exits: a position is closed at a loss that is the largest permitted, and after a time."""

from __future__ import annotations

from datetime import timedelta

from domain.arithmetic import EXACT
from domain.closing import CloseReason
from domain.managed import Rule
from domain.management.action import Close, Finding
from domain.management.reading import Reading


def largest_loss(reading: Reading) -> Finding | None:
    """Closes the position where its loss has reached the setting `largest_loss`."""
    limit, profit = reading.settings.largest_loss, reading.profit
    if not limit or profit is None or profit > EXACT.minus(limit):
        return None
    return Finding(Rule.LARGEST_LOSS, Close(CloseReason.LARGEST_LOSS), {"largest_loss": f"{limit:f}"})


def time_limit(reading: Reading) -> Finding | None:
    """Closes the position once it was held for the setting `time_limit_seconds`. It needs no price."""
    limit = reading.settings.time_limit_seconds
    if not limit or reading.held_for < timedelta(seconds=limit):
        return None
    figures = {
        "time_limit_seconds": str(limit),
        "held_seconds": str(int(reading.held_for.total_seconds())),
    }
    return Finding(Rule.TIME_LIMIT, Close(CloseReason.TIME_LIMIT), figures)
