"""Candles whose four prices differ, each of which opens at the close of the candle before, for files of exchanges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

START = datetime(2024, 3, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
MOVES = ("-0.29", "0.01", "-0.33", "0.23", "-0.21", "-0.38", "-0.22", "0.41")


class Bar(NamedTuple):
    """One candle as text; `seconds` is its open time since 1970."""

    seconds: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    turnover: str

    @property
    def prices(self) -> list[str]:
        return [self.open, self.high, self.low, self.close]


def bars(step: timedelta = STEP) -> Sequence[Bar]:
    """Eight candles from START on."""
    made: list[Bar] = []
    opened = Decimal("100.00")
    for index, move in enumerate(MOVES):
        closed = opened + Decimal(move)
        high, low = max(opened, closed) + Decimal("0.08"), min(opened, closed) - Decimal("0.07")
        volume = Decimal("755.069") + index
        seconds = int((START + index * step).timestamp())
        figures = (opened, high, low, closed, volume, volume * (opened + closed) / 2)
        made.append(Bar(seconds, *map(str, figures)))
        opened = closed
    return made


BARS = bars()
CANDLES = [tuple(map(Decimal, (*bar.prices, bar.volume))) for bar in BARS]
TURNOVERS = [Decimal(bar.turnover) for bar in BARS]


def lines(rows: Sequence[Sequence[object]], header: str = "", separator: str = ",") -> str:
    """The text of a file: the header, and a line for each row."""
    body = [separator.join(map(str, row)) for row in rows]
    return "\n".join(([header] if header else []) + body) + "\n"
