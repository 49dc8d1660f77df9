"""Responses of exchanges, written after their documentation, with two or three instruments each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

AT = 1735809771618


def bybit_linear(**changes: Any) -> dict[str, Any]:
    """Bybit's instruments-info of linear contracts; `changes` replace fields of its first instrument."""
    first = {
        "symbol": "BTCUSDT",
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
        "lotSizeFilter": {
            "maxOrderQty": "1190.000",
            "minOrderQty": "0.001",
            "qtyStep": "0.001",
            "maxMktOrderQty": "500.000",
            "minNotionalValue": "5",
        },
    }
    perp = {**first, "symbol": "ETHPERP", "baseCoin": "ETH", "quoteCoin": "USDC"}
    dated = {**first, "symbol": "BTC-26DEC25", "contractType": "LinearFutures"}
    return _enveloped("linear", [{**first, **changes}, perp, dated])


def bybit_spot() -> dict[str, Any]:
    """Bybit's instruments-info of a spot market."""
    row = {
        "symbol": "ETHBTC",
        "baseCoin": "ETH",
        "quoteCoin": "BTC",
        "status": "Trading",
        "lotSizeFilter": {
            "basePrecision": "0.00001",
            "quotePrecision": "0.000000001",
            "minOrderQty": "0.0001",
            "maxOrderQty": "500",
            "minOrderAmt": "0.00005",
            "maxOrderAmt": "100",
        },
        "priceFilter": {"tickSize": "0.000001"},
    }
    return _enveloped("spot", [row])


def binance_spot() -> dict[str, Any]:
    """Binance's exchangeInfo of spot markets: one with NOTIONAL, one with the earlier MIN_NOTIONAL."""
    filters = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.00000100",
            "maxPrice": "1000",
            "tickSize": "0.00001000",
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": "0.00010000",
            "maxQty": "100000.00000000",
            "stepSize": "0.00010000",
        },
    ]
    now = [
        *filters,
        {"filterType": "NOTIONAL", "minNotional": "0.00010000", "maxNotional": "9000000.00000000"},
    ]
    then = [*filters, {"filterType": "MIN_NOTIONAL", "minNotional": "5.00000000"}]
    return {
        "timezone": "UTC",
        "serverTime": AT,
        "symbols": [
            {
                "symbol": "ETHBTC",
                "status": "TRADING",
                "baseAsset": "ETH",
                "quoteAsset": "BTC",
                "filters": now,
            },
            {
                "symbol": "STRAXBUSD",
                "status": "BREAK",
                "baseAsset": "STRAX",
                "quoteAsset": "BUSD",
                "filters": then,
            },
        ],
    }


def binance_futures() -> dict[str, Any]:
    """Binance's exchangeInfo of USD-M futures: a perpetual and a dated contract."""
    perpetual = {
        "symbol": "SHIBUSDT",
        "contractType": "PERPETUAL",
        "baseAsset": "SHIB",
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "0.0000010",
                "maxPrice": "200",
                "tickSize": "0.0000010",
            },
            {"filterType": "LOT_SIZE", "minQty": "1", "maxQty": "50000000", "stepSize": "1"},
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
        ],
    }
    dated = {**perpetual, "symbol": "BTCUSDT_251226", "contractType": "CURRENT_QUARTER"}
    return {"timezone": "UTC", "serverTime": AT, "symbols": [perpetual, dated]}


def ccxt_markets() -> dict[str, Any]:
    """The markets of a ccxt exchange: a linear perpetual in contracts of 0.01, a spot market, an inverse contract."""
    swap = {
        "id": "BTC-USDT-SWAP",
        "symbol": "BTC/USDT:USDT",
        "base": "BTC",
        "quote": "USDT",
        "spot": False,
        "swap": True,
        "linear": True,
        "inverse": False,
        "contractSize": 0.01,
        "maker": 0.0002,
        "taker": 0.0005,
        "precision": {"amount": 0.1, "price": 0.1},
        "limits": {
            "amount": {"min": 0.1, "max": None},
            "cost": {"min": None, "max": None},
            "leverage": {"max": 50},
        },
    }
    spot = {
        "id": "PEPE-USDC",
        "symbol": "PEPE/USDC",
        "base": "PEPE",
        "quote": "USDC",
        "spot": True,
        "swap": False,
        "linear": None,
        "contractSize": None,
        "maker": 0.0008,
        "taker": 0.001,
        "precision": {"amount": 1, "price": 1e-10},
        "limits": {
            "amount": {"min": 100, "max": 1e12},
            "cost": {"min": 1, "max": None},
            "leverage": {"max": None},
        },
    }
    inverse = {**swap, "symbol": "BTC/USD:BTC", "linear": False, "inverse": True}
    return {str(one["symbol"]): one for one in (swap, spot, inverse)}


def save(folder: Path, document: object, name: str = "saved.json") -> Path:
    """Writes the document as JSON, or text as it is."""
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def _enveloped(category: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    result = {"category": category, "list": rows, "nextPageCursor": ""}
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": AT}
