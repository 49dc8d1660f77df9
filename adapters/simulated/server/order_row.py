"""An order as REST and the topic `order` show it."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulated.server.numbers import exact, in_steps, price_or_empty, rounded
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.order import Order, StopKind
from domain.arithmetic import EXACT

Row = dict[str, object]


def order_row(order: Order, contract: Contract) -> Row:
    """GET /v5/order/realtime and /v5/order/history."""
    return {**_common(order, contract), **_only_rest(order)}


def order_push(order: Order, contract: Contract) -> Row:
    """The topic `order`. An order without an execution has an empty `avgPrice`."""
    average = "" if order.average_price is None else exact(order.average_price.quantize(Decimal("1e-8")))
    return {
        **_common(order, contract),
        "avgPrice": average,
        "category": "linear",
        "closedPnl": rounded(order.closed_pnl),
        "feeCurrency": contract.instrument.quote,
        "createType": order.create_type,
        "isLeverage": "",
        "lastPriceOnCreated": price_or_empty(order.last_price_on_created),
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "rpiTakerAccess": False,
        "rpiMatchedQty": "0",
    }


def _only_rest(order: Order) -> Row:
    return {
        "isLeverage": "",
        "lastPriceOnCreated": price_or_empty(order.last_price_on_created),
        "createType": order.create_type,
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "extraFees": "",
        "rpiTakerAccess": False,
        "rpiMatchedQty": "0",
    }


def _common(order: Order, contract: Contract) -> Row:
    request, tick, lot = order.request, contract.instrument.tick, contract.instrument.lot
    return {
        "orderId": order.id,
        "orderLinkId": order.link,
        "parentOrderLinkId": order.parent,
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": in_steps(order.price, tick),
        "qty": in_steps(order.qty, lot),
        "side": request.side,
        "positionIdx": request.position_idx,
        "orderStatus": order.status,
        "cancelType": order.cancel_type,
        "rejectReason": order.reject_reason,
        "avgPrice": "" if order.average_price is None else rounded(order.average_price),
        "leavesQty": in_steps(order.leaves, lot),
        "leavesValue": exact(EXACT.multiply(order.leaves, order.price)),
        "cumExecQty": in_steps(order.filled, lot),
        "cumExecValue": exact(order.value),
        "cumExecFee": exact(order.fee),
        "cumFeeDetail": {contract.instrument.quote: exact(order.fee)} if order.fee else {},
        "timeInForce": order.time_in_force,
        "orderType": request.order_type,
        "stopOrderType": "" if order.stop_kind is StopKind.NONE else order.stop_kind,
        "orderIv": "",
        "triggerPrice": price_or_empty(order.trigger_price),
        "takeProfit": price_or_empty(request.take_profit),
        "stopLoss": price_or_empty(request.stop_loss),
        "tpTriggerBy": request.tp_trigger_by if request.take_profit else "",
        "slTriggerBy": request.sl_trigger_by if request.stop_loss else "",
        "tpLimitPrice": price_or_empty(request.tp_limit_price),
        "slLimitPrice": price_or_empty(request.sl_limit_price),
        "tpslMode": request.tpsl_mode if request.take_profit or request.stop_loss else "",
        "triggerDirection": request.trigger_direction,
        "triggerBy": request.trigger_by if order.trigger_price else "",
        "reduceOnly": request.reduce_only,
        "closeOnTrigger": request.close_on_trigger,
        "smpType": request.smp_type,
        "smpGroup": 0,
        "smpOrderId": "",
        "placeType": "",
        "createdTime": str(order.created),
        "updatedTime": str(order.updated),
    }
