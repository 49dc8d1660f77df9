"""Builds candle files: a header and rows five minutes apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

HEADER = "timestamp,open,high,low,close,volume"
START = datetime(2025, 4, 3, 17, 5, tzinfo=UTC)
STEP = timedelta(minutes=5)
NOW = datetime(2025, 7, 3, tzinfo=UTC)


def row(index: int, time: str | None = None) -> list[str]:
    """The cells of a valid candle, which opens at the close of the candle before."""
    opened, closed = 100 + index, 101 + index
    return [
        time or str(START + index * STEP),
        f"{opened}.0",
        f"{closed}.5",
        f"{opened}.0",
        f"{closed}.0",
        "12.5",
    ]


def sheet(rows: Iterable[Sequence[str]], header: str = HEADER, end: str = "\n") -> str:
    """The text of a candle file."""
    lines = ([header] if header else []) + [",".join(cells) for cells in rows]
    return end.join(lines) + end


def write(folder: Path, text: str | bytes, name: str = "BTCUSDT_5m.csv") -> Path:
    """Writes a file with exactly this content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
