"""The figures of one day, written by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from adapters.metrics.figures import (
    Count,
    HeldSettings,
    History,
    Levered,
    Measure,
    Money,
    PauseCause,
    Paused,
    Profit,
    Progress,
    Suspected,
    Trades,
)

BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"

DAY = History(
    counts=[
        Count(Measure.SIGNALS, "paper", "trend", BTC, "LONG", 7),
        Count(Measure.SIGNALS, "paper", "trend", BTC, "SHORT", 4),
        Count(Measure.SIGNALS, "paper", "trend", ETH, "LONG", 2),
        Count(Measure.DECISIONS, "paper", "trend", "", "ENTER", 5),
        Count(Measure.DECISIONS, "paper", "trend", "", "SKIP", 8),
        Count(Measure.SKIPPED, "paper", "trend", "", "COOLDOWN", 8),
        Count(Measure.SKIPPED, "paper", "trend", "", "TREND_DISAGREES", 3),
        Count(Measure.ORDERS_PLACED, "paper", "trend", BTC, "BUY", 5),
        Count(Measure.FILLS, "paper", "trend", BTC, "BUY", 6),
        Count(Measure.POSITIONS_OPENED, "paper", "trend", BTC, "LONG", 5),
        Count(Measure.POSITIONS_CLOSED, "paper", "trend", BTC, "STOP", 4),
        Count(Measure.MANAGED_MOVES, "paper", "trend", BTC, "TRAILING_STOP", 9),
        Count(Measure.MANAGED_EXITS, "paper", "trend", BTC, "TIME_LIMIT", 1),
    ],
    profits=[Profit("paper", "trend", "USDT", Decimal("-12.50"))],
    trades=[Trades("paper", 60, 24, 50, 21, Decimal(300), Decimal(-240))],
    money=[
        Money("paper", "USDT", Decimal("9987.50"), Decimal("9990.25"), Decimal(1200), 1, 0.02, 0.05, False)
    ],
    pauses=[
        Paused("paper", "", PauseCause.LOSSES, datetime(2026, 3, 2, 14, tzinfo=UTC)),
        Paused("paper", "trend", PauseCause.PERSON, None),
    ],
    manipulations=[Suspected("paper", BTC, "SPOOFING", 3)],
    held=[HeldSettings("paper", 2, datetime(2026, 3, 2, tzinfo=UTC))],
    leverages=[Levered("paper", BTC, Decimal(20))],
    progress=[Progress("orders", 3, 0.25, 0, 0), Progress("equity", 130, 31.5, 120, 2)],
)
