"""GET /v5/order/realtime, /v5/order/history and /v5/execution/list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from adapters.simulated.server.call import Call, Row
from adapters.simulated.server.execution_row import execution_row
from adapters.simulated.server.order_row import order_row
from adapters.simulated.server.paging import page
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.codes import PARAMETER, Declined
from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.order import Order, StopKind

_LATEST = 1 << 62
_SEVEN_DAYS = 7 * 86_400_000
_FILTERS: Mapping[StopKind, str] = {StopKind.NONE: "Order", StopKind.SPOT_STOP: "tpslOrder"}
_OPEN_ONLY = ("", "0")


def realtime(call: Call) -> Row:
    """Open orders, the newest first; with `openOnly=1` the orders that ended last. An id finds both."""
    if call.category() == LINEAR:
        _needs_scope(call)
    orders: Iterable[Order] = call.account.orders.values() if _open(call) else call.account.recent
    if call.text("orderId") or call.text("orderLinkId"):
        orders = [*call.account.orders.values(), *call.account.recent]
    newest = sorted(_matching(call, orders), key=lambda order: order.created, reverse=True)
    return _orders(call, newest, lambda order: order.created)


def history(call: Call) -> Row:
    """Ended orders, the newest first; without times those of the last seven days."""
    start, end = _window(call)
    ended = [order for order in _matching(call, call.account.ended.values()) if start <= order.created <= end]
    status = call.text("orderStatus")
    found = [order for order in reversed(ended) if status in ("", order.status)]
    return _orders(call, found, lambda order: order.updated)


def executions(call: Call) -> Row:
    """The newest first, of every type unless `execType` names one."""
    category, (start, end) = call.category(), _window(call)
    found = [
        one
        for one in reversed(call.account.executions)
        if one.category == category and start <= one.at <= end and _is_wanted(call, one)
    ]
    shown, cursor = page(found, call, default=50, most=100, place=lambda one: (one.at, one.id))
    return {"category": category, "list": [execution_row(one) for one in shown], "nextPageCursor": cursor}


def _orders(call: Call, orders: list[Order], time: Callable[[Order], int]) -> Row:
    """`time` is what the orders are sorted by."""
    shown, cursor = page(orders, call, default=20, most=50, place=lambda order: (time(order), order.id))
    rows = [order_row(order, call.venue.market_of(order).contract) for order in shown]
    return {"category": call.category(), "list": rows, "nextPageCursor": cursor}


def _matching(call: Call, orders: Iterable[Order]) -> list[Order]:
    category, wanted = call.category(), _filters(call)
    return [
        order
        for order in orders
        if order.category == category and all(given in ("", has) for given, has in wanted(order))
    ]


def _filters(call: Call) -> Callable[[Order], tuple[tuple[str, str], ...]]:
    symbol, base, settle = call.text("symbol"), call.text("baseCoin"), call.text("settleCoin")
    order_id, link, kind = call.text("orderId"), call.text("orderLinkId"), call.text("orderFilter")

    def pairs(order: Order) -> tuple[tuple[str, str], ...]:
        rules = call.venue.market_of(order).contract.instrument
        return (
            (symbol, order.symbol),
            (base, rules.base),
            (settle, rules.quote),
            (order_id, order.id),
            ("" if order_id else link, order.link),
            (kind, _filter_of(order)),
        )

    return pairs


def _filter_of(order: Order) -> str:
    """An order whose trigger was reached is an active order while it is open."""
    is_active = order.is_open and not order.waits
    return "Order" if is_active else _FILTERS.get(order.stop_kind, "StopOrder")


def _is_wanted(call: Call, execution: Execution) -> bool:
    rules = call.venue.market_of(execution).contract.instrument
    order_id = call.text("orderId")
    pairs = (
        (call.text("symbol"), execution.symbol),
        (call.text("baseCoin"), rules.base),
        (order_id, execution.order_id),
        ("" if order_id else call.text("orderLinkId"), execution.order_link_id),
        (call.text("execType"), execution.type),
    )
    return all(given in ("", has) for given, has in pairs)


def _needs_scope(call: Call) -> None:
    scope = ("symbol", "baseCoin", "settleCoin", "orderId", "orderLinkId")
    if not any(call.text(name) for name in scope):
        raise Declined(PARAMETER, "symbol, baseCoin or settleCoin is missing")


def _open(call: Call) -> bool:
    given = call.text("openOnly")
    if given not in (*_OPEN_ONLY, "1", "2"):
        raise Declined(PARAMETER, "openOnly")
    return given in _OPEN_ONLY


def _window(call: Call) -> tuple[int, int]:
    """`startTime` to `endTime`: at most seven days, of which one may be missing; without both the last seven days."""
    start, end = call.time("startTime", -1), call.time("endTime", -1)
    if start < 0 and end < 0:
        return max(0, call.now - _SEVEN_DAYS), _LATEST
    if start < 0:
        start = end - _SEVEN_DAYS
    if end < 0:
        end = start + _SEVEN_DAYS
    if not 0 <= end - start <= _SEVEN_DAYS:
        raise Declined(PARAMETER, "startTime and endTime must be at most 7 days apart")
    return start, end
