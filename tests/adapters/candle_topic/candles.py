"""Candles of these tests: one minute each, a pump of volume and price where it is wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.candle import Candle

MINUTE = timedelta(minutes=1)
START = datetime.now(UTC).replace(second=0, microsecond=0) - 300 * MINUTE


def candle(bar: int, symbol: str = "BTC", close: str = "100", interval: timedelta = MINUTE) -> Candle:
    """The candle of this number; open and close are the same price."""
    price = Decimal(close)
    return Candle(
        instrument=f"{symbol}USDT-LINEAR.BYBIT",
        interval=interval,
        open_time=START + bar * interval,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=Decimal("10.50"),
        turnover=Decimal(1050),
    )
