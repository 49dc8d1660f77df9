"""What the name of a candle file says: the symbol and, perhaps, the interval."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import PurePath

from domain.catalogue import split_symbol
from domain.errors import InvalidTape
from domain.instrument import instrument_id, instrument_named

# Before the interval, in capitals, any symbol is meant as one; elsewhere it must end in a known quote currency.
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
    """The instrument of a candle file: `symbol` (BTCUSDT, or BTCUSDT-SPOT.BYBIT) where given, else its name's.

    Raises InvalidInput where `symbol` is not one, InvalidTape where the name tells none.
    """
    return instrument_id(_symbol_in(path)) if symbol is None else instrument_named(symbol)


def interval_in(path: PurePath) -> timedelta | None:
    """The interval the name hints at (`_5m`, `-1h`), or None where it says nothing usable."""
    hint = _INTERVAL.search(path.stem)
    return (int(hint[1]) * _UNITS[hint[2]] or None) if hint else None


def _symbol_in(path: PurePath) -> str:
    if plain := _BEFORE_INTERVAL.match(path.stem):
        return plain[1]
    word = _FIRST_WORD.match(path.stem)
    if word and _has_known_quote(word[0].upper()):
        return word[0].upper()
    raise InvalidTape(
        str(path), None, "the name does not tell the symbol: give it with --symbol, as in --symbol BTCUSDT"
    )


def _has_known_quote(symbol: str) -> bool:
    base, _ = split_symbol(symbol)
    return base != symbol
