"""A stop that ended without its position is placed again at a tick; beyond its price the position is closed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from commands.account import TripKillSwitch
from commands.exchange import Accepted, Cancelled, NotSent, Rejected, Triggered
from commands.inputs import Tick
from commands.instrument import ListInstrument
from commands.order import PlaceOrder
from commands.reconciliation import BeginReconciliation, RecordDiscrepancy, ResolveDiscrepancy, recorded
from commands.reprotecting import LASTED, MOST_IN_A_ROW
from domain.closing import CloseReason
from domain.direction import Purpose
from domain.market import KnownPrice
from domain.order import OrderPlaced, OrderStatus, OrderType
from domain.position import PositionClosing
from domain.reconciliation.differences import (
    AcceptedOrderNotFound,
    PositionUnknownToThem,
    StatusDiffers,
)
from domain.reconciliation.statement import StatedPosition
from domain.streams import order_stream
from tests.commands.desk import Desk, a_fill_of, chain_of, folded, long, names, snapshot
from tests.commands.test_renewing import STOP, TARGET, gone, placed
from tests.domain.history import ACCOUNT, BTC, NOW, D, an_instrument, an_order
from tests.domain.test_differences import an_order as a_stated


class Held:
    """A desk with a position of 50 at 100, whose stop at 98 and target at 106 rest at the exchange."""

    def __init__(self) -> None:
        self.desk = Desk().opened()
        self.opens()

    def opens(self) -> None:
        """Opens the position, which must not be open."""
        self.chain = chain_of(self.desk.see(long()))
        for leg in ("e1", "s1", "t1"):
            self.accepted(leg)
        self.fills("e1", self.terms("e1").quantity, D(100))

    def terms(self, leg: str) -> OrderPlaced:
        terms: OrderPlaced = self.desk.world.state(order_stream(ACCOUNT, f"{self.chain}-{leg}")).terms
        return terms

    def accepted(self, leg: str) -> None:
        name = f"{self.chain}-{leg}"
        self.desk.tell(Accepted(order_id=name, at=NOW, fact=f"exchange:test:{leg}", venue_order_id=leg))

    def fills(self, leg: str, quantity: Decimal, price: Decimal) -> list[str]:
        return names(self.desk.tell(a_fill_of(f"{self.chain}-{leg}", f"x-{leg}-{quantity}", quantity, price)))

    def gone(self, leg: str) -> list[str]:
        return names(gone(self.desk, f"{self.chain}-{leg}"))

    def ticks(self, seconds: float = 1) -> dict[str, OrderPlaced]:
        """Ticks once a second; returns the orders that were placed, by leg."""
        found: dict[str, OrderPlaced] = {}
        for _second in range(int(seconds)):
            self.desk.at += timedelta(seconds=1)
            found |= placed(self.desk.handle(Tick(self.desk.at)))
        return {name.removeprefix(f"{self.chain}-"): order for name, order in found.items()}

    def moves(self, price: Decimal) -> None:
        self.desk.driver.engine.market.take(KnownPrice(instrument=BTC, at=self.desk.at, price=price))

    @property
    def given_up(self) -> bool:
        return bool(self.desk.driver.engine.unprotected_for_good)

    @property
    def closing(self) -> list[CloseReason]:
        events = (one.event for one in self.desk.log.envelopes)
        return [one.reason for one in events if isinstance(one, PositionClosing)]


def test_a_stop_that_was_cancelled_at_the_exchange_is_placed_again_a_second_after_it_was_missed() -> None:
    held = Held()
    assert held.gone("s1") == ["OrderCancelled"]
    assert held.ticks() == {}
    orders = held.ticks()
    assert list(orders) == ["s2"], "the target still works"
    assert (orders["s2"].trigger_price, orders["s2"].quantity, orders["s2"].parent) == (STOP, D(50), None)
    assert orders["s2"].reduce_only
    assert held.desk.exchange.letters[-1].about == (f"{held.chain}-s2",)
    held.accepted("s2")
    assert held.ticks(30) == {}
    assert snapshot(held.desk.world) == folded(held.desk.log)


def test_a_stop_and_a_target_that_were_cancelled_are_both_placed_again() -> None:
    held = Held()
    held.gone("t1")
    held.gone("s1")
    orders = held.ticks(2)
    assert list(orders) == ["s2", "t2"]
    assert (orders["t2"].limit_price, orders["t2"].quantity) == (TARGET, D(50))


def test_a_cancelled_stop_whose_target_then_fills_is_not_placed_again() -> None:
    held = Held()
    held.gone("s1")
    held.ticks()
    held.fills("t1", D(50), TARGET)
    assert held.ticks(30) == {}


def test_a_stop_of_a_position_that_the_exchange_does_not_have_is_placed_again_once_that_is_resolved() -> None:
    held = Held()
    position = held.desk.world.portfolio.positions[BTC].state
    theirs = StatedPosition(instrument=BTC, direction=position.direction, quantity=D(50), entry_price=D(100))
    missing = recorded(PositionUnknownToThem(subject=BTC, ours=theirs))
    held.desk.ask(missing, cause="exchange:test:comparison")
    held.gone("s1")
    assert held.ticks(30) == {}
    resolved = ResolveDiscrepancy(missing.discrepancy_id, "the exchange has it after all")
    held.desk.ask(resolved, cause="command:resolve")
    assert list(held.ticks(30)) == ["s2"]


def unseen(held: Held, leg: str) -> RecordDiscrepancy:
    name = f"{held.chain}-{leg}"
    return recorded(AcceptedOrderNotFound(subject=name, ours=a_stated(name)))


def test_a_stop_that_the_exchange_does_not_state_is_not_placed_again_and_is_passed_by_a_close() -> None:
    held = Held()
    held.desk.ask(unseen(held, "s1"), cause="exchange:test:comparison")
    assert held.ticks(30) == {}, "it may work"
    held.moves(STOP)
    assert [order.type for order in held.ticks().values()] == [OrderType.MARKET]
    assert held.closing == [CloseReason.UNPROTECTED]


def test_no_stop_is_placed_beside_one_that_has_ended_here_and_works_at_the_exchange() -> None:
    held = Held()
    held.gone("s1")
    name = f"{held.chain}-s1"
    differs = recorded(StatusDiffers(subject=name, ours=OrderStatus.CANCELLED, theirs=a_stated(name)))
    held.desk.ask(differs, cause="exchange:test:comparison")
    assert held.ticks(30) == {}
    held.desk.ask(ResolveDiscrepancy(differs.discrepancy_id, "cancelled there"), cause="command:1")
    assert list(held.ticks(2)) == ["s2"]


def test_a_stop_that_the_exchange_states_again_is_left_alone_where_the_market_passes_it() -> None:
    held = Held()
    missing = unseen(held, "s1")
    held.desk.ask(missing, cause="exchange:test:comparison")
    held.ticks(5)
    held.desk.ask(ResolveDiscrepancy(missing.discrepancy_id, "seen"), cause="clock:seen")
    held.moves(STOP)
    assert (held.ticks(5), held.closing) == ({}, [])


def test_a_position_that_was_reduced_gets_one_stop_for_the_rest_and_no_second_target() -> None:
    held = Held()
    held.desk.ask(
        PlaceOrder(
            f"{held.chain}-x1",
            an_order(
                type=OrderType.MARKET,
                limit_price=None,
                side=held.terms("s1").side,
                quantity=D(20),
                reduce_only=True,
                purpose=Purpose.MANUAL,
                parent=None,
            ),
            an_instrument(BTC),
        ),
        cause="command:reduce",
    )
    held.fills("x1", D(20), D(101))
    assert held.gone("s1") == ["OrderCancelled"]
    orders = held.ticks(2)
    assert {leg: order.quantity for leg, order in orders.items()} == {"s2": D(30)}


def test_a_part_that_no_stop_covers_gets_a_stop_of_its_own() -> None:
    held = Held()
    smaller = an_order(
        type=OrderType.STOP,
        limit_price=None,
        trigger_price=STOP,
        side=held.terms("s1").side,
        quantity=D(20),
        reduce_only=True,
        purpose=Purpose.STOP,
        parent=None,
    )
    held.desk.ask(PlaceOrder(f"{held.chain}-s2", smaller, an_instrument(BTC)), cause="command:another")
    held.accepted("s2")
    held.gone("s1")
    assert {leg: one.quantity for leg, one in held.ticks(2).items()} == {"s3": D(30)}


def test_a_stop_that_is_cancelled_again_and_again_is_placed_a_bounded_number_of_times() -> None:
    held = Held()
    held.gone("s1")
    numbers = range(2, 2 + MOST_IN_A_ROW)
    for number in numbers:
        assert list(held.ticks(40)) == [f"s{number}"]
        held.accepted(f"s{number}")
        assert not held.given_up
        held.gone(f"s{number}")
    held.ticks()
    assert held.given_up, "it is known at once"
    assert held.ticks(600) == {}
    held.moves(STOP)
    held.ticks(2)
    assert held.closing == [CloseReason.UNPROTECTED], "the plan ends at the price of the stop"


def test_each_further_attempt_waits_longer() -> None:
    held = Held()
    held.gone("s1")
    held.ticks(2)
    held.accepted("s2")
    held.ticks()
    held.gone("s2")
    assert held.ticks(2) == {}
    assert list(held.ticks()) == ["s3"]


def test_a_stop_that_lasted_ends_the_row_of_attempts() -> None:
    held = Held()
    leg = "s1"
    for number in range(2, 2 + MOST_IN_A_ROW + 2):
        held.gone(leg)
        leg = f"s{number}"
        assert list(held.ticks(2)) == [leg]
        held.accepted(leg)
        held.ticks(LASTED.total_seconds() + 2)
    assert not held.given_up


def test_a_stop_that_could_not_be_sent_is_tried_again_and_closes_nothing() -> None:
    held = Held()
    held.gone("s1")
    for number in range(2, 2 + 2 * MOST_IN_A_ROW):
        assert list(held.ticks(40)) == [f"s{number}"]
        held.desk.tell(
            NotSent(
                order_id=f"{held.chain}-s{number}",
                at=NOW,
                fact=f"clock:{number}",
                reason="not sent: no connection",
            )
        )
    assert held.closing == []
    assert not held.given_up


def test_a_stop_that_the_exchange_refuses_is_followed_by_a_close() -> None:
    held = Held()
    held.gone("s1")
    held.ticks(2)
    held.desk.tell(
        Rejected(order_id=f"{held.chain}-s2", at=NOW, fact="exchange:test:no", reason="110093: too low")
    )
    assert held.closing == [CloseReason.UNPROTECTED]


def test_a_position_whose_stop_is_missing_is_closed_where_the_market_is_beyond_it() -> None:
    held = Held()
    held.gone("s1")
    held.moves(D("97.5"))
    assert [order.type for order in held.ticks(2).values()] == [OrderType.MARKET]
    assert held.closing == [CloseReason.UNPROTECTED]


def test_a_price_from_before_the_position_was_opened_closes_nothing() -> None:
    held = Held()
    held.desk.driver.engine.market.take(KnownPrice(instrument=BTC, at=NOW - timedelta(hours=1), price=D(97)))
    held.gone("s1")
    assert list(held.ticks(2)) == ["s2"]


def test_while_the_log_is_compared_a_stop_is_placed_again_later() -> None:
    held = Held()
    held.gone("s1")
    held.desk.ask(BeginReconciliation("a gap"), cause="clock:gap")
    assert held.ticks(10) == {}
    assert list(held.ticks(2)) == ["s2"]


def test_a_tripped_kill_switch_that_holds_positions_keeps_their_protection() -> None:
    held = Held()
    held.desk.ask(TripKillSwitch("enough"), cause="command:1")
    held.gone("s1")
    assert list(held.ticks(2)) == ["s2"]


def test_a_stop_with_an_unanswered_request_is_waited_for() -> None:
    held = Held()
    held.gone("s1")
    held.ticks(2)
    assert held.ticks(600) == {}, "the exchange has not answered the new stop"


def test_levels_that_the_rules_do_not_allow_any_more_are_rounded_towards_the_market() -> None:
    held = Held()
    held.desk.ask(ListInstrument(an_instrument(BTC, tick=D(5), lot=D(20))), cause="command:rules")
    held.gone("t1")
    held.gone("s1")
    orders = held.ticks(2)
    assert (orders["s2"].trigger_price, orders["s2"].quantity) == (D(100), D(60))
    assert (orders["t2"].limit_price, orders["t2"].quantity) == (D(105), D(40))


def test_the_position_of_a_persons_order_at_the_exchange_is_left_to_the_person() -> None:
    desk = Desk().opened()
    entry = an_order(type=OrderType.MARKET, limit_price=None, quantity=D(50))
    stop = an_order(
        type=OrderType.STOP,
        limit_price=None,
        trigger_price=STOP,
        side=entry.side.opposite,
        quantity=D(50),
        reduce_only=True,
        purpose=Purpose.STOP,
    )
    rules = an_instrument(BTC)
    desk.ask(PlaceOrder("theirs", entry, rules), PlaceOrder("their-stop", stop, rules), cause="command:1")
    desk.tell(a_fill_of("theirs", "x1", D(50), D(100)))
    desk.tell(Accepted(order_id="their-stop", at=NOW, fact="exchange:test:s", venue_order_id="s"))
    assert desk.world.portfolio.positions[BTC].state.stop == STOP
    gone(desk, "their-stop")
    for _second in range(30):
        desk.at += timedelta(seconds=1)
        assert placed(desk.handle(Tick(desk.at))) == {}


@pytest.mark.parametrize("together", [False, True], ids=["in two units", "in one unit"])
def test_a_stop_that_was_triggered_into_an_empty_book_is_followed_by_a_close_in_the_same_unit(
    *, together: bool
) -> None:
    held = Held()
    name = f"{held.chain}-s1"
    triggered = Triggered(order_id=name, at=NOW, fact="exchange:test:triggered", price=STOP)
    ended = Cancelled(order_id=name, at=NOW, fact="exchange:test:empty", reason="EC_NoImmediateQty")
    if together:
        held.desk.tell(triggered, ended)
    else:
        held.desk.tell(triggered)
        held.desk.tell(ended)
    assert held.closing == [CloseReason.UNPROTECTED]
    assert str(held.desk.exchange.letters[-1].about[0]).endswith("-x1")


def test_a_stop_that_rested_and_is_rejected_was_triggered_into_an_empty_book() -> None:
    held = Held()
    name = f"{held.chain}-s1"
    held.desk.tell(
        Rejected(order_id=name, at=NOW, fact="exchange:test:empty", reason="EC_NoImmediateQtyToFill")
    )
    assert held.closing == [CloseReason.UNPROTECTED]
