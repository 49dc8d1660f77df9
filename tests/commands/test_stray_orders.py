"""Which orders reduce a position that the exchange does not have, and the cancel that follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.order import CancelOrder
from commands.stray_orders import POSITION_GONE, cancels, is_gone, stray
from domain.direction import Direction
from domain.order import OrderAccepted, OrderCancelled, OrderCancelRequested, OrderEvent, OrderOutcomeUnknown
from domain.portfolio import Portfolio
from domain.reconciliation import Discrepancies, DiscrepancyFound
from domain.reconciliation.differences import (
    Difference,
    PositionQuantityDiffers,
    PositionSideDiffers,
    PositionUnknownToThem,
    PositionUnknownToUs,
)
from domain.reconciliation.statement import StatedPosition
from tests.commands.test_left_legs import a_plan, closed
from tests.domain.history import BTC, NOW, D, History, a_fill, a_stop, an_open_day, an_opening, an_order

LONG, SHORT = (StatedPosition(BTC, direction, D(10)) for direction in Direction)
CLOSED = PositionUnknownToThem(subject=BTC, ours=LONG)
FLIPPED = PositionSideDiffers(subject=BTC, ours=LONG, theirs=SHORT)
LEGS = ["abc-s1", "abc-t1"]


def found(history: History, *standing: Difference) -> list[str]:
    return list(stray(history.portfolio(), standing, NOW))


@pytest.mark.parametrize("difference", [CLOSED, FLIPPED], ids=["closed", "flipped"])
def test_the_legs_of_a_position_that_the_exchange_does_not_have_are_stray(difference: Difference) -> None:
    assert found(a_plan(), difference) == LEGS


def test_the_legs_of_a_position_that_the_exchange_has_with_another_quantity_are_kept() -> None:
    assert found(a_plan(), PositionQuantityDiffers(subject=BTC, ours=D(10), theirs=D(4))) == []


def test_of_a_closed_position_the_legs_beside_an_unknown_one_are_stray_unless_they_reduce_it() -> None:
    """One that they reduce may have no other stop."""
    history = closed(a_plan())
    assert found(history, PositionUnknownToUs(subject=BTC, theirs=SHORT)) == LEGS
    assert found(history, PositionUnknownToUs(subject=BTC, theirs=LONG)) == []


def test_a_difference_of_another_instrument_changes_nothing() -> None:
    assert found(a_plan(), PositionUnknownToThem(subject="ETHUSDT-LINEAR.BYBIT", ours=LONG)) == []


def test_the_legs_of_a_position_that_the_exchange_may_not_list_yet_are_kept() -> None:
    portfolio = a_plan().portfolio()
    opened = portfolio.positions[BTC].opened_at
    assert list(stray(portfolio, [CLOSED], opened)) == LEGS
    assert not stray(portfolio, [CLOSED], opened - timedelta(microseconds=1))


@pytest.mark.parametrize(
    "event", [OrderCancelRequested("x"), OrderOutcomeUnknown("timeout"), OrderCancelled("x")]
)
def test_a_leg_with_a_request_under_way_or_that_has_ended_is_not_stray(event: OrderEvent) -> None:
    assert found(a_plan().order("abc-s1", event), CLOSED) == ["abc-t1"]


def test_the_rest_of_an_entry_is_stray_before_its_legs() -> None:
    history = (
        an_open_day()
        .order("abc-e1", an_order(), OrderAccepted("v1"))
        .order("abc-s1", a_stop(), OrderAccepted("v2"))
    )
    assert found(history, CLOSED) == [], "an entry that waits, and the stop that waits for it, are left"
    history.order("abc-e1", a_fill(D(4))).position(an_opening(quantity=D(4), cost=D(400)))
    assert found(history, CLOSED) == ["abc-e1"]
    assert found(history.order("abc-e1", OrderCancelled("x")), CLOSED) == ["abc-s1"]


def test_stray_orders_are_cancelled_with_a_reason_of_their_own() -> None:
    made = cancels(LEGS, NOW)
    assert [one.command for one in made.asks] == [CancelOrder(one, POSITION_GONE) for one in LEGS]


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        (f"difference:PositionUnknownToThem:{BTC}:LONG:10", True),
        (f"difference:PositionSideDiffers:{BTC}:LONG 10:SHORT 10#2", True),
        (f"difference:PositionQuantityDiffers:{BTC}:-4", False),
        ("difference:PositionUnknownToThem:ETHUSDT-LINEAR.BYBIT:LONG:10", False),
    ],
)
def test_a_position_is_gone_while_a_discrepancy_that_states_it_is_unresolved(
    name: str, *, gone: bool
) -> None:
    found = {name: DiscrepancyFound(name, BTC, "it is gone")}
    assert is_gone(Discrepancies(frozenset({name}), found=found), BTC) is gone
    assert not is_gone(Discrepancies(frozenset({name})), BTC)
    assert not is_gone(Portfolio().discrepancies, BTC)
