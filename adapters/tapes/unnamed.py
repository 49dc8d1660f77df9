"""The layout of a candle file without a header, by the number of its columns and by what they contain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from adapters.tapes.columns import REQUIRED
from adapters.tapes.layout import Layout
from adapters.tapes.named import CONTRACTS, named_layout
from adapters.tapes.samples import Candles, ends, is_whole, turnover_share
from adapters.tapes.sheet import Sheet
from adapters.tapes.timestamps import is_clock, is_dotted

_CERTAIN = 0.95
_LOW, _HIGH, _VOLUME = 3, 2, 5
_ORDER = {name: place for place, name in enumerate(REQUIRED)}
_OKX = ("ts", "o", "h", "l", "c", "vol", "volCcy", "volCcyQuote", "confirm")
_EXPECTED = (
    "without a header there must be 6 columns (time, open, high, low, close, volume), 7 with the turnover or Kraken's "
    "number of trades, 9 of OKX or 12 of Binance"
)


def unnamed_layout(sheet: Sheet) -> Layout:
    """The layout by the orders of exchanges' files: Bybit, Kraken (OHLCVT), OKX, Binance.

    Raises InvalidTape where the number of columns fits none, or the figures contradict the order.
    """
    place = _after_index(sheet)
    width = len(sheet.columns) - place
    if width not in _LAYOUTS:
        raise sheet.fault(f"{_EXPECTED}, not {width}: add a header with the columns' names")
    layout = _LAYOUTS[width](sheet, sheet.columns[place:])
    return _shifted(layout, place) if place else layout


def _after_index(sheet: Sheet) -> int:
    """1 where the first column numbers the rows 0, 1, 2 …, as pandas writes an index without a name; else 0."""
    first = sheet.columns[0]
    return int(first[0] == "0" and list(first) == [str(row) for row in range(len(first))])


def _shifted(layout: Layout, by: int) -> Layout:
    columns = {name: place + by for name, place in layout.columns.items()}
    confirm = None if layout.confirm is None else layout.confirm + by
    return Layout(form=layout.form, columns=columns, confirm=confirm)


def _six(sheet: Sheet, columns: Sequence[Sequence[str]]) -> Layout:
    if is_dotted(columns[0][0]):
        return Layout(form="Bybit MetaTrader 4", columns=_ORDER)
    return Layout(form=_without_header(sheet), columns=_ORDER)


def _seven(sheet: Sheet, columns: Sequence[Sequence[str]]) -> Layout:
    """With the turnover as in Bybit's responses, or with the number of trades as in Kraken's OHLCVT files."""
    if is_clock(columns[1]):
        raise sheet.fault(
            "MetaTrader: the time of day is in a column of its own, and the volume of such exports often counts price "
            "changes; add a header such as date,time,open,high,low,close,volume if it is in coins"
        )
    share = _share(columns, 6)
    if share >= _CERTAIN:
        return Layout(form=_without_header(sheet), columns={**_ORDER, "turnover": 6})
    if share < 1 - _CERTAIN and is_whole(columns[6]):
        return Layout(form="Kraken OHLCVT", columns=_ORDER, unread=("the number of trades (column 7)",))
    raise sheet.fault(
        "column 7 is neither the turnover (volume times a price between low and high) nor Kraken's whole number of "
        "trades: add a header with the columns' names"
    )


def _nine(sheet: Sheet, columns: Sequence[Sequence[str]]) -> Layout:
    """OKX: time, open, high, low, close, contracts or coins, coins or quote currency, quote currency, confirm."""
    if not set(columns[8]) <= {"0", "1"}:
        raise sheet.fault("9 columns are read in OKX's order, but the last one is not 0 or 1: add a header")
    return named_layout(sheet, _OKX)


def _twelve(sheet: Sheet, columns: Sequence[Sequence[str]]) -> Layout:
    """Binance: …, volume, close time, quote volume, trades, two volumes of takers, and a column to ignore.

    Source: Binance's API documentation, "Kline/Candlestick data", and github.com/binance/binance-public-data.
    """
    if not is_whole([columns[6][0], columns[8][0]]) or len(columns[6][0]) != len(columns[0][0]):
        raise sheet.fault(
            "12 columns are read in Binance's order, but column 7 is no close time: add a header"
        )
    share = _share(columns, 7)
    if share < _CERTAIN:
        raise sheet.fault(CONTRACTS)
    return Layout(form="Binance klines", columns={**_ORDER, "turnover": 7})


_LAYOUTS: Mapping[int, Callable[[Sheet, Sequence[Sequence[str]]], Layout]] = {
    6: _six,
    7: _seven,
    9: _nine,
    12: _twelve,
}


def _without_header(sheet: Sheet) -> str:
    return f"{sheet.form} without a header" if sheet.form == "CSV" else sheet.form


def _share(columns: Sequence[Sequence[str]], turnover: int) -> float:
    return turnover_share(Candles(*ends(columns[place] for place in (_LOW, _HIGH, _VOLUME, turnover))))
