"""A person may cancel the entries of a grid and close its position, and change nothing else of it."""

from __future__ import annotations

import pytest

from commands.request import AmendOrder, CancelOrder, ClosePosition, MoveProtection, PlaceOrder, Request
from domain.grid import GridEnd
from domain.signal import GridEnded
from tests.commands.requests.asking import Asking, terms
from tests.commands.test_gridding import Gridded, a_close
from tests.domain.history import BTC, D

POSITION = f"{BTC}-LONG-1"


class Held:
    """A person beside a grid whose first level has filled."""

    def __init__(self) -> None:
        self.grid = Gridded()
        self.grid.fill("e1", 98)
        self.eve = Asking()
        self.eve.desk = self.grid.desk

    def order(self, leg: str) -> str:
        return f"{self.grid.chain}-{leg}"


@pytest.mark.parametrize("leg", ["e2", "s1", "t1"])
def test_an_order_of_a_grid_is_not_amended(leg: str) -> None:
    held = Held()
    declined = held.eve.declined(AmendOrder(order_id=held.order(leg), limit_price=D(95)))
    assert "belongs to a grid, whose orders were judged together" in declined


@pytest.mark.parametrize("leg", ["t1", "t2"])
def test_the_target_of_a_level_is_not_cancelled(leg: str) -> None:
    held = Held()
    declined = held.eve.declined(CancelOrder(held.order(leg), "no target"))
    assert "belongs to a grid, whose orders were judged together" in declined


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(MoveProtection(POSITION, D(93), None), id="move its stop"),
        pytest.param(PlaceOrder(terms(quantity=D(1), stop=None, target=None)), id="increase it"),
    ],
)
def test_the_position_of_an_ended_grid_is_neither_increased_nor_protected_otherwise(
    request_: Request,
) -> None:
    held = Held()
    held.grid.desk.handle(a_close(104, held.grid.desk))
    held.grid.end("e2")
    held.grid.end("e3")
    assert "belongs to a grid, whose levels have targets of their own" in held.eve.declined(request_)


def test_a_cancelled_entry_leaves_the_other_levels_of_its_grid() -> None:
    held = Held()
    assert held.eve.accepted(CancelOrder(held.order("e2"), "not this one")) == ["OrderCancelRequested"]
    held.grid.end("e2")
    assert held.grid.working() == {"e3"}
    assert held.grid.desk.world.portfolio.grids


def test_a_close_of_the_position_ends_its_grid_and_withdraws_its_entries() -> None:
    held = Held()
    assert "GridEnded" in held.eve.accepted(ClosePosition(POSITION, "enough"))
    ended = [one.event for one in held.grid.desk.recorded if isinstance(one.event, GridEnded)]
    assert ended == [GridEnded(GridEnd.CLOSED)]
    assert held.grid.working() == set()
