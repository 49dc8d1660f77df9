"""Reports of executions that contradict their order: they are not taken in, and a comparison begins.

One of another side or instrument than its order's cannot be an execution of it. One that takes its order beyond its
quantity, or is worse than its limit, may be: the order may have been amended at the exchange, and the report of that be
on its way. The comparison takes the execution in where the exchange's other statements contain it
(`domain/reconciliation/missing_executions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from commands.exchange import Filled, OrderReport
from commands.impossible_prices import impossible_price
from commands.order import decide
from commands.reconciliation import BeginReconciliation, subject_of, unnumbered
from commands.stimulus import Ask
from commands.world import World
from domain.order import Closed, OrderOverfilled, OrderPlaced, Working, evolve
from domain.reconciliation.differences import ExecutionBeyondOrder, ExecutionMistaken
from domain.streams import order_stream

_CONTRADICTIONS = (ExecutionBeyondOrder, ExecutionMistaken)


def held_back(
    report: OrderReport, before: Sequence[Ask], world: World, account: str, prices: Mapping[str, Decimal]
) -> BeginReconciliation | None:
    """The command in place of an execution that contradicts its order, after the reports `before` it; None for another
    report, and for one of an execution that the order has already. `prices` are the last ones by instrument.

    Raises InvalidInput for an execution without a valid quantity or price.
    """
    state = world.state(order_stream(account, report.order_id))
    if not isinstance(report, Filled) or not isinstance(state, Working | Closed):
        return None
    if report.execution_id in state.executions:
        return None
    if named := _of_another_order(report, state.terms):
        return BeginReconciliation(named)
    for one in before:
        if isinstance(one.command, OrderReport) and one.command.order_id == report.order_id:
            for event in decide(one.command, state):
                state = evolve(state, event)
    assert isinstance(state, Working | Closed)
    if named := impossible_price(report, state.terms, prices.get(state.terms.instrument)):
        return BeginReconciliation(named)
    excess = [event.excess for event in decide(report, state) if isinstance(event, OrderOverfilled)]
    if not excess:
        return None
    return BeginReconciliation(
        f"execution {report.execution_id} of {report.quantity} at {report.price} is {excess[0]} beyond the order "
        f"{report.order_id} as the log knows it"
    )


def _of_another_order(report: Filled, terms: OrderPlaced) -> str:
    """Why it cannot be an execution of the order: its side or instrument; empty where it can."""
    side, instrument = report.side or terms.side, report.instrument or terms.instrument
    if (side, instrument) == (terms.side, terms.instrument):
        return ""
    return (
        f"execution {report.execution_id} is {side} {instrument}, and its order {report.order_id} is {terms.side} "
        f"{terms.instrument}"
    )


def is_taken_in(discrepancy_id: str, state: Callable[[str], object]) -> bool:
    """Whether it is a discrepancy of an execution that contradicted its order, and that the log holds by now.

    `state` returns the state of an order by its id.
    """
    order_id = subject_of(discrepancy_id, *_CONTRADICTIONS)
    order = None if order_id is None else state(order_id)
    if not isinstance(order, Working | Closed):
        return False
    begins = (f"difference:{kind.__name__}:{order_id}:" for kind in _CONTRADICTIONS)
    name = unnumbered(discrepancy_id)
    return any(name.removeprefix(begin) in order.executions for begin in begins)
