"""Recordings of exchanges' books, which stand beside the repository and are not part of it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

_FOLDER = Path(__file__).parents[2] / "shared" / "data"


def recorded(name: str) -> Path:
    """The file. Skips the test where it is absent."""
    found = _FOLDER / name
    if not found.is_file():
        pytest.skip(f"the recording ../shared/data/{name} is not on this machine")
    return found


def bybit_messages() -> list[bytes]:
    """One snapshot and 49 deltas of `orderbook.500.XRPUSDT`."""
    with ZipFile(recorded("bybit_book/xrpusdt-ob500.data.zip")) as archive:
        return archive.read(archive.namelist()[0]).splitlines()


def binance_messages(name: str) -> Iterator[bytes]:
    """The lines of a recorded socket (`spot` or `usdm`) and one REST snapshot among them, in order of receipt."""
    with gzip.open(recorded(f"ticks/{name}_btcusdt_20240808.gz")) as lines:
        for line in lines:
            yield line.partition(b" ")[2]
