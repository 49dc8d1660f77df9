"""Candles as an exchange states them, with its own digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class CandleRow(NamedTuple):
    """One closed candle: its open time in ms since 1970, prices in quote currency, volume in base currency."""

    open_time: int
    open: str
    high: str
    low: str
    close: str
    volume: str


class Page(NamedTuple):
    """The closed candles of one response in order of time, and the open time (ms) up to which all are fetched."""

    rows: Sequence[CandleRow]
    upto: int
