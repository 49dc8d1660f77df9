"""The categories of Bybit's API that the venue serves."""

from __future__ import annotations

LINEAR = "linear"
SPOT = "spot"
SERVED = (LINEAR, SPOT)
