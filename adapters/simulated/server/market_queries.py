"""GET /v5/market/*: what everybody may see."""

from __future__ import annotations

import time
from collections.abc import Mapping

from adapters.simulated.server.call import UNSERVED, Call, Row
from adapters.simulated.server.market_rows import (
    instrument_row,
    kline_row,
    levels,
    pair_row,
    pair_ticker_row,
    ticker_row,
    trade_row,
)
from adapters.simulated.server.numbers import exact, in_steps
from adapters.simulated.server.paging import page
from adapters.simulated.venue.candles import INTERVALS
from adapters.simulated.venue.categories import LINEAR, SPOT
from adapters.simulated.venue.codes import PARAMETER, Declined
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.pair import Pair
from domain.direction import Side

_LATEST = 1 << 62
_DEFAULT_DEPTH: Mapping[str, int] = {LINEAR: 25, SPOT: 1}
_MOST_TRADES: Mapping[str, int] = {LINEAR: 1000, SPOT: 60}


def server_time(call: Call) -> Row:
    nanoseconds = call.wall * 1_000_000 + time.time_ns() % 1_000_000
    return {"timeSecond": str(call.wall // 1000), "timeNano": str(nanoseconds)}


def instruments(call: Call) -> Row:
    """Every instrument trades: a list of those before their launch is empty. Spot has no pages."""
    category = call.text("category")
    if category in UNSERVED:
        return {"category": category, "list": [], "nextPageCursor": ""}
    trades = call.text("status", "Trading") == "Trading"
    listed = [_instrument(market.contract) for market in call.markets() if trades]
    if category == SPOT:
        return {"category": category, "list": listed}
    shown, cursor = page(listed, call, default=500, most=1000, place=lambda row: (0, str(row["symbol"])))
    return {"category": category, "list": shown, "nextPageCursor": cursor}


def _instrument(contract: Contract) -> Row:
    return pair_row(contract) if isinstance(contract, Pair) else instrument_row(contract)


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
    return {"category": market.category, "symbol": market.symbol, "list": [kline_row(bar) for bar in bars]}


def tickers(call: Call) -> Row:
    category = call.text("category")
    if category in UNSERVED:
        return {"category": category, "list": []}
    row = pair_ticker_row if category == SPOT else ticker_row
    return {"category": category, "list": [row(one) for one in call.markets()]}


def order_book(call: Call) -> Row:
    market = call.market()
    depth = call.number("limit", _DEFAULT_DEPTH[market.category], 1000)
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
    market = call.market()
    most = _MOST_TRADES[market.category]
    newest = list(reversed(market.trades))[: call.number("limit", min(500, most), most)]
    return {"category": market.category, "list": [trade_row(trade) for trade in newest]}


def funding_history(call: Call) -> Row:
    category, market = call.contracts(), call.market()
    start, end = call.time("startTime", 0), call.time("endTime", _LATEST)
    settled = [
        {"symbol": market.symbol, "fundingRate": exact(rate), "fundingRateTimestamp": str(at)}
        for at, rate in reversed(market.fundings)
        if start <= at <= end
    ]
    return {"category": category, "list": settled[: call.number("limit", 200, 200)]}


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
