"""What happens at the venue, one line each, for a person who watches it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.simulated.server.faults import Fault
from adapters.simulated.server.numbers import exact
from adapters.simulated.venue.codes import Code
from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.order import Order, StopKind
from adapters.simulated.venue.outbox import Changes

_SHOWN = 8
_OF_A_POSITION = frozenset(StopKind) - {StopKind.NONE, StopKind.STOP, StopKind.SPOT_STOP}

Listener = Callable[[str, str], None]
"""Takes the kind of a notice and its text."""


class Notices:
    """Calls each of `listeners` with every notice: an order in a new state, a fill, a refusal, a fault that struck, an
    action.
    """

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    def changed(self, drained: Sequence[Changes]) -> None:
        """Orders and executions of the accounts."""
        if self.listeners:
            for changes in drained:
                for order in (*changes.triggered, *changes.orders.values()):
                    self.add("order", _order(order))
                for execution in changes.executions:
                    self.add("fill", _execution(execution))

    def refused(self, where: str, code: Code) -> None:
        """A request to a path, or an operation of the trade socket, was refused."""
        self.add("refused", f"{where} {code.number} {code.text}")

    def struck(self, where: str, number: int, fault: Fault) -> None:
        """A fault has struck a request or a push."""
        value = f" {fault.value}" if fault.value else ""
        self.add("fault", f"{number} {fault.kind}{value} struck {where}")

    def add(self, kind: str, text: str) -> None:
        for listener in self.listeners:
            listener(kind, text)


def _order(order: Order) -> str:
    request = order.request
    at = "" if order.is_market else f" at {exact(order.price)}"
    after = "" if order.trigger_price is None else f" from {exact(order.trigger_price)}"
    kind = order.stop_kind if order.stop_kind in _OF_A_POSITION else request.order_type
    what = f"{request.side} {kind} {exact(order.qty)}{at}{after}"
    return f"{order.symbol} {what} {order.status} {_name(order.link, order.id)}"


def _execution(one: Execution) -> str:
    kind = "" if one.type == "Trade" else f" {one.type}"
    name = _name(one.order_link_id, one.order_id)
    return f"{one.symbol} {one.side} {exact(one.qty)} at {exact(one.price)}{kind} {name}"


def _name(link: str, order_id: str) -> str:
    """The client's id, else the first characters of the order's own."""
    return link or order_id[:_SHOWN]
