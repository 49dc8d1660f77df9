"""An order as REST and the topic `order` show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.simulated.server.numbers import exact, in_steps, price_or_empty, rounded
from adapters.simulated.venue.categories import LINEAR, SPOT
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.order import Order, StopKind
from domain.arithmetic import EXACT

Row = dict[str, object]


def order_row(order: Order, contract: Contract) -> Row:
    """GET /v5/order/realtime and /v5/order/history."""
    return {**_common(order, contract), "extraFees": ""}


def order_push(order: Order, contract: Contract) -> Row:
    """The topic `order`."""
    return {
        **_common(order, contract),
        "category": order.category,
        "closedPnl": rounded(order.closed_pnl),
        "feeCurrency": _fee_currency(order, contract),
    }


def _common(order: Order, contract: Contract) -> Row:
    request, tick, lot = order.request, contract.instrument.tick, contract.instrument.lot
    average = order.average_price
    return {
        "orderId": order.id,
        "orderLinkId": order.link,
        "parentOrderLinkId": order.parent,
        "blockTradeId": "",
        "symbol": order.symbol,
        "price": in_steps(order.price, tick),
        "qty": exact(order.qty) if order.by_value else in_steps(order.qty, lot),
        "side": request.side,
        "positionIdx": request.position_idx,
        "orderStatus": order.status,
        "cancelType": order.cancel_type,
        "rejectReason": order.reject_reason,
        "avgPrice": "" if average is None else rounded(average),
        "leavesQty": exact(order.leaves) if order.by_value else in_steps(order.leaves, lot),
        "leavesValue": exact(order.leaves if order.by_value else EXACT.multiply(order.leaves, order.price)),
        "cumExecQty": in_steps(order.filled, lot),
        "cumExecValue": exact(order.value),
        "cumExecFee": exact(order.fee),
        "cumFeeDetail": _fees(order, contract),
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
        "triggerDirection": request.trigger_direction,
        "triggerBy": request.trigger_by if order.trigger_price else "",
        "reduceOnly": request.reduce_only,
        "closeOnTrigger": request.close_on_trigger,
        "smpType": request.smp_type,
        "smpGroup": 0,
        "smpOrderId": "",
        "placeType": "",
        "lastPriceOnCreated": price_or_empty(order.last_price_on_created),
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "rpiTakerAccess": False,
        "rpiMatchedQty": "0",
        **_OF_CATEGORY[order.category](order),
        "createdTime": str(order.created),
        "updatedTime": str(order.updated),
    }


def _of_contract(order: Order) -> Row:
    request = order.request
    return {
        "isLeverage": "",
        "createType": order.create_type,
        "tpslMode": request.tpsl_mode if request.take_profit or request.stop_loss else "",
    }


def _of_pair(order: Order) -> Row:
    """Spot orders have neither `createType` nor `tpslMode`, by which ccxt knows an order of a contract."""
    return {
        "isLeverage": "0",
        "marketUnit": order.request.market_unit,
        "ocoTriggerBy": "OcoTriggerByUnknown",
    }


def _fees(order: Order, contract: Contract) -> dict[str, str]:
    """The fees by currency. Orders of a state file that had no currencies were charged in the quote currency."""
    paid = order.fees or {contract.instrument.quote: order.fee}
    return {coin: exact(fee) for coin, fee in paid.items() if fee}


def _fee_currency(order: Order, contract: Contract) -> str:
    """The currency of the last fee; of a spot order without an execution there is none."""
    if order.category == LINEAR:
        return contract.instrument.quote
    return next(reversed(order.fees), "")


_OF_CATEGORY: Mapping[str, Callable[[Order], Row]] = {LINEAR: _of_contract, SPOT: _of_pair}
