"""Finds the symbol and, where present, the interval in the name of a candle file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import PurePath

from domain.errors import InvalidInput, InvalidTape
from domain.instrument import instrument_id, instrument_named, symbol_of
from domain.quotes import split_symbol

# A word in capitals before the interval is a symbol; any other word must end in a known quote currency.
_BEFORE_INTERVAL = re.compile(r"(?=[0-9]*[A-Z])([A-Z0-9]{2,30})[_-][0-9]+[mhdw](?![A-Za-z0-9])")
_FIRST_WORD = re.compile(r"[A-Za-z0-9]+")
# OKX: BTC-USDT-SWAP; Yahoo: BTC-USD; freqtrade: BTC_USDT, or BTC_USDT_USDT for a future settled in USDT.
_PAIR = re.compile(r"([A-Z0-9]{1,20})[-_/]([A-Z]{3,6})(?![A-Za-z0-9])")
_VENUES = re.compile(
    r"(binance(us)?|bitfinex|bitstamp|bybit|coinbase(pro)?|cexio|deribit|exmo|ftx|gateio|gemini|hitbtc|huobi|htx|itbit|"
    r"kraken|kucoin|mexc|okcoin|okex|okx|poloniex|upbit)[_-]",
    re.IGNORECASE,
)
_INTERVAL = re.compile(r"(?<![A-Za-z0-9])([0-9]{1,4})([mhdw])(?![A-Za-z0-9])")
_SPOT = re.compile(r"[_-]spot[_-][0-9]+[mhdw]$", re.IGNORECASE)
"""How `whence candles fetch --spot` ends the names of its files: bybit_BTCUSDT_spot_5m.csv."""
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def instrument_of(names: Iterable[PurePath], symbol: str | None, inside: str | None = None) -> str:
    """The instrument of `symbol` (BTCUSDT or BTCUSDT-SPOT.BYBIT) where given, else of the symbol in a file's name.

    `names` are those of a file and of its member in an archive; `inside` is a symbol in the file. Where names and
    content have different ones, `symbol` chooses one of them. Raises InvalidInput where `symbol` is not a symbol,
    InvalidTape where there is none, where names and content have different ones, or where all have another one than
    `symbol`.
    """
    names = tuple(names)
    texts = (*(name.name for name in names), inside or "")
    symbols = list(dict.fromkeys(filter(None, map(_symbol_in, texts))))
    if symbol is not None:
        given = instrument_named(symbol)
        if symbols and symbol_of(given) not in symbols:
            fault = (
                f"its name or its content states {' and '.join(symbols)}, which --symbol {symbol} contradicts: leave "
                "out --symbol, give the symbols in the order of the files, or rename the file"
            )
            raise InvalidTape(str(names[0]), None, fault)
        return given
    if len(symbols) > 1:
        fault = f"its name and its content state different symbols, {' and '.join(symbols)}: rename it, or add --symbol"
        raise InvalidTape(str(names[0]), None, fault)
    found = next(iter(symbols), None)
    if found is None:
        fault = "the file's name contains no symbol: add --symbol, for example --symbol BTCUSDT"
        raise InvalidTape(str(names[0]), None, fault)
    is_spot = any(_SPOT.search(name.stem) for name in names)
    return instrument_id(found, "SPOT") if is_spot else instrument_id(found)


def interval_in(path: PurePath) -> timedelta | None:
    """The interval in the name (`_5m`, `-1h`), or None where there is none."""
    hint = _INTERVAL.search(path.stem)
    return (int(hint[1]) * _UNITS[hint[2]] or None) if hint else None


def _symbol_in(name: str) -> str | None:
    bare = _VENUES.sub("", name, count=1) if _VENUES.match(name) else name
    if plain := _BEFORE_INTERVAL.match(bare):
        return plain[1]
    pair = _PAIR.match(bare)
    if pair and _has_known_quote(f"{pair[1]}{pair[2]}", pair[2]):
        return f"{pair[1]}{pair[2]}"
    word = _FIRST_WORD.match(bare)
    if word and _has_known_quote(word[0].upper()):
        return word[0].upper()
    return None


def _has_known_quote(symbol: str, expected: str | None = None) -> bool:
    try:
        base, quote = split_symbol(symbol)
    except InvalidInput:
        return False
    return base != symbol and expected in (None, quote)
