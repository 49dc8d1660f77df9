"""Figures of the first and the last rows of a sheet, as floats, to compare columns with each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, nan
from typing import NamedTuple

_ROWS = 2_500
_TOLERANCE = 0.01
"""The turnover of some exchanges leaves out trades that the volume has (block trades); 1 % allows for that."""


class Candles(NamedTuple):
    """Columns of equal lengths: the lowest and highest price of each candle, and two amounts traded in it."""

    lows: Sequence[str]
    highs: Sequence[str]
    volumes: Sequence[str]
    turnovers: Sequence[str]


def sampled(column: Sequence[str]) -> Sequence[str]:
    """The texts of the first and of the last rows."""
    return column if len(column) <= 2 * _ROWS else [*column[:_ROWS], *column[-_ROWS:]]


def floats(texts: Iterable[str]) -> list[float] | None:
    """The numbers; None where a text is no number."""
    try:
        return [float(text) for text in texts]
    except ValueError:
        return None


def is_whole(texts: Iterable[str]) -> bool:
    """Whether each text is a whole number without a decimal point."""
    return all(text.isdecimal() for text in texts)


def turnover_share(candles: Candles) -> float:
    """The share of the traded candles whose turnover is their volume times a price between low and high.

    1.0 where nothing was traded. A rounded last digit is allowed for. Candles with an invalid figure do not count; the
    rules of single figures report them.
    """
    rows = [[*map(_number, row), *map(_half_step, row[2:])] for row in zip(*candles, strict=True)]
    valid = (row for row in rows if isfinite(sum(row)) and 0 < row[0] <= row[1] and min(row[2:4]) >= 0)
    fits = [_fits(*row) for row in valid if row[2] or row[3]]
    return sum(fits) / len(fits) if fits else 1.0


def _fits(
    low: float, high: float, volume: float, turnover: float, of_volume: float, of_turnover: float
) -> bool:
    least = low * (volume - of_volume) * (1 - _TOLERANCE) - of_turnover
    most = high * (volume + of_volume) * (1 + _TOLERANCE) + of_turnover
    return least <= turnover <= most


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan


def _half_step(text: str) -> float:
    """Half a unit of the last decimal; a figure with an exponent has none."""
    _, point, decimals = text.partition(".")
    return 0.5 * 10.0 ** -min(len(decimals), 30) if point else 0.5


def ends(columns: Iterable[Sequence[str]]) -> list[Sequence[str]]:
    """The sample of each column."""
    return [sampled(column) for column in columns]
