"""The two markets of Binance whose books are kept: where they are, and what differs between them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from domain.book.sequence import BinanceFutures, BinanceSpot, SequenceRule
from domain.errors import InvalidInput
from domain.instrument import check_instrument_id, instrument_id, market_of, symbol_of

VENUE = "BINANCE"


class Market(Struct, frozen=True, kw_only=True):
    """`http` and `socket` are the addresses of a market; `depth` is the path of its snapshots,
    `rules` that of its exchangeInfo.

    `streams` are the streams of an instrument by the path of the connection that has them: Binance has the books of
    USD-M on another path than its trades. `candles` is the path of the connection that has candles. `listed` is the
    most levels of a side that a snapshot is requested with, `weight` what such a request counts of the `limit` that one
    address has in a minute.
    """

    http: str
    socket: str
    depth: str
    rules: str
    streams: Mapping[str, tuple[str, ...]]
    candles: str
    rule: SequenceRule
    listed: int
    weight: int
    limit: int


MARKETS: Mapping[str, Market] = {
    "SPOT": Market(
        http="https://api.binance.com",
        socket="wss://stream.binance.com:9443",
        depth="/api/v3/depth",
        rules="/api/v3/exchangeInfo",
        streams={"/stream": ("depth@100ms", "bookTicker", "trade")},
        candles="/stream",
        rule=BinanceSpot(),
        listed=1_000,
        weight=50,
        limit=6_000,
    ),
    "LINEAR": Market(
        http="https://fapi.binance.com",
        socket="wss://fstream.binance.com",
        depth="/fapi/v1/depth",
        rules="/fapi/v1/exchangeInfo",
        streams={"/public/stream": ("depth@100ms", "bookTicker"), "/market/stream": ("aggTrade",)},
        candles="/market/stream",
        rule=BinanceFutures(),
        listed=1_000,
        weight=20,
        limit=2_400,
    ),
}
"""By the market of an instrument's id. Source: Binance's documentation of both, and its change notice of USD-M's
WebSocket addresses of March 2026."""


def market_at_binance(instruments: tuple[str, ...]) -> Market:
    """The market of the instruments. Raises InvalidInput for none, for another venue, and for two markets."""
    found: set[str] = set()
    for name in instruments:
        check_instrument_id(name)
        market = market_of(name)
        if market not in MARKETS or name != instrument_id(symbol_of(name), market, VENUE):
            raise InvalidInput(
                f"{name} is neither spot nor a linear contract of Binance; spell it like BTCUSDT-SPOT.BINANCE"
            )
        found.add(market)
    if len(found) != 1:
        raise InvalidInput("a feed of Binance has instruments of one market: all SPOT, or all LINEAR")
    return MARKETS[found.pop()]
