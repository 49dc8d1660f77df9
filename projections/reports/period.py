"""The period of a report: UTC days, and the stretch of the log that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from domain.errors import InvalidInput

_A_DAY = timedelta(days=1)
_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included; None where the log's own begin or end is meant.

    A period is a stretch of the log without a gap: it begins with the first event that occurred on `first` or later,
    and ends before the next event that occurred after `last`. So an event that was recorded late belongs to the period
    in which it was recorded, as in a book that was closed, and the balances of two neighbouring periods meet.
    """

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        """Raises InvalidInput for a period that ends before it begins."""
        if self.first is not None and self.last is not None and self.last < self.first:
            raise InvalidInput(f"the period ends on {self.last}, before it begins on {self.first}")

    def bounds(self) -> tuple[datetime, datetime]:
        """The time (UTC) from which on an event may be the first one, and the one from which on it is after the
        period."""
        return (
            _EVER if self.first is None else _midnight(self.first),
            _NEVER if self.last is None else _midnight(self.last) + _A_DAY,
        )

    def has(self, day: date) -> bool:
        """Whether the day is in the period."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


def day_of(text: str) -> date:
    """A day as in `2025-06-30`. Raises InvalidInput for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text or day == date.max:
        raise InvalidInput(f"{text[:40]!r} is not a day; write it like 2025-06-30")
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
