"""Recordings of exchanges' books; `folder` is that of the recorded market data (the fixture `market_data`)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile


def bybit_messages(folder: Path) -> list[bytes]:
    """One snapshot and 49 deltas of `orderbook.500.XRPUSDT`."""
    with ZipFile(folder / "bybit_book" / "xrpusdt-ob500.data.zip") as archive:
        return archive.read(archive.namelist()[0]).splitlines()


def binance_messages(folder: Path, name: str) -> Iterator[bytes]:
    """The lines of a recorded socket (`spot` or `usdm`) and one REST snapshot among them, in order of receipt."""
    with gzip.open(folder / "ticks" / f"{name}_btcusdt_20240808.gz") as lines:
        for line in lines:
            yield line.partition(b" ")[2]
