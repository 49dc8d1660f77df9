"""The CSV of Yahoo Finance as the package yfinance writes it from version 0.2.51 on: three rows of header."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.tapes.sheet import Sheet
from domain.errors import InvalidTape

_LEVELS = ["Price", "Ticker"]
_TIMES = ("Date", "Datetime")
_ROWS = 3
FORM = "Yahoo Finance"
_NOTE = "Yahoo Finance gives a coin's volume in USD; it is read as coins, so it does not limit fills"


def is_yahoo(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the rows begin with names of prices, names of tickers (in any order) and a name of the time."""
    heads = [row[0] for row in rows[:_ROWS]]
    return len(heads) == _ROWS and sorted(heads[:2]) == _LEVELS and heads[2] in _TIMES


def yahoo_sheet(file: str, rows: Sequence[Sequence[str]], start: int, *, unended: bool) -> Sheet:
    """The sheet with one header. Raises InvalidTape where it has several tickers, or no candle."""
    levels = {row[0]: row[1:] for row in rows[start : start + 2]}
    tickers = sorted(set(levels["Ticker"]))
    if len(tickers) != 1:
        named = ", ".join(tickers[:5])
        raise InvalidTape(
            file, start + 1, f"{FORM}: the columns of several tickers ({named}): one file for each"
        )
    top = start + _ROWS
    if len(rows) == top:
        raise InvalidTape(file, top, "only a header: no candles")
    return Sheet(
        file=file,
        form=FORM,
        header=[rows[start + 2][0], *levels["Price"]],
        columns=list(zip(*rows[top:], strict=True)),
        top=top + 1,
        unended=unended,
        symbol=tickers[0],
        notes=(_NOTE,),
    )
