"""Candles, trades, tickers and books as ccxt unifies them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

from adapters.ccxt.fields import figure, level, moment, needed, scaled
from adapters.ccxt.markets import Market
from adapters.ccxt.order_row import side_of
from adapters.instruments.document import Table
from domain.candle import Candle
from domain.candle_bounds import bounded
from domain.errors import InvalidInput
from domain.market import BookUpdate, KnownPrice, Level, PriceSource, Quote, Trade

_FIGURES = ("open", "high", "low", "close", "volume")


def candle(row: object, market: Market, interval: timedelta) -> Candle:
    """The candle of a row of time (ms), open, high, low, close and volume.

    The volume is taken as base currency; `MarketQuery` refuses markets where it may count contracts. Raises
    InvalidInput for another row.
    """
    listed = cast("list[object]", row) if isinstance(row, list) else []
    if len(listed) != len(_FIGURES) + 1:
        raise InvalidInput(f"{str(listed)[:80]} is no candle")
    fields: Table = dict(zip(("time", *_FIGURES), listed, strict=True))
    first, high, low, last, volume = (_stated(fields, name) for name in _FIGURES)
    if not 0 < low <= min(first, last) <= max(first, last) <= high or volume < 0:
        raise InvalidInput(f"{str(listed)[:160]} is no candle: its prices or its volume cannot be")
    made = Candle(
        instrument=market.instrument,
        interval=interval,
        open_time=moment(fields, "time"),
        open=first,
        high=high,
        low=low,
        close=last,
        volume=volume,
    )
    return bounded(made)


def trade(row: Table, market: Market) -> Trade:
    """The public trade. Raises InvalidInput where it is not complete."""
    return Trade(
        instrument=market.instrument,
        at=moment(row, "timestamp"),
        trade_id=needed(row, "id"),
        side=side_of(row),
        price=_positive(row, "price"),
        quantity=scaled(_positive(row, "amount"), market.size),
    )


def quote(row: Table, market: Market, at: datetime) -> Quote | KnownPrice | None:
    """The best bid and ask of a ticker; its last price where it has none, None where it has neither.

    `at` is its time where it states none. Raises InvalidInput for a figure that is no number.
    """
    if row.get("timestamp") is not None:
        at = moment(row, "timestamp")
    bid, ask, last = (level(row, name) for name in ("bid", "ask", "last"))
    if bid is not None and ask is not None:
        return Quote(
            instrument=market.instrument,
            at=at,
            bid=bid,
            bid_size=scaled(figure(row, "bidVolume"), market.size),
            ask=ask,
            ask_size=scaled(figure(row, "askVolume"), market.size),
        )
    if last is None:
        return None
    return KnownPrice(instrument=market.instrument, at=at, price=last, source=PriceSource.REST)


def book(response: Table, market: Market, at: datetime, update_id: int) -> BookUpdate:
    """The whole book of a response; `at` is its time where it states none. Raises InvalidInput for another one."""
    if response.get("timestamp") is not None:
        at = moment(response, "timestamp")
    return BookUpdate(
        instrument=market.instrument,
        at=at,
        update_id=update_id,
        snapshot=True,
        bids=_levels(response, "bids", market),
        asks=_levels(response, "asks", market),
    )


def _levels(response: Table, side: str, market: Market) -> tuple[Level, ...]:
    listed = response.get(side)
    if not isinstance(listed, list):
        raise InvalidInput(f"{side} are missing")
    return tuple(_level(one, market) for one in cast("list[object]", listed))


def _level(row: object, market: Market) -> Level:
    listed = cast("Sequence[object]", row) if isinstance(row, list) else ()
    # ccxt makes floats of books; the shortest text of one is the exchange's, up to 15 digits.
    texts = (repr(one) if isinstance(one, float) else one for one in listed)
    fields: Table = dict(zip(("price", "size"), texts, strict=False))
    return Level(_positive(fields, "price"), scaled(_positive(fields, "size"), market.size))


def _stated(row: Table, name: str) -> Decimal:
    if row.get(name) is None:
        raise InvalidInput(f"{name} is missing")
    return figure(row, name)


def _positive(row: Table, name: str) -> Decimal:
    found = _stated(row, name)
    if found <= 0:
        raise InvalidInput(f"{name} {found} is not above 0")
    return found
