"""An execution as REST and the topics `execution` and `execution.fast` show it."""

from __future__ import annotations

from adapters.simulated.server.numbers import exact, price_or_empty
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.execution import Execution

Row = dict[str, object]


def execution_row(execution: Execution) -> Row:
    """GET /v5/execution/list. Spot executions have no `createType`, by which ccxt knows one of a contract."""
    of_category: Row = {"createType": execution.create_type} if execution.category == LINEAR else {}
    return {
        "symbol": execution.symbol,
        "orderType": execution.order_type,
        "underlyingPrice": "",
        "orderLinkId": execution.order_link_id,
        "side": execution.side,
        "indexPrice": "",
        "orderId": execution.order_id,
        "stopOrderType": execution.stop_kind,
        "leavesQty": exact(execution.leaves),
        "execTime": str(execution.at),
        "feeCurrency": execution.fee_currency,
        "isMaker": execution.is_maker,
        "execFee": exact(execution.fee),
        "feeRate": exact(execution.fee_rate),
        "execId": execution.id,
        "tradeIv": "",
        "blockTradeId": "",
        "markPrice": price_or_empty(execution.mark_price),
        "execPrice": exact(execution.price),
        "markIv": "",
        "orderQty": exact(execution.order_qty),
        "orderPrice": exact(execution.order_price),
        "execValue": exact(execution.value),
        "execType": execution.type,
        "execQty": exact(execution.qty),
        "closedSize": exact(execution.closed) if execution.category == LINEAR else "",
        "extraFees": "",
        "seq": execution.seq,
        **of_category,
    }


def execution_push(execution: Execution) -> Row:
    """The topic `execution`. `execPnl` is the profit before fees of the part that closed a position."""
    return {
        **execution_row(execution),
        "category": execution.category,
        "isLeverage": "0",
        "marketUnit": execution.market_unit,
        "execPnl": exact(execution.pnl),
        "extraFees": [],
    }


def fast_execution(execution: Execution) -> Row:
    """The topic `execution.fast`."""
    return {
        "category": execution.category,
        "symbol": execution.symbol,
        "execId": execution.id,
        "execPrice": exact(execution.price),
        "execQty": exact(execution.qty),
        "orderId": execution.order_id,
        "isMaker": execution.is_maker,
        "orderLinkId": execution.order_link_id,
        "side": execution.side,
        "execTime": str(execution.at),
        "seq": execution.seq,
    }
