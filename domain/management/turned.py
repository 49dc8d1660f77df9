"""The last turn of a sign of a reversal, and the names of the signs; see `domain/management/signs.py`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

SIGN_NAMES = ("rsi", "ema", "supertrend", "sar", "candle", "swing")
"""The names of the signs, in the order in which they are recorded."""


class Turned(Struct, frozen=True, gc=False):
    """The last turn of a sign: its direction (+1 up, -1 down), its figure, and how many candles closed since."""

    direction: Literal[-1, 1]
    figure: float
    age: int
