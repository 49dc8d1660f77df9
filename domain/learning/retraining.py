"""When a model is trained again."""

from __future__ import annotations

from domain.learning.auto_settings import AutoSettings

MICROSECONDS_PER_DAY = 86_400_000_000


def due(now: int, last_trained_at: int | None, closed_trades: int, settings: AutoSettings) -> str | None:
    """Why a model is trained now, in words; None where it is not.

    Times are microseconds since 1970 (UTC); `last_trained_at` is None where no model was trained yet, `closed_trades`
    is how many trades closed since then.
    """
    if last_trained_at is None:
        return "no model was trained yet"
    days = (now - last_trained_at) / MICROSECONDS_PER_DAY
    if settings.every_days and days >= settings.every_days:
        return f"the last model was trained {days:.1f} days ago, the schedule is every {settings.every_days}"
    if settings.every_trades and closed_trades >= settings.every_trades:
        return (
            f"{closed_trades} trades closed since the last model, it is trained after {settings.every_trades}"
        )
    return None


def is_overdue(now: int, challenger_since: int, settings: AutoSettings) -> bool:
    """Whether a challenger had its time without a promotion. Times are microseconds since 1970 (UTC)."""
    waited = now - challenger_since
    return bool(settings.patience_days) and waited >= settings.patience_days * MICROSECONDS_PER_DAY
