"""Nothing is sent for a position that the exchange does not have; the refusal states what resolves the discrepancy."""

from __future__ import annotations

import pytest

from commands.exchange import AnyReport, Cancelled
from commands.reconciliation import ResolveDiscrepancy
from commands.request import AmendOrder, ClosePosition, MoveProtection, PlaceOrder, Request
from domain.direction import Side
from domain.order import OrderType
from domain.reconciliation.differences import PositionSideDiffers
from tests.commands.requests.asking import Asking, terms
from tests.commands.requests.test_outside_close import GONE, LONG, SHORT, found, holding
from tests.domain.history import BTC, D

POSITION = f"{BTC}-LONG-1"
MOVE = MoveProtection(POSITION, stop=D(97))
REDUCE = PlaceOrder(
    terms(
        side=Side.SELL,
        type=OrderType.LIMIT,
        quantity=D(1),
        limit_price=D(105),
        reduce_only=True,
        stop=None,
        target=None,
    )
)
REQUESTS: dict[str, Request] = {
    "a close": ClosePosition(POSITION, "out"),
    "a moved stop": MOVE,
    "a moved target": MoveProtection(POSITION, target=D(107)),
    "a reduction": REDUCE,
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_request_for_a_position_that_the_exchange_does_not_have_is_refused(request_: Request) -> None:
    eve = holding()
    reason = eve.declined(request_)
    assert f"the exchange does not have {POSITION} ({GONE}): " in reason
    assert "resolveDiscrepancy with closedAt" in reason


def test_an_amendment_of_its_stop_or_target_is_refused_too() -> None:
    eve = holding()
    stop, target = sorted(eve.exits())
    for amendment in (
        AmendOrder(order_id=stop, trigger_price=D(97)),
        AmendOrder(order_id=target, limit_price=D(107)),
    ):
        assert "the exchange does not have" in eve.declined(amendment)


def test_a_missing_stop_is_not_placed_by_a_request_while_the_position_is_gone() -> None:
    eve = holding()
    ends = [_ended(one, eve) for one in eve.exits()]
    eve.desk.tell(*ends)
    sent = len(eve.desk.exchange.letters)
    assert "the exchange does not have" in eve.declined(MOVE)
    assert len(eve.desk.exchange.letters) == sent


def _ended(order_id: str, eve: Asking) -> AnyReport:
    return Cancelled(
        order_id=order_id, at=eve.desk.at, fact=f"exchange:test:{order_id}-c", reason="CancelByReduceOnly"
    )


def test_a_position_on_the_other_side_at_the_exchange_is_gone_too() -> None:
    eve = Asking()
    eve.entered()
    name = found(eve, PositionSideDiffers(subject=BTC, ours=LONG, theirs=SHORT))
    assert f"({name})" in eve.declined(MOVE)


def test_a_stop_is_moved_once_the_discrepancy_is_resolved() -> None:
    eve = holding()
    eve.desk.ask(ResolveDiscrepancy(GONE, "it is there again"), cause="exchange:test:back")
    assert eve.accepted(MOVE) == ["OrderAmendRequested"]
