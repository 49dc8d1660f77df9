"""An execution beyond its order is what the venue's filled quantity and position say it is."""

from __future__ import annotations

from typing import Any

import pytest

from domain.direction import Direction, Side
from domain.order import OrderStatus
from domain.reconciliation.comparing import differences
from domain.reconciliation.differences import (
    Difference,
    ExecutionBeyondOrder,
    ExecutionMissing,
    ExecutionOfUnknownOrder,
    FilledDiffers,
    OverfillMissing,
    PositionQuantityDiffers,
    PositionUnknownToUs,
    StatusDiffers,
    TermsDiffer,
)
from domain.reconciliation.statement import StatedExecution, StatedOrder, StatedPosition, Statement
from tests.domain.history import BTC, D
from tests.domain.test_differences import an_execution, an_order, kinds
from tests.replacing import replace

S = OrderStatus
WORKING = an_order("o")
ENDED = an_order("o", status=S.FILLED, filled=D(10))
MUCH = an_execution("x", "o", D(12))


def sides(
    our: StatedOrder,
    their: StatedOrder | None,
    *executions: StatedExecution,
    held: str = "0",
    there: str = "0",
) -> tuple[Statement, Statement]:
    """Ours, without an execution, and theirs; `held` and `there` are the quantities held long."""
    ours = Statement(orders={"o": our}, executions={}, positions=_long(held), balances={}, instruments={})
    orders = {} if their is None else {"o": their}
    listed = {one.execution_id: one for one in executions}
    return ours, replace(ours, orders=orders, executions=listed, positions=_long(there))


def _long(quantity: str) -> dict[str, StatedPosition]:
    return {BTC: StatedPosition(BTC, Direction.LONG, D(quantity))} if D(quantity) else {}


def a_sale(one: StatedExecution) -> StatedExecution:
    assert one.details is not None
    return replace(one, details=replace(one.details, side=Side.SELL))


def filled(total: int, **changed: Any) -> StatedOrder:
    return an_order("o", status=S.FILLED, filled=D(total), **changed)


@pytest.mark.parametrize(
    ("their", "held", "there", "stated"),
    [
        (filled(10), "10", "10", "the exchange states 10 of the order as filled"),
        (None, "10", "10", "the exchange does not state the order"),
        (
            filled(22),
            "10",
            "10",
            "the exchange states 22 of the order as filled, and a position without this execution",
        ),
    ],
    ids=["not in the order", "order not found", "not in the position"],
)
def test_an_execution_of_an_ended_order_that_no_statement_contains_is_beyond_it(
    their: StatedOrder | None, held: str, there: str, stated: str
) -> None:
    found = differences(*sides(ENDED, their, MUCH, held=held, there=there))
    assert kinds([one for one in found if not isinstance(one, FilledDiffers)]) == [ExecutionBeyondOrder]
    assert found[0].key == ("o", "x")
    assert found[0].found == f"execution x of 12 at 100 would fill 22 of an order for 10; {stated}"


def test_an_execution_beyond_a_working_order_is_not_taken_in_by_the_filled_quantity_of_another_part() -> None:
    part = an_order("o", status=S.PARTIALLY_FILLED, filled=D(10))
    found = differences(*sides(WORKING, part, MUCH, there="10"))
    assert kinds(found) == [ExecutionBeyondOrder, FilledDiffers, PositionUnknownToUs]


@pytest.mark.parametrize("our", [WORKING, ENDED], ids=["working", "ended"])
def test_an_overfill_that_order_and_position_contain_is_missing_here(our: StatedOrder) -> None:
    total = int(our.filled) + 12
    found = differences(*sides(our, filled(total), MUCH, held=str(our.filled), there=str(total)))
    assert kinds(found)[0] is OverfillMissing
    assert not any(isinstance(one, ExecutionBeyondOrder | ExecutionMissing) for one in found)


def test_an_overfill_is_missing_here_although_a_person_has_closed_a_part_of_the_position() -> None:
    sale = a_sale(an_execution("hand", "stranger", D(11)))
    found = differences(*sides(ENDED, filled(22), MUCH, sale, held="10", there="11"))
    assert kinds(found)[:2] == [OverfillMissing, ExecutionOfUnknownOrder]


@pytest.mark.parametrize("status", [S.PARTIALLY_FILLED, S.FILLED, S.CANCELLED])
def test_a_working_order_that_somebody_has_enlarged_gets_its_terms_before_its_executions(
    status: OrderStatus,
) -> None:
    larger = an_order("o", status=status, quantity=D(24), filled=D(23))
    ours, theirs = sides(WORKING, larger, MUCH, an_execution("y", "o", D(11)), there="23")
    found = kinds(differences(ours, theirs))
    assert found.count(TermsDiffer) == 1
    assert not {ExecutionMissing, ExecutionBeyondOrder, OverfillMissing} & set(found)
    amended = replace(ours, orders={"o": an_order("o", quantity=D(24))})
    assert kinds(differences(amended, theirs))[:2] == [ExecutionMissing, ExecutionMissing]


@pytest.mark.parametrize("status", [S.PARTIALLY_FILLED, S.FILLED, S.CANCELLED])
def test_a_filled_order_that_reduces_and_has_grown_gets_its_terms_before_its_executions(
    status: OrderStatus,
) -> None:
    ours, theirs = sides(
        replace(ENDED, reduce_only=True),
        an_order("o", reduce_only=True, status=status, quantity=D(24), filled=D(22)),
        MUCH,
        held="10",
        there="22",
    )
    found = kinds(differences(ours, theirs))
    assert found.count(TermsDiffer) == 1
    assert not {ExecutionMissing, ExecutionBeyondOrder, OverfillMissing, StatusDiffers} & set(found)


def test_a_filled_order_that_reduces_and_is_open_there_differs_by_its_terms() -> None:
    grown = an_order("o", reduce_only=True, status=S.PARTIALLY_FILLED, quantity=D(24), filled=D(10))
    assert kinds(differences(*sides(replace(ENDED, reduce_only=True), grown))) == [TermsDiffer]


def test_an_execution_that_is_beyond_its_order_leaves_room_for_the_true_one() -> None:
    true = an_execution("true", "o", D(10))
    found = differences(*sides(WORKING, filled(10), MUCH, true, there="10"))
    assert kinds(found)[:2] == [ExecutionBeyondOrder, ExecutionMissing]
    assert found[1].key == ("true",)


def test_the_second_of_two_executions_that_fill_more_than_the_order_is_beyond_it() -> None:
    parts = [an_execution(name, "o", D(6)) for name in ("a", "b")]
    found: list[Difference] = list(differences(*sides(WORKING, filled(6), *parts, there="6")))
    assert kinds(found)[:2] == [ExecutionMissing, ExecutionBeyondOrder]
    assert found[1].key == ("o", "b")


def test_a_difference_of_the_position_for_another_reason_does_not_hide_an_overfill() -> None:
    found = differences(*sides(ENDED, filled(22), MUCH, held="10", there="21"))
    assert kinds(found) == [OverfillMissing, FilledDiffers, PositionQuantityDiffers]
