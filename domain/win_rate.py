"""The share of the last trades that were won, against the setting `risk.minimum_win_rate`."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT
from domain.settings import RiskSettings
from domain.tiers import Trades


def too_few_wins(trades: Trades, reset_at: int, limits: RiskSettings) -> int | None:
    """How many of the trades in the window were won, where these are too few; else None.

    `reset_at` is the number of closed trades at the last reset. While fewer than the window were closed since then, the
    result is None.
    """
    window = limits.win_rate_window
    if not limits.minimum_win_rate or trades.count - reset_at < window:
        return None
    won = trades.wins(window)
    return won if won < EXACT.multiply(limits.minimum_win_rate, Decimal(window)) else None
