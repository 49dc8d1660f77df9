"""What fills the orders of the simulated exchange."""

from __future__ import annotations

from enum import StrEnum


class FillSource(StrEnum):
    """A candle, or the levels of a reading of the order book."""

    CANDLE = "CANDLE"
    READING = "READING"
