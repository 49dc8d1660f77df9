"""POST /v5/order/*: what changes orders. The answer acknowledges; what became of the order is pushed and queried."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.simulated.server.call import Answer, Call, Row
from adapters.simulated.server.json_values import list_of, object_of
from adapters.simulated.venue.categories import LINEAR, SPOT
from adapters.simulated.venue.codes import OK, PARAMETER, TOO_OFTEN, Declined
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.requests import (
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    OrderRequest,
    read,
)

MOST_IN_BATCH: Mapping[str, int] = {LINEAR: 20, SPOT: 10}
Params = Mapping[str, object]
One = Callable[[Call, Params], Order]


def create(call: Call) -> Row:
    return _ids(_create(call, call.params))


def amend(call: Call) -> Row:
    return _ids(_amend(call, call.params))


def cancel(call: Call) -> Row:
    return _ids(_cancel(call, call.params))


def cancel_all(call: Call) -> Row:
    call.category()
    ended = call.venue.cancel_all(call.account, read(CancelAllRequest, call.params), call.now)
    return {"list": [_ids(order) for order in ended], "success": "1"}


def create_batch(call: Call) -> Answer:
    return _batch(call, _create, with_time=True)


def amend_batch(call: Call) -> Answer:
    return _batch(call, _amend)


def cancel_batch(call: Call) -> Answer:
    return _batch(call, _cancel)


def _create(call: Call, params: Params) -> Order:
    return call.venue.create(call.account, read(OrderRequest, params), call.now)


def _amend(call: Call, params: Params) -> Order:
    return call.venue.amend(call.account, read(AmendRequest, params), call.now)


def _cancel(call: Call, params: Params) -> Order:
    return call.venue.cancel(call.account, read(CancelRequest, params), call.now)


def _batch(call: Call, one: One, *, with_time: bool = False) -> Answer:
    """Each request is judged alone; codes are in the order of the requests. Raises Declined where one is no object."""
    category, requests = call.category(), list_of(call.params.get("request"))
    most = MOST_IN_BATCH[category]
    if requests is None or not 1 <= len(requests) <= most:
        raise Declined(PARAMETER, f"request must have 1 to {most} orders")
    orders = [_mapping(request) for request in requests]
    rows: list[Row] = []
    codes: list[Row] = []
    for number, order in enumerate(orders):
        judge = one if number < call.granted else _too_often
        row, code = _judged(call, judge, {**order, "category": category})
        rows.append({**row, "createAt": str(call.now) if row["orderId"] else ""} if with_time else row)
        codes.append(code)
    return Answer({"list": rows}, {"list": codes})


def _judged(call: Call, one: One, params: Params) -> tuple[Row, Row]:
    named: Row = {"category": params["category"], "symbol": params.get("symbol", "")}
    try:
        order = one(call, params)
    except Declined as refusal:
        ids = {"orderId": params.get("orderId", ""), "orderLinkId": params.get("orderLinkId", "")}
        return {**named, **ids}, {"code": refusal.number, "msg": refusal.text}
    return {**named, **_ids(order)}, {"code": OK.number, "msg": OK.text}


def _too_often(_call: Call, _params: Params) -> Order:
    raise Declined(TOO_OFTEN)


def _mapping(request: object) -> Params:
    params = object_of(request)
    if params is None:
        raise Declined(PARAMETER, "request must be a list of objects")
    return params


def _ids(order: Order) -> Row:
    return {"orderId": order.id, "orderLinkId": order.link}
