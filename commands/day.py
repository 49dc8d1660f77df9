"""The change from one trading day (UTC) to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commands.account import TurnDay
from commands.breaker import CallReport
from commands.exchange import AnyReport
from commands.identity import ENGINE
from commands.leverage import LeverageReport
from commands.stimulus import Ask, Stimulus


def midnight_of(at: datetime) -> datetime:
    """The start of the day of `at`."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def of_the_old_day(
    reports: Sequence[AnyReport | CallReport | LeverageReport], at: datetime
) -> Sequence[AnyReport | CallReport | LeverageReport]:
    """The reports that belong to a day before the day of `at`.

    If `at` is midnight, when a candle closes, every report belongs to the old day, whatever its own time.
    """
    midnight = midnight_of(at)
    return [report for report in reports if at == midnight or report.at < midnight]


def turn(at: datetime, since: datetime) -> Stimulus:
    """Opens the day of `at`. The first day does not begin before `since`, the start of this market."""
    day = at.date().isoformat()
    opened = Ask(
        command=TurnDay(day),
        cause=f"clock:{day}T00:00:00Z",
        occurred_at=max(midnight_of(at), since),
        actor=ENGINE,
    )
    return Stimulus(at, (opened,))
