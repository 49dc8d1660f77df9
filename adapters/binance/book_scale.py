"""The scales of Binance's books, from its exchangeInfo.

Source: Binance documentation, "Filters": prices are multiples of `tickSize`, sizes of `stepSize`. A book of spot may
have sizes of an earlier, finer step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from adapters.binance.market import Market, market_at_binance
from adapters.instruments.binance import listings
from adapters.instruments.document import is_table
from adapters.ladder_book.scale import Scale, places_of
from domain.catalogue import Listing
from domain.errors import ExchangeRefused, ExchangeUnreachable, InvalidInput
from domain.instrument import RulesOrigin, market_of

_ORIGIN = RulesOrigin("Binance exchangeInfo", None, guessed=False)
_SPOT_PLACES = 8
"""The decimals in which Binance writes sizes of spot."""


def book_scales(address: str, instruments: Sequence[str], timeout: float = 20.0) -> Mapping[str, Scale]:
    """The scale of each of the instruments that Binance lists; `address` is empty for Binance itself.

    Raises ExchangeUnreachable where no usable response arrived within `timeout` seconds, ExchangeRefused, and
    InvalidInput for instruments that are not all of one market. The calling thread must not run an event loop.
    """
    market = market_at_binance(tuple(instruments))
    body = asyncio.run(_response(address or market.http, market, ClientTimeout(total=timeout)))
    try:
        document: object = msgspec.json.decode(body)
        rows = list(listings(document, _ORIGIN)) if is_table(document) else []
    except (msgspec.DecodeError, RecursionError, InvalidInput) as fault:
        raise ExchangeUnreachable(f"the rules of Binance cannot be read: {fault}") from None
    found = [row.instrument for row in rows if isinstance(row, Listing)]
    return {
        one.id: Scale(tick=one.tick, size_places=_size_places(one.id, one.lot))
        for one in found
        if one.id in instruments
    }


def _size_places(instrument: str, lot: Decimal) -> int:
    """The decimals of the step; for spot those of its texts, unless sizes are so large that they may not fit then."""
    places = places_of(lot)
    return _SPOT_PLACES if places and market_of(instrument) == "SPOT" else places


async def _response(address: str, market: Market, patience: ClientTimeout) -> bytes:
    try:
        async with (
            ClientSession(timeout=patience) as session,
            session.get(f"{address}{market.rules}") as response,
        ):
            body, status = await response.read(), response.status
    except (ClientError, OSError, TimeoutError) as fault:
        raise ExchangeUnreachable(f"the rules of Binance cannot be queried: {type(fault).__name__}") from None
    if status != 200:
        raise ExchangeRefused(f"Binance refused the query of its rules with status {status}")
    return body
