"""Rows of the topics `order` and `execution`, with the values that the tests do not name."""

from __future__ import annotations

from typing import Any

NOON = 1_750_000_000_000
ORDER: dict[str, Any] = {
    "orderId": "V1",
    "orderLinkId": "one",
    "parentOrderLinkId": "",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "orderType": "Limit",
    "stopOrderType": "",
    "qty": "2",
    "price": "99",
    "triggerPrice": "",
    "stopLoss": "",
    "takeProfit": "",
    "reduceOnly": False,
    "orderStatus": "New",
    "cumExecQty": "0",
    "cumExecValue": "0",
    "cumExecFee": "0",
    "cumFeeDetail": {},
    "cancelType": "UNKNOWN",
    "rejectReason": "EC_NoError",
    "createdTime": str(NOON),
}
EXECUTION: dict[str, Any] = {
    "execId": "X1",
    "execType": "Trade",
    "orderId": "V1",
    "orderLinkId": "one",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "execPrice": "99",
    "execQty": "2",
    "execFee": "0.01",
    "feeCurrency": "USDT",
    "isMaker": True,
}

POSITION: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "Buy",
    "size": "2",
    "avgPrice": "99",
    "positionIdx": 0,
}
WALLET: dict[str, Any] = {"accountType": "UNIFIED", "coin": [{"coin": "USDT", "walletBalance": "1000"}]}


def order(status: str = "New", at: int = 0, **more: Any) -> dict[str, Any]:
    """An order in this status, `at` seconds after it was created."""
    return ORDER | {"orderStatus": status, "updatedTime": str(NOON + at * 1000)} | more


def execution(at: int = 0, **more: Any) -> dict[str, Any]:
    return EXECUTION | {"execTime": str(NOON + at * 1000)} | more


def push(topic: str, *rows: Any) -> dict[str, Any]:
    return {"id": "1", "topic": topic, "creationTime": NOON, "data": list(rows)}


def orders(*rows: Any) -> dict[str, Any]:
    return push("order", *rows)


def executions(*rows: Any) -> dict[str, Any]:
    return push("execution", *rows)
