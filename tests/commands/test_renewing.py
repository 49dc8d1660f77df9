"""What fills of an entry after its position was closed gets a stop again, or is closed; the rest of it is cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from commands.account import TripKillSwitch
from commands.bracket import bracket
from commands.exchange import Accepted, Cancelled, Rejected
from commands.flatness import left_over
from commands.identity import EXCHANGE
from commands.order import PlaceOrder
from commands.way_out import begin_close
from domain.closing import CloseReason
from domain.direction import Purpose, Side
from domain.log import Envelope
from domain.order import OrderCancelRequested, OrderPlaced, OrderStatus, OrderType
from domain.position import PositionClosing, PositionOpened
from domain.streams import order_stream, parse
from tests.commands.desk import Desk, a_fill_of, chain_of, folded, long, names, snapshot
from tests.domain.history import ACCOUNT, BTC, NOW, D, an_instrument, an_order

STOP, TARGET = D(98), D(106)


def partly_filled() -> tuple[Desk, str]:
    """A desk whose entry has filled 1, and waits for more, with its stop and target at the exchange."""
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    for leg in ("e1", "s1", "t1"):
        desk.tell(
            Accepted(order_id=f"{chain}-{leg}", at=NOW, fact=f"exchange:test:{leg}", venue_order_id=leg)
        )
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    return desk, chain


def gone(desk: Desk, order_id: str) -> list[Envelope]:
    return desk.tell(
        Cancelled(
            order_id=order_id, at=NOW, fact=f"exchange:test:{order_id}-gone", reason="CancelByTpSlTsClear"
        )
    )


def closed_by_target() -> tuple[Desk, str]:
    desk, chain = partly_filled()
    desk.tell(a_fill_of(f"{chain}-t1", "x2", D(1), TARGET))
    return desk, chain


def legs_ended() -> tuple[Desk, str]:
    desk, chain = closed_by_target()
    gone(desk, f"{chain}-t1")
    gone(desk, f"{chain}-s1")
    return desk, chain


def placed(envelopes: list[Envelope]) -> Mapping[str, OrderPlaced]:
    return {parse(one.meta.stream).id: one.event for one in envelopes if isinstance(one.event, OrderPlaced)}


def status(desk: Desk, order_id: str) -> Any:
    return desk.world.state(order_stream(ACCOUNT, order_id)).status


def leaves_of(desk: Desk, chain: str) -> Any:
    entry = desk.world.state(order_stream(ACCOUNT, f"{chain}-e1"))
    return entry.terms.quantity - entry.filled


@pytest.mark.parametrize("leg", ["s1", "t1"])
def test_the_rest_of_an_entry_whose_position_was_closed_is_cancelled_in_the_same_unit(leg: str) -> None:
    desk, chain = partly_filled()
    followed = desk.tell(a_fill_of(f"{chain}-{leg}", "x2", D(1), STOP if leg == "s1" else TARGET))
    (asked,) = [one for one in followed if isinstance(one.event, OrderCancelRequested)]
    assert (parse(asked.meta.stream).id, asked.event) == (
        f"{chain}-e1",
        OrderCancelRequested("POSITION_CLOSED"),
    )
    assert (desk.exchange.letters[-1].kind, desk.exchange.letters[-1].about[0]) == ("cancel", f"{chain}-e1")


def a_waiting_entry(desk: Desk, order_id: str, stop: Decimal | None) -> None:
    """An entry of another plan, which waits at 95 with a stop of its own, or without one."""
    terms = an_order(type=OrderType.LIMIT, limit_price=D(95), quantity=D(5))
    rules = an_instrument(BTC)
    chain = order_id.partition("-")[0]
    legs = bracket(chain, order_id, terms, rules, stop, None)
    desk.ask(PlaceOrder(order_id, terms, rules), *legs, cause=f"command:{order_id}")
    desk.tell(Accepted(order_id=order_id, at=NOW, fact=f"exchange:test:{order_id}", venue_order_id=order_id))


@pytest.mark.parametrize(
    ("order_id", "stop", "is_cancelled"),
    [
        pytest.param("0123456789abc-e1", D(90), False, id="with a stop of its own"),
        pytest.param("0123456789abc-e1", None, True, id="covered by the position's stop"),
        pytest.param("theirs", None, False, id="adopted"),
    ],
)
def test_the_waiting_entry_of_another_plan_is_cancelled_only_where_it_relied_on_the_position(
    order_id: str, stop: Decimal | None, *, is_cancelled: bool
) -> None:
    desk, chain = partly_filled()
    a_waiting_entry(desk, order_id, stop)
    desk.tell(a_fill_of(f"{chain}-t1", "x2", D(1), TARGET))
    assert (status(desk, order_id) is OrderStatus.CANCEL_REQUESTED) is is_cancelled
    assert status(desk, f"{chain}-e1") is OrderStatus.CANCEL_REQUESTED


def test_the_new_stop_does_not_cover_what_a_waiting_entry_has_a_stop_of_its_own_for() -> None:
    desk, chain = legs_ended()
    a_waiting_entry(desk, "0123456789abc-e1", D(90))
    waiting = leaves_of(desk, chain)
    orders = placed(desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100))))
    assert orders[f"{chain}-s2"].quantity == waiting


def test_a_position_that_closes_with_a_filled_entry_leads_to_no_cancel() -> None:
    desk, chain = partly_filled()
    desk.tell(a_fill_of(f"{chain}-e1", "x2", leaves_of(desk, chain), D(100)))
    held = next(iter(desk.world.portfolio.positions.values())).state.quantity
    assert "OrderCancelRequested" not in names(desk.tell(a_fill_of(f"{chain}-t1", "x3", held, TARGET)))


def test_what_fills_before_the_cancel_gets_a_stop_and_a_target_again_in_the_same_unit() -> None:
    desk, chain = legs_ended()
    waiting = leaves_of(desk, chain)
    orders = placed(desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100))))
    assert list(orders) == [f"{chain}-s2", f"{chain}-t2"]
    stop, target = orders[f"{chain}-s2"], orders[f"{chain}-t2"]
    assert (stop.type, stop.side, stop.trigger_price, stop.quantity, stop.purpose) == (
        OrderType.STOP,
        Side.SELL,
        STOP,
        waiting,
        Purpose.STOP,
    )
    assert (target.limit_price, target.quantity) == (TARGET, D(2))
    assert stop.reduce_only
    assert target.reduce_only
    assert stop.parent is target.parent is None
    assert [letter.about for letter in desk.exchange.letters[-2:]] == [(f"{chain}-s2",), (f"{chain}-t2",)]
    assert snapshot(desk.world) == folded(desk.log)


def test_a_stop_that_covers_later_fills_is_placed_once() -> None:
    desk, chain = legs_ended()
    desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100)))
    assert placed(desk.tell(a_fill_of(f"{chain}-e1", "x4", D(1), D(100)))) == {}


def test_a_stop_whose_end_is_reported_after_the_fill_is_placed_again_then() -> None:
    desk, chain = closed_by_target()
    gone(desk, f"{chain}-t1")
    assert placed(desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100)))) == {}
    assert list(placed(gone(desk, f"{chain}-s1"))) == [f"{chain}-s2", f"{chain}-t2"]


@pytest.mark.parametrize("first", ["s1", "t1"])
def test_a_stop_and_a_target_whose_ends_are_reported_after_the_fill_are_placed_again_with_the_second_end(
    first: str,
) -> None:
    desk, chain = partly_filled()
    (held,) = desk.world.portfolio.positions.values()
    desk.ask(begin_close(held, CloseReason.PERSON, chain, f"{chain}-x"), cause="command:close")
    desk.tell(a_fill_of(f"{chain}-x1", "x2", D(1), D(100)))
    assert placed(desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100)))) == {}
    second = {"s1": "t1", "t1": "s1"}[first]
    assert placed(gone(desk, f"{chain}-{first}")) == {}
    assert list(placed(gone(desk, f"{chain}-{second}"))) == [f"{chain}-s2", f"{chain}-t2"]


def test_a_fill_after_the_end_of_its_entry_has_the_prices_of_its_stop_and_target() -> None:
    desk, chain = legs_ended()
    gone(desk, f"{chain}-e1")
    followed = desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100)))
    (opened,) = [one.event for one in followed if isinstance(one.event, PositionOpened)]
    assert (opened.stop, opened.target) == (STOP, TARGET)
    assert placed(followed)[f"{chain}-s2"].quantity == D(2)


def test_a_fill_beyond_the_stop_is_closed_at_the_market() -> None:
    desk, chain = legs_ended()
    followed = desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), STOP))
    (closing,) = [one.event for one in followed if isinstance(one.event, PositionClosing)]
    assert closing.reason is CloseReason.UNPROTECTED
    ((order_id, out),) = placed(followed).items()
    assert order_id.endswith("-x1")
    assert (out.type, out.side, out.quantity, out.reduce_only) == (OrderType.MARKET, Side.SELL, D(2), True)


def test_a_position_whose_new_stop_is_refused_is_closed_at_the_market() -> None:
    desk, chain = legs_ended()
    desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100)))
    refused = Rejected(
        order_id=f"{chain}-s2", at=NOW, fact="exchange:test:no", reason="110093: price is lower"
    )
    assert [one.quantity for one in placed(desk.tell(refused)).values()] == [D(2)]


def test_what_a_filled_stop_leaves_of_its_position_is_closed_at_the_market() -> None:
    desk, chain = partly_filled()
    whole = desk.world.state(order_stream(ACCOUNT, f"{chain}-s1")).terms.quantity
    overfill = a_fill_of(f"{chain}-e1", "x2", whole, D(100))
    desk.ask(overfill, cause=overfill.fact, actor=EXCHANGE)
    followed = desk.tell(a_fill_of(f"{chain}-s1", "x3", whole, STOP))
    assert [one.quantity for one in placed(followed).values()] == [D(1)]


def test_the_new_stop_ends_with_its_position() -> None:
    desk, chain = legs_ended()
    desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100)))
    desk.tell(a_fill_of(f"{chain}-t2", "x4", D(2), TARGET))
    assert status(desk, f"{chain}-s2") is OrderStatus.CANCEL_REQUESTED


def test_a_third_position_of_one_entry_has_the_next_ids() -> None:
    desk, chain = legs_ended()
    desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100)))
    desk.tell(a_fill_of(f"{chain}-t2", "x4", D(2), TARGET))
    gone(desk, f"{chain}-s2")
    orders = placed(desk.tell(a_fill_of(f"{chain}-e1", "x5", D(1), D(100))))
    assert list(orders) == [f"{chain}-s3", f"{chain}-t3"]


def test_a_fill_while_the_cancel_of_the_earlier_stop_is_under_way_gets_a_stop_of_its_own() -> None:
    desk, chain = legs_ended()
    desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100)))
    desk.tell(a_fill_of(f"{chain}-t2", "x4", D(2), TARGET))
    assert status(desk, f"{chain}-s2") is OrderStatus.CANCEL_REQUESTED
    orders = placed(desk.tell(a_fill_of(f"{chain}-e1", "x5", D(1), D(100))))
    assert list(orders) == [f"{chain}-s3", f"{chain}-t3"]
    assert placed(gone(desk, f"{chain}-s2")) == {}


def test_a_stop_that_the_exchange_ends_before_the_targets_fill_is_not_placed_again() -> None:
    desk, chain = partly_filled()
    assert names(gone(desk, f"{chain}-s1")) == ["OrderCancelled"]


def test_a_fill_while_the_kill_switch_is_tripped_is_closed_and_gets_no_stop() -> None:
    desk, chain = legs_ended()
    desk.ask(TripKillSwitch("enough"), cause="command:1")
    followed = desk.tell(a_fill_of(f"{chain}-e1", "x3", D(2), D(100)))
    assert [one.type for one in placed(followed).values()] == [OrderType.MARKET]


def test_the_legs_of_an_entry_that_ended_after_its_position_are_cancelled() -> None:
    desk, chain = closed_by_target()
    gone(desk, f"{chain}-e1")
    assert status(desk, f"{chain}-s1") is OrderStatus.CANCEL_REQUESTED


def test_the_legs_of_an_entry_that_ended_after_its_position_stay_while_the_kill_switch_is_tripped() -> None:
    desk, chain = partly_filled()
    desk.ask(TripKillSwitch("enough"), cause="command:1")
    desk.tell(a_fill_of(f"{chain}-t1", "x2", D(1), TARGET))
    assert names(gone(desk, f"{chain}-e1")) == ["OrderCancelled", "FundsReleased"]
    assert list(left_over(desk.world.portfolio)) == [f"{chain}-s1", f"{chain}-t1"]


def test_the_cancel_of_the_stop_of_a_reduced_position_doubles_no_protection() -> None:
    desk, chain = partly_filled()
    desk.tell(a_fill_of(f"{chain}-e1", "x2", leaves_of(desk, chain), D(100)))
    held = next(iter(desk.world.portfolio.positions.values())).state
    out = an_order(
        type=OrderType.MARKET,
        limit_price=None,
        side=Side.SELL,
        quantity=D(1),
        reduce_only=True,
        purpose=Purpose.MANUAL,
    )
    desk.ask(PlaceOrder(f"{chain}-x1", out, an_instrument(held.instrument)), cause="command:reduce")
    desk.tell(a_fill_of(f"{chain}-x1", "x3", D(1), D(101)))
    assert names(gone(desk, f"{chain}-s1")) == ["OrderCancelled"]
