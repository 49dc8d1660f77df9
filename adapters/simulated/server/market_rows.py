"""Instruments, prices, books, trades and candles as REST shows them."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulated.server.numbers import exact, in_steps
from adapters.simulated.venue.candles import Bar, Day
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.market import Market, PublicTrade
from adapters.simulated.venue.pair import Pair
from domain.arithmetic import EXACT, ZERO
from domain.direction import Side

Row = dict[str, object]
Levels = list[list[str]]

_LARGEST_TICKS = 19_999_998


def instrument_row(contract: Contract) -> Row:
    """GET /v5/market/instruments-info, category linear."""
    rules = contract.instrument
    most = exact(rules.max_quantity)
    return {
        "symbol": contract.symbol,
        "symbolId": contract.number,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": rules.base,
        "quoteCoin": rules.quote,
        "launchTime": str(contract.launched),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(_decimals(rules.tick)),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": f"{rules.max_leverage:.2f}",
            "leverageStep": "0.01",
        },
        "priceFilter": {
            "minPrice": exact(rules.tick),
            "maxPrice": exact(EXACT.multiply(rules.tick, Decimal(_LARGEST_TICKS))),
            "tickSize": exact(rules.tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": most,
            "minOrderQty": exact(rules.min_quantity),
            "qtyStep": exact(rules.lot),
            "postOnlyMaxOrderQty": most,
            "maxMktOrderQty": exact(contract.max_market),
            "minNotionalValue": exact(rules.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": contract.funding_interval,
        "settleCoin": rules.quote,
        "copyTrading": "none",
        "upperFundingRate": exact(contract.funding_cap),
        "lowerFundingRate": exact(-contract.funding_cap),
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {
            "priceLimitRatioX": exact(contract.band),
            "priceLimitRatioY": exact(EXACT.multiply(contract.band, Decimal(2))),
        },
        "symbolType": "",
    }


def pair_row(pair: Pair) -> Row:
    """GET /v5/market/instruments-info, category spot. Margin trading is not served."""
    rules = pair.instrument
    most = exact(rules.max_quantity)
    return {
        "symbol": pair.symbol,
        "symbolId": pair.number,
        "baseCoin": rules.base,
        "quoteCoin": rules.quote,
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": exact(rules.lot),
            "quotePrecision": exact(pair.quote_step),
            "minOrderQty": exact(rules.min_quantity),
            "maxOrderQty": most,
            "minOrderAmt": exact(rules.min_notional),
            "maxOrderAmt": exact(pair.max_amount),
            "maxLimitOrderQty": most,
            "maxMarketOrderQty": exact(pair.max_market),
            "postOnlyMaxLimitOrderSize": most,
        },
        "priceFilter": {"tickSize": exact(rules.tick)},
        "riskParameters": {
            "priceLimitRatioX": exact(pair.band),
            "priceLimitRatioY": exact(EXACT.multiply(pair.band, Decimal(2))),
        },
        "symbolType": "",
    }


def pair_ticker_row(market: Market) -> Row:
    """GET /v5/market/tickers, category spot."""
    (bid, bid_size), (ask, ask_size) = _best(market, Side.BUY), _best(market, Side.SELL)
    best = {"bid1Price": bid, "bid1Size": bid_size, "ask1Price": ask, "ask1Size": ask_size}
    return {**best, **pair_ticker(market)}


def pair_ticker(market: Market) -> dict[str, str]:
    """The fields that REST and the topic `tickers` of spot share; one unit of the quote currency counts as a dollar."""
    return {
        "symbol": market.symbol,
        "lastPrice": exact(market.last or ZERO),
        **_day(market, market.candles.day()),
        "usdIndexPrice": exact(market.last or ZERO),
    }


def ticker_row(market: Market) -> Row:
    """GET /v5/market/tickers, category linear. Open interest is the size of the venue's own positions."""
    return {
        **ticker(market),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "basis": "",
        "basisRateYear": "",
    }


def ticker(market: Market) -> dict[str, str]:
    """The fields that REST and the topic `tickers` share."""
    day, mark = market.candles.day(), market.mark_price
    held = sum((position.size for _account, position in market.held()), ZERO)
    bid, ask = _best(market, Side.BUY), _best(market, Side.SELL)
    return {
        "symbol": market.symbol,
        "lastPrice": exact(market.last or ZERO),
        "indexPrice": exact(market.index_price),
        "markPrice": exact(mark),
        **_day(market, day),
        "prevPrice1h": exact(day.price_1h if day is not None else ZERO),
        "openInterest": exact(held),
        "openInterestValue": exact(EXACT.multiply(held, mark)),
        "fundingRate": exact(market.funding_rate),
        "nextFundingTime": str(market.next_funding),
        "bid1Price": bid[0],
        "bid1Size": bid[1],
        "ask1Price": ask[0],
        "ask1Size": ask[1],
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
        "fundingIntervalHour": str(market.contract.funding_interval // 60),
        "fundingCap": exact(market.contract.funding_cap),
    }


def _day(market: Market, day: Day | None) -> dict[str, str]:
    """The figures of the last 24 hours."""
    last = market.last or ZERO
    before = day.price_24h if day is not None else ZERO
    change = EXACT.divide(EXACT.subtract(last, before), before) if before else ZERO
    return {
        "prevPrice24h": exact(before),
        "price24hPcnt": f"{change:.6f}",
        "highPrice24h": exact(day.high if day is not None else ZERO),
        "lowPrice24h": exact(day.low if day is not None else ZERO),
        "turnover24h": exact(day.turnover if day is not None else ZERO),
        "volume24h": exact(day.volume if day is not None else ZERO),
    }


def levels(market: Market, side: Side, depth: int) -> Levels:
    """Price and size of the best levels, the best first."""
    rules = market.contract.instrument
    return [
        [in_steps(price, rules.tick), in_steps(size, rules.lot)]
        for price, size in market.book.depth(side, depth)
    ]


def trade_row(trade: PublicTrade) -> Row:
    """GET /v5/market/recent-trade."""
    return {
        "execId": trade.id,
        "symbol": trade.symbol,
        "price": exact(trade.price),
        "size": exact(trade.qty),
        "side": trade.side,
        "time": str(trade.at),
        "isBlockTrade": False,
        "isRPITrade": False,
        "seq": str(trade.seq),
    }


def kline_row(bar: Bar) -> list[str]:
    """GET /v5/market/kline: start, open, high, low, close, volume (base), turnover (quote)."""
    prices = (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover)
    return [str(bar.start), *map(exact, prices)]


def _best(market: Market, side: Side) -> tuple[str, str]:
    shown = levels(market, side, 1)
    return (shown[0][0], shown[0][1]) if shown else ("", "")


def _decimals(step: Decimal) -> int:
    exponent = step.normalize(EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
