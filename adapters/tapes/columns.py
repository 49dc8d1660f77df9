"""What the columns of a candle file mean."""

from __future__ import annotations

TIME = "time"
PRICES = ("open", "high", "low", "close")
REQUIRED = (TIME, *PRICES, "volume")
OPTIONAL = ("turnover", "bid", "ask", "funding_rate")
