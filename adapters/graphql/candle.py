"""Candles of the chart. They are no events: they come from the candle store, which an engine fills."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import strawberry
from sqlalchemy import select

from adapters.candle_store.book import CandleBook, Series
from adapters.candle_store.following import FollowedCandles
from adapters.candle_store.page import MOST, CandlePage, page_of
from adapters.graphql.as_of import AsOfInput, when
from adapters.graphql.context import Info
from domain import candle as domain
from domain.candle import interval_name
from domain.errors import InvalidInput, Refused
from domain.interval import interval_of
from projections.journal import JOURNAL
from projections.source import Source

_PAUSE_SECONDS = 1.0
"""Between two looks at the candle store, which the process of the engine fills twice a second."""


@strawberry.type(
    description="A candle. Prices and turnover are in quote currency, the volume is in base currency."
)
class Candle:
    open_time: datetime = strawberry.field(description="When its interval begins.")
    close_time: datetime = strawberry.field(
        description="When its interval ends; a trade at this time is not in it."
    )
    open: Decimal = strawberry.field(description="The first price.")
    high: Decimal = strawberry.field(description="The highest price.")
    low: Decimal = strawberry.field(description="The lowest price.")
    close: Decimal = strawberry.field(description="The last price.")
    volume: Decimal = strawberry.field(description="The traded quantity.")
    turnover: Decimal | None = strawberry.field(description="Its value; null where it is not known.")
    is_closed: bool = strawberry.field(
        description="Whether it is complete. A candle that is built from finer ones is not while they close."
    )


@strawberry.type(name="CandlePage", description="Candles of one instrument and interval.")
class Candles:
    candles: list[Candle] = strawberry.field(description="The candles, the latest first.")
    has_earlier: bool = strawberry.field(
        description="Whether there are earlier ones: query them with the open time of the last candle as `before`."
    )


@strawberry.type(description="The candles of one instrument and interval that the store has.")
class CandleSeries:
    instrument: str = strawberry.field(description="The instrument.")
    interval: str = strawberry.field(
        description="The interval of the stored candles, as in `5m`; coarser ones are built from them."
    )
    begin: datetime = strawberry.field(description="When the first candle opened.")
    end: datetime = strawberry.field(description="When the last candle closed.")


async def candle_series_of(info: Info) -> list[CandleSeries]:
    """What the store has, by instrument and interval."""
    found = await info.context.served.readers.run(_book(info).series)
    return [_series(one) for one in found]


async def candles_of(
    info: Info,
    instrument: str,
    interval: str,
    before: datetime | None,
    first: int,
    as_of: AsOfInput | None,
) -> Candles:
    """A page. Raises InvalidInput for an interval that is unknown or cannot be built."""
    if not 0 < first <= MOST:
        raise InvalidInput(f"a page has 1 to {MOST} candles; {first} were requested")
    closed = await _closed(info, as_of)
    query = partial(
        page_of, _book(info), instrument, _interval(interval), first, before=before, closed=closed
    )
    return _page(await info.context.served.readers.run(query))


async def followed_candles(info: Info, instrument: str, interval: str) -> AsyncGenerator[Candle]:
    """Each candle that closes from now on; a coarser one also while it forms. Raises what `candles_of` raises."""
    readers = info.context.served.readers
    followed = await readers.run(partial(FollowedCandles, _book(info), instrument, _interval(interval)))
    while True:
        for candle, is_closed in await readers.run(lambda: list(followed.new())):
            yield _candle(candle, is_closed=is_closed)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _closed(info: Info, as_of: AsOfInput | None) -> datetime | None:
    """The time up to which candles had closed; None for now. An event's is the time at which it was recorded."""
    at = when(as_of)
    if at is None:
        return None
    if isinstance(at, datetime):
        return at
    moment = await info.context.moment(at)
    return await moment.run(partial(_recorded_at, ordinal=at))


def _recorded_at(source: Source, ordinal: int) -> datetime:
    """When the event was recorded; the beginning of time for 0, as of which nothing had closed."""
    journal = source.table(JOURNAL.name)
    found = select(journal.c.recorded_at).where(journal.c.ordinal <= ordinal)
    at: datetime | None = source.connection.execute(
        found.order_by(journal.c.ordinal.desc()).limit(1)
    ).scalar()
    return at or datetime.min.replace(tzinfo=UTC)


def _interval(spelled: str) -> timedelta:
    found = interval_of(spelled)
    if found is None:
        raise InvalidInput(
            f"interval: {spelled[:20]} is none: write minutes, hours or a day that divide a day, as 5m, 4h, 1d"
        )
    return found


def _book(info: Info) -> CandleBook:
    book = info.context.served.candles
    if book is None:
        raise Refused("this program has no candle store")
    return book


def _page(page: CandlePage) -> Candles:
    forming = [] if page.forming is None else [_candle(page.forming, is_closed=False)]
    closed = [_candle(one, is_closed=True) for one in reversed(page.candles)]
    return Candles(candles=[*forming, *closed], has_earlier=page.has_earlier)


def _candle(candle: domain.Candle, *, is_closed: bool) -> Candle:
    return Candle(
        open_time=candle.open_time,
        close_time=candle.close_time,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
        turnover=candle.turnover,
        is_closed=is_closed,
    )


def _series(one: Series) -> CandleSeries:
    return CandleSeries(
        instrument=one.instrument, interval=interval_name(one.interval), begin=one.begin, end=one.end
    )
