"""Reports of executions that take their order beyond its quantity: they are not taken in, and a comparison begins.

The order may have been amended at the exchange, and the report of that be on its way; or the report is wrong. The
comparison takes the execution in where the exchange's other statements contain it
(`domain/reconciliation/missing_executions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from commands.exchange import Filled, OrderReport
from commands.order import decide
from commands.reconciliation import BeginReconciliation, subject_of, unnumbered
from commands.stimulus import Ask
from commands.world import World
from domain.order import Closed, OrderOverfilled, Working, evolve
from domain.reconciliation.differences import ExecutionBeyondOrder
from domain.streams import order_stream


def held_back(
    report: OrderReport, before: Sequence[Ask], world: World, account: str
) -> BeginReconciliation | None:
    """The command in place of an execution beyond its order, after the reports `before` it; None for another report.

    Raises InvalidInput for an execution without a valid quantity or price.
    """
    state = world.state(order_stream(account, report.order_id))
    if not isinstance(report, Filled) or not isinstance(state, Working | Closed):
        return None
    for one in before:
        if isinstance(one.command, OrderReport) and one.command.order_id == report.order_id:
            for event in decide(one.command, state):
                state = evolve(state, event)
    excess = [event.excess for event in decide(report, state) if isinstance(event, OrderOverfilled)]
    if not excess:
        return None
    return BeginReconciliation(
        f"execution {report.execution_id} of {report.quantity} at {report.price} is {excess[0]} beyond the order "
        f"{report.order_id} as the log knows it"
    )


def is_taken_in(discrepancy_id: str, state: Callable[[str], object]) -> bool:
    """Whether it is a discrepancy of an execution beyond its order that the log holds by now.

    `state` returns the state of an order by its id.
    """
    order_id = subject_of(discrepancy_id, ExecutionBeyondOrder)
    order = None if order_id is None else state(order_id)
    if not isinstance(order, Working | Closed):
        return False
    begin = f"difference:{ExecutionBeyondOrder.__name__}:{order_id}:"
    return unnumbered(discrepancy_id).removeprefix(begin) in order.executions
