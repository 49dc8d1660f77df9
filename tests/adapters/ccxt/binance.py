"""Responses of Binance's USD-M futures in the shapes that its documentation describes."""

from __future__ import annotations

from typing import Any

from tests.adapters.ccxt.served import AT_MS, Answers, Request

INSTRUMENT = "BTCUSDT-LINEAR.BINANCEUSDM"
ORDER, ALGO, OPEN, OPEN_ALGO, TRADES = (
    "/fapi/v1/order",
    "/fapi/v1/algoOrder",
    "/fapi/v1/openOrders",
    "/fapi/v1/openAlgoOrders",
    "/fapi/v1/userTrades",
)
NO_ORDER = {"code": -2013, "msg": "Order does not exist."}

SYMBOL: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "pair": "BTCUSDT",
    "contractType": "PERPETUAL",
    "deliveryDate": 4133404800000,
    "onboardDate": 1569398400000,
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "pricePrecision": 2,
    "quantityPrecision": 3,
    "baseAssetPrecision": 8,
    "quotePrecision": 8,
    "underlyingType": "COIN",
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.10", "maxPrice": "1000000", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "120", "stepSize": "0.001"},
        {"filterType": "MIN_NOTIONAL", "notional": "100"},
    ],
    "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"],
    "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
}


def order(order_id: str, number: int = 1001, **changed: Any) -> dict[str, Any]:
    """An order of 0.5 at 60,000."""
    return {
        "orderId": number,
        "symbol": "BTCUSDT",
        "status": "NEW",
        "clientOrderId": order_id,
        "price": "60000.00",
        "avgPrice": "0.00",
        "origQty": "0.500",
        "executedQty": "0.000",
        "cumQuote": "0.00000",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "origType": "LIMIT",
        "reduceOnly": False,
        "closePosition": False,
        "side": "BUY",
        "positionSide": "BOTH",
        "stopPrice": "0.00",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "time": AT_MS,
        "updateTime": AT_MS,
        **changed,
    }


def algo(order_id: str, number: int = 3001, **changed: Any) -> dict[str, Any]:
    """A conditional order that sells 0.5 at 58,000."""
    return {
        "algoId": number,
        "clientAlgoId": order_id,
        "algoType": "CONDITIONAL",
        "orderType": "STOP_MARKET",
        "symbol": "BTCUSDT",
        "side": "SELL",
        "positionSide": "BOTH",
        "timeInForce": "GTC",
        "quantity": "0.500",
        "algoStatus": "NEW",
        "actualOrderId": "",
        "triggerPrice": "58000.00",
        "price": "0.00",
        "workingType": "CONTRACT_PRICE",
        "closePosition": False,
        "reduceOnly": True,
        "createTime": AT_MS,
        "updateTime": AT_MS,
        "triggerTime": 0,
        **changed,
    }


def trade(number: int, order: int = 1001, **changed: Any) -> dict[str, Any]:
    """A trade of 0.2 at 60,000 a second later."""
    return {
        "symbol": "BTCUSDT",
        "id": number,
        "orderId": order,
        "side": "BUY",
        "price": "60000.00",
        "qty": "0.200",
        "quoteQty": "12000.00",
        "realizedPnl": "0",
        "commission": "4.80000000",
        "commissionAsset": "USDT",
        "time": AT_MS + 1000,
        "positionSide": "BOTH",
        "buyer": True,
        "maker": True,
        **changed,
    }


POSITION: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "positionSide": "BOTH",
    "positionAmt": "-0.500",
    "entryPrice": "60000.0",
    "breakEvenPrice": "60010.0",
    "markPrice": "59900.00",
    "unRealizedProfit": "50.00",
    "liquidationPrice": "71000.5",
    "isolatedMargin": "0",
    "notional": "-29950.00",
    "marginAsset": "USDT",
    "isolatedWallet": "0",
    "initialMargin": "2995",
    "maintMargin": "119.8",
    "positionInitialMargin": "2995",
    "openOrderInitialMargin": "0",
    "adl": 2,
    "bidNotional": "0",
    "askNotional": "0",
    "updateTime": AT_MS,
}

ACCOUNT: dict[str, Any] = {
    "totalWalletBalance": "1000.50000000",
    "assets": [
        {
            "asset": "USDT",
            "walletBalance": "1000.50000000",
            "unrealizedProfit": "50.00000000",
            "marginBalance": "1050.50000000",
            "availableBalance": "700.25000000",
            "updateTime": AT_MS,
        }
    ],
    "positions": [],
}


def answers() -> Answers:
    """An exchange without orders, trades and positions."""
    return {
        "GET /fapi/v1/exchangeInfo": {"timezone": "UTC", "serverTime": AT_MS, "symbols": [SYMBOL]},
        "GET /fapi/v1/time": {"serverTime": AT_MS},
        "GET /fapi/v1/leverageBracket": [],
        "GET /fapi/v3/positionRisk": [],
        "GET /fapi/v3/account": ACCOUNT,
        "GET /fapi/v1/income": [],
        f"GET {ORDER}": NO_ORDER,
        f"GET {ALGO}": NO_ORDER,
        f"GET {OPEN}": [],
        f"GET {OPEN_ALGO}": [],
        f"GET {TRADES}": [],
        f"POST {ORDER}": lambda request: order(request.fields["newClientOrderId"]),
        f"POST {ALGO}": _placed_algo,
        f"DELETE {ORDER}": order("e1", status="CANCELED"),
        f"DELETE {ALGO}": {"algoId": 3001, "clientAlgoId": "e1-s1", "code": "200", "msg": "success"},
        f"PUT {ORDER}": lambda request: order("e1", price=request.fields["price"]),
    }


def _placed_algo(request: Request) -> dict[str, Any]:
    number = 3001 if request.fields["type"] == "STOP_MARKET" else 3002
    return algo(request.fields["clientAlgoId"], number, orderType=request.fields["type"])
