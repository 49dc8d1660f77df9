"""Differences: equal statements have none, one change gives one difference of its kind, and sequence has no effect."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.reconciliation import recorded
from domain.arithmetic import ONE
from domain.direction import Direction, Side
from domain.log import chain_id
from domain.order import CLOSED, Liquidity, OrderStatus, OrderType
from domain.reconciliation.comparing import differences
from domain.reconciliation.differences import (
    AcceptedOrderNotFound,
    BalanceDiffers,
    Difference,
    ExecutionBeyondOrder,
    ExecutionMissing,
    ExecutionMistaken,
    ExecutionOfUnknownOrder,
    ExecutionUnknownToThem,
    FilledDiffers,
    InstrumentUnknownToThem,
    OrderAmendedOutside,
    OrderMistaken,
    OrderOfAnotherLog,
    OrderUnknownToThem,
    OrderUnknownToUs,
    OverfillMissing,
    PositionQuantityDiffers,
    PositionSideDiffers,
    PositionUnknownToThem,
    PositionUnknownToUs,
    ProtectiveStopMissing,
    RulesDiffer,
    StatusDiffers,
    TermsDiffer,
    TradingTermsDiffer,
    WaitingLegEnded,
)
from domain.reconciliation.statement import StatedExecution, StatedOrder, StatedPosition, Statement
from domain.venue import Execution
from tests.domain.history import ACCOUNT, BTC, ETH, NOW, D, an_instrument
from tests.replacing import replace

S = OrderStatus
SOL = "SOLUSDT-LINEAR.BYBIT"
AT_VENUE = (S.ACCEPTED, S.TRIGGERED, S.PARTIALLY_FILLED, S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED)
OPEN = tuple(status for status in AT_VENUE if status not in CLOSED)
quantities = st.integers(1, 5000).map(lambda lots: lots * D("0.001"))
prices = st.integers(1, 9999).map(lambda ticks: ticks * D("0.1"))
_V = TypeVar("_V")


def an_execution(
    execution_id: str, order_id: str | None, quantity: Decimal = ONE, instrument: str = BTC
) -> StatedExecution:
    details = Execution(
        execution_id=execution_id,
        order_id=order_id,
        venue_order_id="v",
        instrument=instrument,
        side=Side.BUY,
        price=D(100),
        quantity=quantity,
        fee=D("0.05"),
        fee_currency="USDT",
        liquidity=Liquidity.TAKER,
        at=NOW + timedelta(seconds=1),
    )
    return StatedExecution(execution_id, order_id, details)


def _of(statement: Statement, order_id: str, quantity: Decimal = ONE) -> StatedExecution:
    """A new execution of the order."""
    order, made = statement.orders[order_id], an_execution("new", order_id, quantity)
    assert made.details is not None
    return replace(made, details=replace(made.details, side=order.side, instrument=order.instrument))


def _turned(one: StatedExecution) -> StatedExecution:
    assert one.details is not None
    return replace(one, details=replace(one.details, side=one.details.side.opposite))


def _elsewhere(one: StatedExecution) -> StatedExecution:
    assert one.details is not None
    return replace(one, details=replace(one.details, instrument=SOL))


def an_order(order_id: str, **changed: Any) -> StatedOrder:
    order = StatedOrder(
        order_id=order_id,
        venue_order_id=f"v-{order_id}",
        instrument=BTC,
        side=Side.BUY,
        type=OrderType.LIMIT,
        reduce_only=False,
        quantity=D(10),
        limit_price=D(100),
        trigger_price=None,
        status=S.ACCEPTED,
        filled=D(0),
        reason="",
    )
    return replace(order, **changed)


def a_stop(held: StatedPosition) -> StatedOrder:
    out = Side.SELL if held.direction is Direction.LONG else Side.BUY
    return an_order(
        "stop",
        instrument=held.instrument,
        side=out,
        type=OrderType.STOP,
        reduce_only=True,
        limit_price=None,
        trigger_price=D(95),
    )


@st.composite
def orders(draw: st.DrawFn, order_id: str, statuses: Sequence[OrderStatus] = AT_VENUE) -> StatedOrder:
    status, kind = draw(st.sampled_from(statuses)), draw(st.sampled_from(OrderType))
    quantity, part = draw(quantities), draw(st.integers(1, 9))
    filled = {S.FILLED: quantity, S.PARTIALLY_FILLED: quantity * part / 10}.get(status, D(0))
    return an_order(
        order_id,
        instrument=draw(st.sampled_from([BTC, ETH])),
        side=draw(st.sampled_from(Side)),
        type=kind,
        quantity=quantity,
        limit_price=draw(prices) if kind is OrderType.LIMIT else None,
        trigger_price=draw(prices) if kind is OrderType.STOP else None,
        status=status,
        filled=filled,
        reason="why" if status in CLOSED else "",
    )


positions = st.builds(StatedPosition, st.just(BTC), st.sampled_from(Direction), quantities)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """A venue's statement: a working entry, a position with its stop, and any other orders with their executions."""
    held = draw(positions)
    some = [draw(orders(f"o{n}")) for n in range(draw(st.integers(0, 4)))]
    known = [an_order("entry"), a_stop(held), draw(orders("open", OPEN)), *some]
    executions = [an_execution(f"x-{one.order_id}", one.order_id, one.filled) for one in known if one.filled]
    return Statement(
        orders={order.order_id: order for order in known},
        executions={one.execution_id: one for one in executions},
        positions={BTC: held},
        balances={"USDT": draw(st.decimals("0", "99999", places=8))},
        instruments={name: an_instrument(name) for name in (BTC, ETH)},
    )


def as_ours(statement: Statement) -> Statement:
    """The same statement in the form of our side, whose executions have no details."""
    bare = {key: StatedExecution(key, one.order_id) for key, one in statement.executions.items()}
    return replace(statement, executions=bare)


def kinds(found: Sequence[Difference]) -> list[type[Difference]]:
    return [type(one) for one in found]


@given(statements())
def test_equal_sides_have_no_difference(statement: Statement) -> None:
    assert differences(as_ours(statement), statement) == []


# -- one change at the venue


def _put(held: Mapping[str, _V], key: str, value: _V) -> dict[str, _V]:
    return {**held, key: value}


def _less(held: Mapping[str, _V], key: str) -> dict[str, _V]:
    return {other: value for other, value in held.items() if other != key}


def _order(statement: Statement, order_id: str, **changed: Any) -> Statement:
    changed_order = replace(statement.orders[order_id], **changed)
    return replace(statement, orders=_put(statement.orders, order_id, changed_order))


def _position(statement: Statement, **changed: Any) -> Statement:
    held = replace(statement.positions[BTC], **changed)
    return replace(statement, positions={BTC: held})


def _execution(statement: Statement, one: StatedExecution) -> Statement:
    return replace(statement, executions=_put(statement.executions, one.execution_id, one))


def _opposite(side: Direction) -> Direction:
    return Direction.SHORT if side is Direction.LONG else Direction.LONG


Draw = Callable[[st.SearchStrategy[Any]], Any]
Change = Callable[[Statement, Draw], Statement]

ANOTHER = f"{chain_id(UUID(int=1), ACCOUNT, 'candle:1')}-e1"
MORE = st.integers(1, 9).map(lambda n: D(n) / 1000)
CHANGES: Sequence[tuple[str, type[Difference], Change]] = [
    ("an order is gone", OrderUnknownToThem, lambda s, _: replace(s, orders=_less(s.orders, "entry"))),
    (
        "the exchange works an unknown order",
        OrderUnknownToUs,
        lambda s, draw: replace(s, orders=_put(s.orders, "theirs", draw(orders("theirs", OPEN)))),
    ),
    (
        "the exchange works an order of another log",
        OrderOfAnotherLog,
        lambda s, draw: replace(s, orders=_put(s.orders, ANOTHER, draw(orders(ANOTHER, OPEN)))),
    ),
    ("a stop is gone", ProtectiveStopMissing, lambda s, _: replace(s, orders=_less(s.orders, "stop"))),
    (
        "a stop has ended",
        ProtectiveStopMissing,
        lambda s, draw: _order(s, "stop", status=draw(st.sampled_from([S.CANCELLED, S.REJECTED, S.EXPIRED]))),
    ),
    ("the side differs", OrderMistaken, lambda s, _: _order(s, "entry", side=Side.SELL)),
    ("the instrument differs", OrderMistaken, lambda s, _: _order(s, "entry", instrument=ETH)),
    ("the type differs", OrderMistaken, lambda s, _: _order(s, "entry", type=OrderType.MARKET)),
    ("the reduce-only flag differs", OrderMistaken, lambda s, _: _order(s, "entry", reduce_only=True)),
    (
        "an order has ended",
        StatusDiffers,
        lambda s, draw: _order(s, "entry", status=draw(st.sampled_from(sorted(CLOSED - {S.DENIED})))),
    ),
    ("an order was triggered", StatusDiffers, lambda s, _: _order(s, "entry", status=S.TRIGGERED)),
    (
        "more is filled",
        FilledDiffers,
        lambda s, draw: _order(s, "entry", filled=draw(MORE)),
    ),
    ("the quantity differs", TermsDiffer, lambda s, draw: _order(s, "entry", quantity=D(10) + draw(MORE))),
    (
        "the limit differs",
        TermsDiffer,
        lambda s, draw: _order(s, "entry", limit_price=D(100) + draw(MORE)),
    ),
    (
        "the trigger differs",
        TermsDiffer,
        lambda s, draw: _order(s, "stop", trigger_price=D(95) - draw(MORE)),
    ),
    (
        "an order of ours traded",
        ExecutionMissing,
        lambda s, draw: _execution(s, _of(s, draw(st.sampled_from(["entry", "stop"])))),
    ),
    (
        "an order of ours traded more than it can",
        ExecutionBeyondOrder,
        lambda s, draw: _execution(s, _of(s, draw(st.sampled_from(sorted(s.orders))), D(100_000))),
    ),
    (
        "an order of ours traded on the other side",
        ExecutionMistaken,
        lambda s, draw: _execution(s, _turned(_of(s, draw(st.sampled_from(sorted(s.orders)))))),
    ),
    (
        "an order of ours traded in another instrument",
        ExecutionMistaken,
        lambda s, draw: _execution(s, _elsewhere(_of(s, draw(st.sampled_from(sorted(s.orders)))))),
    ),
    (
        "an unknown order traded",
        ExecutionOfUnknownOrder,
        lambda s, draw: _execution(s, an_execution("new", draw(st.sampled_from([None, "stranger"])))),
    ),
    (
        "another position is held",
        PositionUnknownToUs,
        lambda s, _: replace(s, positions=_put(s.positions, ETH, StatedPosition(ETH, Direction.LONG, D(1)))),
    ),
    ("a position is gone", PositionUnknownToThem, lambda s, _: replace(s, positions={})),
    (
        "a position has the other direction",
        PositionSideDiffers,
        lambda s, _: _position(s, direction=_opposite(s.positions[BTC].direction)),
    ),
    (
        "a position is larger",
        PositionQuantityDiffers,
        lambda s, draw: _position(s, quantity=s.positions[BTC].quantity + draw(MORE)),
    ),
    (
        "the balance differs",
        BalanceDiffers,
        lambda s, draw: replace(s, balances={"USDT": s.balances["USDT"] - draw(MORE)}),
    ),
    ("the balance is missing", BalanceDiffers, lambda s, _: replace(s, balances={})),
    (
        "the rules differ",
        RulesDiffer,
        lambda s, draw: replace(
            s, instruments=_put(s.instruments, ETH, replace(s.instruments[ETH], taker_fee=draw(MORE)))
        ),
    ),
    (
        "an instrument is delisted",
        InstrumentUnknownToThem,
        lambda s, _: replace(s, instruments=_less(s.instruments, BTC)),
    ),
]


@pytest.mark.parametrize(("kind", "change"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
@settings(max_examples=40)
@given(data=st.data())
def test_one_change_at_the_venue_is_one_difference_of_its_kind(
    data: st.DataObject, kind: type[Difference], change: Change
) -> None:
    statement = data.draw(statements())
    if "USDT" in statement.balances and not statement.balances["USDT"]:
        statement = replace(statement, balances={"USDT": D(7)})
    found = differences(as_ours(statement), change(statement, data.draw))
    assert kinds(found) == [kind]
    assert found[0].subject
    assert found[0].found


@given(statements())
def test_a_delisted_instrument_of_which_nothing_is_open_is_no_difference(statement: Statement) -> None:
    orders = {
        name: order
        for name, order in statement.orders.items()
        if order.instrument != ETH or not order.is_open
    }
    statement = replace(statement, orders=orders)
    gone = replace(statement, instruments=_less(statement.instruments, ETH))
    assert differences(as_ours(statement), gone) == differences(as_ours(statement), statement)


@given(statements(), st.data())
def test_an_execution_missing_from_the_venues_complete_list_is_a_difference(
    statement: Statement, data: st.DataObject
) -> None:
    order_id = data.draw(st.sampled_from(sorted(statement.orders)))
    our = as_ours(statement)
    our = replace(our, executions=_put(our.executions, "only ours", StatedExecution("only ours", order_id)))
    assert kinds(differences(our, statement)) == [ExecutionUnknownToThem]


def test_an_execution_missing_from_the_venues_incomplete_list_is_no_difference() -> None:
    order = an_order("o", filled=D(2), status=S.PARTIALLY_FILLED)
    their = Statement(orders={"o": order}, executions={}, positions={}, balances={}, instruments={})
    our = replace(their, executions={"x": StatedExecution("x", "o")})
    assert differences(our, their) == []


def test_the_table_of_changes_covers_every_kind_of_difference() -> None:
    """Terms of trading are in no statement (`tests/commands/test_venue_terms.py`).

    An overfill is several changes (`tests/domain/test_missing_executions.py`).
    """
    elsewhere = {
        AcceptedOrderNotFound,
        ExecutionUnknownToThem,
        OrderAmendedOutside,
        OverfillMissing,
        TradingTermsDiffer,
        WaitingLegEnded,
    }
    assert {kind for _, kind, _ in CHANGES} | elsewhere == set(Difference.__subclasses__())


# -- differences of orders, and what counts as equal


@given(statements(), st.sampled_from(["entry", "stop"]))
def test_an_accepted_order_that_the_venue_does_not_state_is_neither_rejected_nor_a_missing_stop(
    statement: Statement, name: str
) -> None:
    accepted = replace(
        statement, orders={one: replace(o, was_accepted=True) for one, o in statement.orders.items()}
    )
    their = replace(statement, orders=_less(statement.orders, name))
    (found,) = differences(as_ours(accepted), their)
    assert isinstance(found, AcceptedOrderNotFound)
    assert found.key == (name,)
    assert found.found.startswith("the exchange accepted ")


LONG_HELD = StatedPosition(BTC, Direction.LONG, ONE)
SHORT_HELD = StatedPosition(BTC, Direction.SHORT, ONE)
WAITING = replace(a_stop(LONG_HELD), venue_order_id="", parent="entry", was_accepted=True)
EMPTY = Statement(orders={}, executions={}, positions={}, balances={}, instruments={})


@pytest.mark.parametrize(
    ("leg", "ours", "theirs", "kind"),
    [
        (WAITING, (), (), WaitingLegEnded),
        (WAITING, (SHORT_HELD,), (SHORT_HELD,), WaitingLegEnded),
        (WAITING, (LONG_HELD,), (LONG_HELD,), AcceptedOrderNotFound),
        (WAITING, (LONG_HELD,), (), AcceptedOrderNotFound),
        (WAITING, (), (LONG_HELD,), AcceptedOrderNotFound),
        (replace(WAITING, venue_order_id="v"), (), (), AcceptedOrderNotFound),
        (replace(WAITING, parent=None), (), (), AcceptedOrderNotFound),
    ],
    ids=["flat", "turned", "held", "held here", "held there", "with an id of the venue", "without an entry"],
)
def test_a_leg_that_waited_with_its_entry_has_ended_where_neither_side_has_a_position_for_it(
    leg: StatedOrder,
    ours: Sequence[StatedPosition],
    theirs: Sequence[StatedPosition],
    kind: type[Difference],
) -> None:
    our = replace(EMPTY, orders={"stop": leg}, positions={one.instrument: one for one in ours})
    their = replace(EMPTY, positions={one.instrument: one for one in theirs})
    assert [type(one) for one in differences(our, their) if one.subject == "stop"] == [kind]


@pytest.mark.parametrize("under_way", [(), ("entry",)], ids=["at rest", "with a request under way"])
def test_a_leg_whose_entry_is_not_stated_there_and_may_still_fill_has_not_ended(
    under_way: Sequence[str],
) -> None:
    entry = an_order("entry", was_accepted=True)
    found = differences(replace(EMPTY, orders={"stop": WAITING, "entry": entry}), EMPTY, under_way=under_way)
    assert [type(one) for one in found if one.subject == "stop"] == [AcceptedOrderNotFound]


def test_a_leg_has_ended_with_its_entry_also_where_the_entrys_end_was_taken_in_during_the_comparison() -> (
    None
):
    found = differences(replace(EMPTY, orders={"stop": WAITING}), EMPTY, under_way=["entry"])
    assert kinds(found) == [WaitingLegEnded]


@pytest.mark.parametrize("leg", [WAITING, replace(WAITING, venue_order_id="v")], ids=["waits", "has an id"])
@pytest.mark.parametrize("held", [(), (LONG_HELD,)], ids=["flat", "held"])
def test_a_leg_without_a_position_waits_as_long_as_the_venue_works_its_entry(
    leg: StatedOrder, held: Sequence[StatedPosition]
) -> None:
    entry = an_order("entry", was_accepted=True)
    positions = {one.instrument: one for one in held}
    our = replace(EMPTY, orders={"stop": leg, "entry": entry}, positions=positions)
    their = replace(EMPTY, orders={"entry": entry}, positions=positions)
    waits = not held and not leg.venue_order_id
    assert kinds(differences(our, their)) == ([] if waits else [AcceptedOrderNotFound])


@pytest.mark.parametrize("status", [S.PLACED, S.SUBMITTED, S.OUTCOME_UNKNOWN])
def test_an_unconfirmed_status_here_differs_from_the_venues_status(status: OrderStatus) -> None:
    their = Statement(orders={"o": an_order("o")}, executions={}, positions={}, balances={}, instruments={})
    our = replace(their, orders={"o": an_order("o", status=status)})
    assert kinds(differences(our, their)) == [StatusDiffers]
    assert kinds(differences(our, replace(their, orders={}))) == [OrderUnknownToThem]


@pytest.mark.parametrize(
    ("our", "their"),
    [
        (an_order("o", status=S.TRIGGERED), an_order("o", status=S.PARTIALLY_FILLED)),
        (an_order("o", status=S.REJECTED), an_order("o", status=S.CANCELLED)),
        (an_order("o", status=S.CANCELLED, quantity=D(3)), an_order("o", status=S.CANCELLED)),
        (an_order("o", status=S.FILLED), None),
        (an_order("o", status=S.DENIED), None),
        (None, an_order("o", status=S.CANCELLED)),
    ],
)
def test_matching_statuses_and_differently_ended_orders_are_no_difference(
    our: StatedOrder | None, their: StatedOrder | None
) -> None:
    empty = Statement(orders={}, executions={}, positions={}, balances={}, instruments={})
    sides = [empty if one is None else replace(empty, orders={"o": one}) for one in (our, their)]
    assert differences(*sides) == []


@given(statements(), st.decimals("0", "1", places=6), st.booleans())
def test_balances_within_the_tolerance_are_equal(statement: Statement, off: Decimal, more: bool) -> None:
    moved = statement.balances["USDT"] + (off if more else -off)
    their = replace(statement, balances={"USDT": moved})
    assert differences(as_ours(statement), their, tolerance=off) == []
    assert len(differences(as_ours(statement), their, tolerance=off - D("1e-9"))) == 1


@given(statements())
def test_orders_with_a_request_under_way_are_not_compared(statement: Statement) -> None:
    their = replace(statement, orders={})
    assert differences(as_ours(statement), their, under_way=statement.orders.keys()) == []


@given(statements())
def test_a_lost_stop_is_an_unknown_order_where_the_venue_holds_the_other_direction(
    statement: Statement,
) -> None:
    turned = _position(statement, direction=_opposite(statement.positions[BTC].direction))
    their = replace(turned, orders=_less(turned.orders, "stop"))
    assert kinds(differences(as_ours(statement), their)) == [OrderUnknownToThem, PositionSideDiffers]


# -- symmetry and order


MIRRORED: Mapping[type[Difference], type[Difference]] = {
    OrderUnknownToUs: OrderUnknownToThem,
    OrderUnknownToThem: OrderUnknownToUs,
    PositionUnknownToUs: PositionUnknownToThem,
    PositionUnknownToThem: PositionUnknownToUs,
    **{
        kind: kind
        for kind in (
            OrderMistaken,
            StatusDiffers,
            FilledDiffers,
            TermsDiffer,
            PositionSideDiffers,
            PositionQuantityDiffers,
            BalanceDiffers,
            RulesDiffer,
        )
    },
}


@st.composite
def plain_statements(draw: st.DrawFn) -> Statement:
    """A statement without executions and protection, which either side can have."""
    names = draw(st.sets(st.sampled_from(["a", "b", "c", "d"])))
    held = draw(st.sets(st.sampled_from([BTC, ETH, SOL])))
    return Statement(
        orders={name: draw(orders(name)) for name in names},
        executions={},
        positions={name: replace(draw(positions), instrument=name) for name in held},
        balances={"USDT": draw(st.sampled_from([D(1), D(2)]))},
        instruments={BTC: an_instrument(BTC, tick=draw(st.sampled_from([D("0.1"), D("0.2")])))},
    )


@given(plain_statements(), plain_statements())
def test_swapped_sides_give_the_mirrored_differences(one: Statement, other: Statement) -> None:
    seen = Counter((MIRRORED[type(found)], found.subject) for found in differences(one, other))
    assert seen == Counter((type(found), found.subject) for found in differences(other, one))


@given(plain_statements(), plain_statements(), st.integers())
def test_the_order_of_orders_and_positions_does_not_matter(
    one: Statement, other: Statement, seed: int
) -> None:
    def shuffled(statement: Statement) -> Statement:
        return replace(
            statement, **{name: _shuffled(getattr(statement, name), seed) for name in ("orders", "positions")}
        )

    assert differences(shuffled(one), shuffled(other)) == differences(one, other)


def _shuffled(held: Mapping[str, _V], seed: int) -> dict[str, _V]:
    items = list(held.items())
    random.Random(seed).shuffle(items)
    return dict(items)


# -- the recorded discrepancy


@given(statements(), statements())
def test_each_difference_has_a_unique_id_that_repeats_when_it_is_found_again(
    one: Statement, other: Statement
) -> None:
    first = [recorded(found).discrepancy_id for found in differences(as_ours(one), other)]
    again = [recorded(found).discrepancy_id for found in differences(as_ours(one), other)]
    assert first == again
    assert len(set(first)) == len(first)


@given(quantities, quantities, quantities)
def test_an_unchanged_excess_is_the_same_discrepancy_at_any_quantity(
    held: Decimal, excess: Decimal, more: Decimal
) -> None:
    def found(quantity: Decimal) -> str:
        return recorded(
            PositionQuantityDiffers(subject=BTC, ours=quantity, theirs=quantity + excess)
        ).discrepancy_id

    assert found(held) == found(held + more)
    assert (
        found(held)
        != recorded(PositionQuantityDiffers(subject=BTC, ours=held, theirs=held + excess + 1)).discrepancy_id
    )


def test_a_recorded_discrepancy_names_kind_subject_and_both_sides() -> None:
    command = recorded(BalanceDiffers(subject="USDT", ours=D("10.50"), theirs=D(8)))
    assert (command.discrepancy_id, command.subject, command.found) == (
        "difference:BalanceDiffers:USDT:-2.5",
        "USDT",
        "BalanceDiffers: the balance is 10.50 here and 8 at the exchange",
    )
