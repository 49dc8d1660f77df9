"""A recording of Binance's WebSocket: one message a line, each behind the time at which it was received, or alone."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from adapters.tapes.columns import TIME
from adapters.tapes.table import Table
from adapters.tapes.trade_table import ID, MAKER, PRICE, QUANTITY
from domain.errors import InvalidTape

SYMBOL = "symbol"
_FIRST = re.compile(rb"\s*(?:[0-9]{10,19} )?\{")
_TRADE = re.compile(rb'"e" ?: ?"(?:trade|aggTrade)"')
_MARKET = "MARKET"


class _Trade(Struct):
    """The fields of both streams; source: Binance's documentation of its market streams."""

    T: int
    s: str
    p: str
    q: str
    m: bool
    t: int | None = None
    a: int | None = None
    X: str = _MARKET

    @property
    def row(self) -> tuple[str, str, str, str, str, str]:
        """The cells of `_COLUMNS`."""
        return str(self.T), str(self.t if self.a is None else self.a), self.p, self.q, str(self.m), self.s


class _Wrapped(Struct):
    """A message of a combined stream."""

    data: _Trade


_COLUMNS = (TIME, ID, PRICE, QUANTITY, MAKER, SYMBOL)


def is_lines(data: bytes) -> bool:
    """Whether a file begins as such a recording does."""
    return _FIRST.match(data) is not None


def trade_lines(file: str, data: bytes) -> Table:
    """The trades among the messages; other messages are passed over. Row numbers count lines.

    A futures stream also has trades of its insurance fund, which are not of the market (`X`): they are left out.
    Raises InvalidTape for a trade that is no JSON or lacks a field, for a line that is cut off, and where there is no
    trade.
    """
    lines = enumerate(data.split(b"\n"), start=1)
    found = [(number, _trade(file, number, line)) for number, line in lines if _TRADE.search(line)]
    kept = [(number, one) for number, one in found if one.X == _MARKET]
    if not kept:
        raise InvalidTape(file, None, "contains no message of a trade (`trade` or `aggTrade`)")
    others = len(found) - len(kept)
    return Table(
        file=file,
        form="Binance's WebSocket",
        numbers=[number for number, _one in kept],
        columns=dict(zip(_COLUMNS, zip(*(one.row for _number, one in kept), strict=True), strict=True)),
        clocks={},
        headed=True,
        unended=False,
        unread=(),
        unconfirmed=(),
        currency=None,
        notes=(f"trades of the insurance fund left out: {others:,}",) if others else (),
    )


def _trade(file: str, number: int, line: bytes) -> _Trade:
    try:
        message = line[line.index(b"{") :]
        if b'"data"' in message:
            return msgspec.json.decode(message, type=_Wrapped).data
        return msgspec.json.decode(message, type=_Trade)
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidTape(file, number, f"is not a whole message of a trade: {error}") from None
