"""Responses of OKX in the shapes that its documentation describes."""

from __future__ import annotations

from typing import Any

from tests.adapters.ccxt.served import AT_MS, Answers, Request

INSTRUMENT = "BTCUSDT-LINEAR.OKX"
ORDER, ALGO, CANCEL, CANCEL_ALGO, AMEND, ONE_ALGO, OPEN, OPEN_ALGO, TRADES = (
    "/api/v5/trade/order",
    "/api/v5/trade/order-algo",
    "/api/v5/trade/cancel-order",
    "/api/v5/trade/cancel-algos",
    "/api/v5/trade/amend-order",
    "/api/v5/trade/order-algo",
    "/api/v5/trade/orders-pending",
    "/api/v5/trade/orders-algo-pending",
    "/api/v5/trade/fills-history",
)

CONTRACT: dict[str, Any] = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "uly": "BTC-USDT",
    "instFamily": "BTC-USDT",
    "baseCcy": "",
    "quoteCcy": "",
    "settleCcy": "USDT",
    "ctVal": "0.01",
    "ctMult": "1",
    "ctValCcy": "BTC",
    "ctType": "linear",
    "optType": "",
    "stk": "",
    "listTime": "1606468572000",
    "expTime": "",
    "lever": "100",
    "tickSz": "0.1",
    "lotSz": "0.1",
    "minSz": "0.1",
    "alias": "",
    "state": "live",
    "maxLmtSz": "100000000",
    "maxMktSz": "12000",
}


def response(*data: object, code: str = "0", message: str = "") -> dict[str, Any]:
    """OKX's envelope."""
    return {"code": code, "msg": message, "data": list(data)}


NO_ORDER = response(code="51603", message="Order does not exist")


def failed(code: str, message: str) -> dict[str, Any]:
    """A request for one order that was refused."""
    row = {"clOrdId": "", "ordId": "", "tag": "", "sCode": code, "sMsg": message}
    return response(row, code="1", message="All operations failed")


def placed(request: Request) -> dict[str, Any]:
    row = {"clOrdId": request.fields["clOrdId"], "ordId": "1001", "tag": "", "sCode": "0", "sMsg": ""}
    return response({**row, "ts": str(AT_MS)})


def placed_algo(request: Request) -> dict[str, Any]:
    number = "3001" if "slTriggerPx" in request.fields else "3002"
    names = {name: request.fields[name] for name in ("algoClOrdId", "clOrdId")}
    return response({"algoId": number, "sCode": "0", "sMsg": "", "tag": "", **names})


def order(link: str, number: str = "1001", **changed: Any) -> dict[str, Any]:
    """An order of 50 contracts (0.5 BTC) at 60,000."""
    return {
        "instType": "SWAP",
        "instId": "BTC-USDT-SWAP",
        "ordId": number,
        "clOrdId": link,
        "tag": "",
        "px": "60000",
        "sz": "50",
        "ordType": "limit",
        "side": "buy",
        "posSide": "net",
        "tdMode": "cross",
        "accFillSz": "0",
        "fillPx": "",
        "tradeId": "",
        "fillSz": "0",
        "fillTime": "",
        "avgPx": "",
        "state": "live",
        "lever": "10",
        "feeCcy": "USDT",
        "fee": "0",
        "reduceOnly": "false",
        "category": "normal",
        "cancelSource": "",
        "algoId": "",
        "algoClOrdId": "",
        "attachAlgoOrds": [],
        "cTime": str(AT_MS),
        "uTime": str(AT_MS),
        **changed,
    }


def algo(link: str, number: str = "3001", **changed: Any) -> dict[str, Any]:
    """A conditional order that sells 50 contracts at 58,000."""
    return {
        "instType": "SWAP",
        "instId": "BTC-USDT-SWAP",
        "algoId": number,
        "algoClOrdId": link,
        "clOrdId": "",
        "ordId": "",
        "ordType": "conditional",
        "side": "sell",
        "posSide": "net",
        "tdMode": "cross",
        "sz": "50",
        "state": "live",
        "slTriggerPx": "58000",
        "slOrdPx": "-1",
        "slTriggerPxType": "last",
        "tpTriggerPx": "",
        "tpOrdPx": "",
        "actualPx": "",
        "actualSz": "",
        "reduceOnly": "true",
        "cTime": str(AT_MS),
        "uTime": str(AT_MS),
        **changed,
    }


def trade(number: str, order: str = "1001", **changed: Any) -> dict[str, Any]:
    """A trade of 20 contracts at 60,000 a second later; OKX states what was paid as negative."""
    return {
        "instType": "SWAP",
        "instId": "BTC-USDT-SWAP",
        "tradeId": number,
        "ordId": order,
        "clOrdId": "",
        "billId": f"9{number}",
        "fillPx": "60000",
        "fillSz": "20",
        "side": "buy",
        "posSide": "net",
        "execType": "M",
        "feeCcy": "USDT",
        "fee": "-4.8",
        "ts": str(AT_MS + 1000),
        "fillTime": str(AT_MS + 1000),
        **changed,
    }


POSITION: dict[str, Any] = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "mgnMode": "cross",
    "posId": "7",
    "posSide": "net",
    "pos": "-50",
    "availPos": "",
    "avgPx": "60000",
    "upl": "50",
    "uplRatio": "0.01",
    "lever": "10",
    "liqPx": "71000.5",
    "markPx": "59900",
    "imr": "2995",
    "margin": "",
    "mgnRatio": "9",
    "mmr": "119.8",
    "notionalUsd": "29950",
    "ccy": "USDT",
    "cTime": str(AT_MS),
    "uTime": str(AT_MS),
}

BALANCE: dict[str, Any] = {
    "totalEq": "1050.5",
    "uTime": str(AT_MS),
    "details": [
        {
            "ccy": "USDT",
            "eq": "1050.5",
            "cashBal": "1000.5",
            "availBal": "700.25",
            "availEq": "750.25",
            "frozenBal": "300.25",
            "upl": "50",
            "uTime": str(AT_MS),
        }
    ],
}


def answers() -> Answers:
    """An exchange without orders, trades and positions."""
    return {
        "GET /api/v5/public/instruments": response(CONTRACT),
        "GET /api/v5/public/time": response({"ts": str(AT_MS)}),
        "GET /api/v5/account/positions": response(),
        "GET /api/v5/account/balance": response(BALANCE),
        "GET /api/v5/account/bills-archive": response(),
        f"GET {ORDER}": NO_ORDER,
        f"GET {ALGO}": NO_ORDER,
        f"GET {OPEN}": response(),
        f"GET {OPEN_ALGO}": response(),
        f"GET {TRADES}": response(),
        f"POST {ORDER}": placed,
        f"POST {ALGO}": placed_algo,
        f"POST {CANCEL}": response({"clOrdId": "", "ordId": "1001", "sCode": "0", "sMsg": ""}),
        f"POST {CANCEL_ALGO}": response({"algoId": "3001", "sCode": "0", "sMsg": ""}),
        f"POST {AMEND}": response({"clOrdId": "", "ordId": "1001", "reqId": "", "sCode": "0", "sMsg": ""}),
    }
