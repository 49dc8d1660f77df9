"""Parses the symbol and, where present, the interval from the name of a candle file."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import PurePath

from domain.errors import InvalidTape
from domain.instrument import instrument_id, instrument_named
from domain.quotes import split_symbol

# A word in capitals before the interval is a symbol; any other word must end in a known quote currency.
_BEFORE_INTERVAL = re.compile(r"(?=[0-9]*[A-Z])([A-Z0-9]{2,30})[_-][0-9]+[mhdw](?![A-Za-z0-9])")
_FIRST_WORD = re.compile(r"[A-Za-z0-9]+")
_INTERVAL = re.compile(r"(?<![A-Za-z0-9])([0-9]{1,4})([mhdw])(?![A-Za-z0-9])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def instrument_of(path: PurePath, symbol: str | None) -> str:
    """The instrument of `symbol` (BTCUSDT or BTCUSDT-SPOT.BYBIT) where given, else of the symbol in the file's name.

    Raises InvalidInput where `symbol` is not a symbol, InvalidTape where the name contains none.
    """
    return instrument_id(_symbol_in(path)) if symbol is None else instrument_named(symbol)


def interval_in(path: PurePath) -> timedelta | None:
    """The interval in the name (`_5m`, `-1h`), or None where there is none."""
    hint = _INTERVAL.search(path.stem)
    return (int(hint[1]) * _UNITS[hint[2]] or None) if hint else None


def _symbol_in(path: PurePath) -> str:
    if plain := _BEFORE_INTERVAL.match(path.stem):
        return plain[1]
    word = _FIRST_WORD.match(path.stem)
    if word and _has_known_quote(word[0].upper()):
        return word[0].upper()
    raise InvalidTape(
        str(path), None, "the file's name contains no symbol: add --symbol, for example --symbol BTCUSDT"
    )


def _has_known_quote(symbol: str) -> bool:
    base, _ = split_symbol(symbol)
    return base != symbol
