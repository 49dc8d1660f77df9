"""Reports of executions that contradict their order: they are not taken in, and a comparison begins.

One of another side or instrument than its order's cannot be an execution of it. One that takes its order beyond its
quantity, or is worse than its limit, may be: the order may have been amended at the exchange, and the report of that be
on its way. So may one that reduces more than the log's position has: an earlier execution may be on its way. The
comparison takes the execution in where the exchange's other statements contain it
(`domain/reconciliation/missing_executions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, cast, get_args

from commands.beyond_position import beyond_position
from commands.exchange import Accepted, Filled, OrderReport, Submitted, Triggered
from commands.impossible_prices import impossible_price
from commands.order import check_execution, decide
from commands.reconciliation import BeginReconciliation, subject_of, unnumbered
from commands.stimulus import Ask
from commands.world import World
from domain.arithmetic import EXACT, ZERO
from domain.order import PLACED, Closed, OrderOverfilled, OrderPlaced, OrderState, Unplaced, Working, evolve
from domain.reconciliation.differences import ExecutionBeyondOrder, ExecutionMistaken
from domain.streams import order_stream

_CONTRADICTIONS = (ExecutionBeyondOrder, ExecutionMistaken)
_REPORTS: Final = frozenset(get_args(OrderReport))
_WORKS: Final = frozenset({Submitted, Accepted, Triggered})


def held_back(
    report: OrderReport, before: Sequence[Ask], world: World, account: str, prices: Mapping[str, Decimal]
) -> BeginReconciliation | None:
    """The command in place of an execution that contradicts its order, after the reports `before` it; None for another
    report, and for one of an execution that the order has already. `prices` are the last ones by instrument.

    Raises InvalidInput for an execution without a valid quantity or price.
    """
    if not isinstance(report, Filled):
        return None
    state = world.state(order_stream(account, report.order_id))
    if not isinstance(state, PLACED):
        return None
    if report.execution_id in state.executions:
        return None
    if named := _of_another_order(report, state.terms):
        return BeginReconciliation(named)
    state = _after(before, report.order_id, state)
    if named := impossible_price(report, state.terms, prices.get(state.terms.instrument)):
        return BeginReconciliation(named)
    check_execution(report)
    if (excess := _excess(report, state)) > 0:
        return BeginReconciliation(
            f"execution {report.execution_id} of {report.quantity} at {report.price} is {excess} beyond the order "
            f"{report.order_id} as the log knows it"
        )
    earlier = [one.command for one in before if isinstance(one.command, Filled)]
    named = beyond_position(report, state.terms, earlier, world, account)
    return BeginReconciliation(named) if named else None


def _after(before: Sequence[Ask], order_id: str, state: Working | Closed) -> Working | Closed:
    """The state of the order after those of the reports that are of it.

    Reports that the order works, as most entries have one before their execution, change neither its terms nor what is
    filled, unless others are among them.
    """
    reports = [cast("OrderReport", one.command) for one in before if type(one.command) in _REPORTS]
    own = [one for one in reports if one.order_id == order_id]
    if all(type(one) in _WORKS for one in own):
        return state
    after: OrderState = state
    for command in own:
        for event in decide(command, after):
            after = evolve(after, event)
    assert not isinstance(after, Unplaced)
    return after


def _excess(report: Filled, state: Working | Closed) -> Decimal:
    """By how much the execution raises the quantity that is filled beyond the ordered one, in base currency."""
    if EXACT.add(state.filled, report.quantity) <= state.terms.quantity:
        return ZERO
    return next((event.excess for event in decide(report, state) if isinstance(event, OrderOverfilled)), ZERO)


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
    if not isinstance(order, PLACED):
        return False
    begins = (f"difference:{kind.__name__}:{order_id}:" for kind in _CONTRADICTIONS)
    name = unnumbered(discrepancy_id)
    return any(name.removeprefix(begin) in order.executions for begin in begins)
