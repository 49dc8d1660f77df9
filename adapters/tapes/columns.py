"""The columns of a candle file, with a header or without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from domain.errors import InvalidTape

TIME = "time"
PRICES = ("open", "high", "low", "close")
REQUIRED = (TIME, *PRICES, "volume")
OPTIONAL = ("turnover", "bid", "ask", "funding_rate")

# Names are compared in lower case, without blanks, `_` and `-`.
_TIME_NAMES = ("timestamp", "time", "date", "datetime", "opentime", "start", "starttime")
_MEANING = MappingProxyType(
    dict.fromkeys(_TIME_NAMES, TIME)
    | {name: name for name in (*PRICES, "volume", "turnover", "bid", "ask")}
    | {"fundingrate": "funding_rate"}
)
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
# Bybit's REST order; the turnover may be absent.
_UNNAMED = (*REQUIRED, "turnover")


def has_header(first: Sequence[str]) -> bool:
    """Whether the first row is a header, which does not begin with a digit or contains a known name."""
    return not first[0][:1].isdecimal() or any(_plain(name) in _MEANING for name in first)


def columns_of(file: str, first: Sequence[str]) -> Mapping[str, int]:
    """The index (from 0) of each column in a file's first row, by the column's meaning such as `open`.

    Raises InvalidTape where a required column is missing, two columns have one meaning, or the separator is no comma.
    """
    _check_delimiter(file, first)
    return _named(file, first) if has_header(first) else _unnamed(file, first)


def unread_columns(first: Sequence[str]) -> tuple[str, ...]:
    """The names in a header that are unknown; their columns are not read."""
    return tuple(name.strip() for name in first if _plain(name) not in _MEANING)


def _named(file: str, header: Sequence[str]) -> Mapping[str, int]:
    columns: dict[str, int] = {}
    for place, name in enumerate(header):
        meaning = _MEANING.get(_plain(name))
        if meaning in columns:
            raise InvalidTape(
                file, 1, f"two columns contain the {meaning}: {header[columns[meaning]]!r}, {name!r}"
            )
        if meaning:
            columns[meaning] = place
    _check_complete(file, columns)
    return columns


def _unnamed(file: str, first: Sequence[str]) -> Mapping[str, int]:
    if len(first) not in (len(REQUIRED), len(_UNNAMED)):
        expected = "6 or 7 (time, open, high, low, close, volume, turnover)"
        raise InvalidTape(file, 1, f"without a header there must be {expected} columns, not {len(first)}")
    return {name: place for place, name in enumerate(_UNNAMED[: len(first)])}


def _check_complete(file: str, columns: Mapping[str, int]) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise InvalidTape(file, 1, f"missing column: {', '.join(missing)}")


def _check_delimiter(file: str, first: Sequence[str]) -> None:
    for sign, name in _DELIMITERS.items():
        if any(sign in cell for cell in first):
            raise InvalidTape(file, 1, f"columns are separated by {name}; separate them by commas")


def _plain(name: str) -> str:
    return name.strip().lower().translate({ord(sign): None for sign in " _-"})
