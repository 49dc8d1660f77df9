"""Rows of a recording. Prices and sizes are the exchange's own decimal texts, so nothing is rounded."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from domain.book.frame import BookFrame


class _Arrived(Struct, frozen=True, kw_only=True, gc=False):
    """What all rows have: when the message arrived, in nanoseconds since 1970 of this machine's clock, and its
    instrument.
    """

    arrived_ns: int
    instrument: str


class BookRow(_Arrived, frozen=True, kw_only=True, gc=False, tag="book"):
    """A snapshot or delta of the book. `depth` is the number of levels of the exchange's topic, 0 where it has none."""

    depth: int
    frame: BookFrame


class TradeRow(_Arrived, frozen=True, kw_only=True, gc=False, tag="trade"):
    """A trade of the market. `is_buy`: the taker bought. `matched_ms` in Unix milliseconds."""

    id: str
    price: str
    size: str
    is_buy: bool
    matched_ms: int


class QuoteRow(_Arrived, frozen=True, kw_only=True, gc=False, tag="quote"):
    """The best prices of the exchange. `update` is its number of the book, `matched_ms` 0 where it states no time."""

    update: int
    matched_ms: int
    bid: str
    bid_size: str
    ask: str
    ask_size: str


class CandleRow(_Arrived, frozen=True, kw_only=True, gc=False, tag="candle"):
    """A candle of `seconds`, which opened at `opened_ms`; `volume` in base currency. It changes until it is closed."""

    seconds: int
    opened_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    is_closed: bool


class Notice(StrEnum):
    """BEGUN, ENDED: the recorder began and stopped to record the instrument. CONNECTED: a connection began, so messages
    between it and the one before are missing. GAP: messages of its book are missing. LOST: rows were not kept.
    """

    BEGUN = "BEGUN"
    ENDED = "ENDED"
    CONNECTED = "CONNECTED"
    GAP = "GAP"
    LOST = "LOST"


class NoticeRow(_Arrived, frozen=True, kw_only=True, gc=False, tag="notice"):
    """What interrupted the messages of the instrument, with the reason in words."""

    notice: Notice
    detail: str


MarketRow = BookRow | TradeRow | QuoteRow | CandleRow | NoticeRow
"""A row of any kind."""
