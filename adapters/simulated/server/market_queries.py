"""GET /v5/market/*: what everybody may see."""

from __future__ import annotations

import time

from adapters.simulated.server.call import LINEAR, UNSERVED, Call, Row
from adapters.simulated.server.market_rows import instrument_row, kline_row, levels, ticker_row, trade_row
from adapters.simulated.server.numbers import exact, in_steps
from adapters.simulated.server.paging import page
from adapters.simulated.venue.candles import INTERVALS
from adapters.simulated.venue.codes import PARAMETER, Declined
from adapters.simulated.venue.market import Market
from domain.direction import Side

_LATEST = 1 << 62


def server_time(call: Call) -> Row:
    nanoseconds = call.wall * 1_000_000 + time.time_ns() % 1_000_000
    return {"timeSecond": str(call.wall // 1000), "timeNano": str(nanoseconds)}


def instruments(call: Call) -> Row:
    """Every instrument trades: a list of those before their launch is empty."""
    category = call.text("category")
    if category in UNSERVED:
        return {"category": category, "list": [], "nextPageCursor": ""}
    call.category()
    symbol, status, base = call.text("symbol"), call.text("status", "Trading"), call.text("baseCoin")
    listed = [
        instrument_row(market.contract)
        for market in ([call.venue.market(symbol)] if symbol else call.venue.markets.values())
        if status == "Trading" and base in ("", market.contract.instrument.base)
    ]
    shown, cursor = page(listed, call, default=500, most=1000)
    return {"category": LINEAR, "list": shown, "nextPageCursor": cursor}


def klines(call: Call) -> Row:
    """The newest first; the first row may be of an interval that has not ended.

    A query with `start` alone returns the bars that follow it, as on the exchange (pybit, issue 186), any other query
    the newest ones.
    """
    market, interval = call.market(), call.text("interval")
    if interval not in INTERVALS:
        raise Declined(PARAMETER, f"interval {interval or 'is missing'}")
    start, end = call.time("start", 0), call.time("end", _LATEST)
    limit, is_forward = call.number("limit", 200, 1000), bool(call.text("start") and not call.text("end"))
    bars = market.candles.bars(interval, start, end, _LATEST if is_forward else limit)[-limit:]
    return {"category": LINEAR, "symbol": market.symbol, "list": [kline_row(bar) for bar in bars]}


def tickers(call: Call) -> Row:
    category = call.text("category")
    if category in UNSERVED:
        return {"category": category, "list": []}
    call.category()
    named, base = call.text("symbol"), call.text("baseCoin")
    markets = [call.venue.market(named)] if named else list(call.venue.markets.values())
    shown = [ticker_row(one) for one in markets if base in ("", one.contract.instrument.base)]
    return {"category": LINEAR, "list": shown}


def order_book(call: Call) -> Row:
    market = call.market()
    depth = call.number("limit", 25, 1000)
    return {
        "s": market.symbol,
        "b": levels(market, Side.BUY, depth),
        "a": levels(market, Side.SELL, depth),
        "ts": call.now,
        "u": market.book.changes + 1,
        "seq": call.venue.ids.seq,
        "cts": call.now,
    }


def recent_trades(call: Call) -> Row:
    market, limit = call.market(), call.number("limit", 500, 1000)
    newest = list(reversed(market.trades))[:limit]
    return {"category": LINEAR, "list": [trade_row(trade) for trade in newest]}


def funding_history(call: Call) -> Row:
    market = call.market()
    start, end = call.time("startTime", 0), call.time("endTime", _LATEST)
    settled = [
        {"symbol": market.symbol, "fundingRate": exact(rate), "fundingRateTimestamp": str(at)}
        for at, rate in reversed(market.fundings)
        if start <= at <= end
    ]
    return {"category": LINEAR, "list": settled[: call.number("limit", 200, 200)]}


def price_limit(call: Call) -> Row:
    market = call.market()
    return {
        "symbol": market.symbol,
        "buyLmt": _limit(market, Side.BUY),
        "sellLmt": _limit(market, Side.SELL),
        "ts": str(call.now),
    }


def _limit(market: Market, side: Side) -> str:
    if market.last is None:
        return ""
    return in_steps(market.band_limit(side, market.last), market.contract.instrument.tick)
