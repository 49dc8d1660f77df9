"""A position that the exchange does not have is closed in the log at the price that a person states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

import commands.order
from commands.door import Completed
from commands.exchange import Cancelled
from commands.reconciliation import (
    BeginReconciliation,
    EndReconciliation,
    RecordDiscrepancy,
    ResolveDiscrepancy,
    recorded,
)
from commands.request import ClosePosition, PlaceOrder
from domain.direction import Direction, Purpose, Side
from domain.order import OrderFilled, OrderPlaced, OrderType
from domain.order_id import is_adopted_trade
from domain.position import PositionClosed
from domain.reconciliation import DiscrepancyResolved
from domain.reconciliation.differences import (
    Difference,
    ExecutionBeyondOrder,
    ExecutionOfUnknownOrder,
    FilledDiffers,
    PositionSideDiffers,
    PositionUnknownToThem,
)
from domain.reconciliation.statement import StatedPosition
from domain.streams import parse
from tests.commands.desk import long
from tests.commands.requests.asking import Asking, chain_of, terms
from tests.domain.history import BTC, D, a_stop
from tests.domain.test_differences import an_execution
from tests.domain.test_differences import an_order as stated_order
from tests.replacing import replace

LONG = StatedPosition(BTC, Direction.LONG, D(10))
SHORT = StatedPosition(BTC, Direction.SHORT, D(10))
MISSING = PositionUnknownToThem(subject=BTC, ours=LONG)
GONE = recorded(MISSING).discrepancy_id


def found(eve: Asking, difference: Difference = MISSING, number: str = "") -> str:
    one = recorded(difference)
    name = f"{one.discrepancy_id}{number}"
    eve.desk.ask(RecordDiscrepancy(name, one.subject, one.found), cause=f"exchange:test:{name}")
    return name


def holding() -> Asking:
    """A person's long of ten at 100 that the exchange does not have."""
    eve = Asking()
    eve.entered()
    found(eve)
    return eve


def closed_at(price: Decimal, name: str = GONE, transfer: Decimal | None = None) -> ResolveDiscrepancy:
    return ResolveDiscrepancy(name, "closed by hand", transfer, price)


def test_the_position_is_closed_in_one_unit_at_the_stated_price_and_nothing_is_sent_to_close_it() -> None:
    eve = holding()
    balance, sent = eve.desk.world.portfolio.account.balance, len(eve.desk.exchange.letters)
    followed = eve.accepted(closed_at(D("103.5")))
    assert followed == [
        "OrderPlaced", "OrderFilled", "PositionClosed", "BalanceChanged", "DiscrepancyResolved",
    ]  # fmt: skip
    assert len(eve.desk.exchange.letters) == sent
    portfolio = eve.desk.world.portfolio
    assert portfolio.account.balance == balance + 35
    assert (dict(portfolio.positions), portfolio.discrepancies.unresolved) == ({}, frozenset())
    placed, filled, closed, _, resolved = (one.event for one in eve.desk.log.envelopes[-5:])
    assert isinstance(placed, OrderPlaced)
    assert (placed.side, placed.reduce_only, placed.purpose) == (Side.SELL, True, Purpose.MANUAL)
    assert isinstance(filled, OrderFilled)
    assert (filled.price, filled.quantity, filled.fee) == (D("103.5"), D(10), D(0))
    assert isinstance(closed, PositionClosed)
    assert closed.reason is Purpose.MANUAL
    assert resolved == DiscrepancyResolved(GONE, "closed by hand")
    metas = [one.meta for one in eve.desk.log.envelopes[-5:]]
    assert [meta.actor for meta in metas] == ["eve", "eve", "engine", "engine", "eve"]
    assert is_adopted_trade(parse(metas[0].stream).id)


@pytest.mark.parametrize("fee", [D("0.7"), D("-0.2"), D(0)])
def test_the_fee_of_the_close_is_that_of_its_execution_and_in_the_result_of_the_position(
    fee: Decimal,
) -> None:
    eve = holding()
    balance = eve.desk.world.portfolio.account.balance
    eve.accepted(replace(closed_at(D("103.5")), fee=fee))
    filled, closed = (one.event for one in eve.desk.log.envelopes[-4:-2])
    assert isinstance(filled, OrderFilled)
    assert isinstance(closed, PositionClosed)
    assert filled.fee == closed.fees - _entry_fees(eve) == fee
    assert eve.desk.world.portfolio.account.balance == balance + 35 - fee


def _entry_fees(eve: Asking) -> Decimal:
    fills = [one.event for one in eve.desk.log.envelopes if isinstance(one.event, OrderFilled)]
    return sum((one.fee for one in fills[:-1]), D(0))


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (
            replace(closed_at(D(103)), fee=D(60)),
            "InvalidInput: fee 60 is more than 5% of the 1030 that was traded",
        ),
        (replace(closed_at(D(103)), fee=D(-60)), "InvalidInput: fee -60 is more than 5% of the 1030"),
        (
            replace(closed_at(D(103)), fee=D("1e-19")),
            "InvalidInput: fee of 1E-19 is above 1E+18 or finer than",
        ),
        (replace(closed_at(D(103)), fee=D("NaN")), "InvalidInput: fee of NaN is no sum of money"),
        (
            ResolveDiscrepancy(GONE, "closed by hand", fee=D(1)),
            "InvalidInput: a fee is that of a close: state it together with closedAt",
        ),
    ],
)
def test_a_fee_that_no_close_can_have_is_declined_and_the_position_stays(
    request_: ResolveDiscrepancy, sentence: str
) -> None:
    eve = holding()
    assert eve.declined(request_).startswith(sentence)
    assert eve.desk.world.portfolio.discrepancies.unresolved == {GONE}


def test_a_price_for_a_position_that_was_closed_at_another_one_is_declined() -> None:
    eve = holding()
    eve.accepted(closed_at(D(103)))
    assert eve.declined(closed_at(D(104))) == (
        f"Refused: {GONE} is resolved already: closedAt changes nothing"
    )


def test_a_repeated_request_gets_the_first_answer_and_closes_nothing_again() -> None:
    eve = holding()
    first = eve.ask(closed_at(D(103)), "once")
    assert isinstance(first, Completed)
    head = eve.desk.log.head()
    assert eve.ask(closed_at(D("103.0")), "once") == Completed("once", first.events, repeated=True)
    assert "was used for another request" in eve.declined(closed_at(D(104)), "once")
    assert eve.desk.log.head() == head


def test_the_next_position_that_is_gone_is_closed_under_ids_of_its_own() -> None:
    eve = holding()
    eve.accepted(closed_at(D(103)))
    eve.entered(key="again")
    name = found(eve, number="#2")
    assert "PositionClosed" in eve.accepted(closed_at(D(99), name))
    assert not eve.desk.world.portfolio.positions


def test_a_stop_that_belongs_to_no_entry_is_cancelled_as_at_any_close() -> None:
    eve = Asking()
    eve.entered(terms(stop=None, target=None))
    stop = "a-stop-of-its-own"
    eve.desk.ask(commands.order.PlaceOrder(stop, a_stop(parent=None), rules=None), cause="exchange:test:stop")
    eve.rests(stop)
    found(eve)
    assert "OrderCancelRequested" in eve.accepted(closed_at(D(103)))
    assert [(one.kind, one.about) for one in eve.desk.exchange.letters[-1:]] == [("cancel", (stop,))]


def test_orders_of_people_that_rest_to_reduce_the_position_are_cancelled() -> None:
    eve = Asking()
    eve.entered()
    resting = terms(
        side=Side.SELL,
        type=OrderType.LIMIT,
        quantity=D(4),
        limit_price=D(120),
        reduce_only=True,
        stop=None,
        target=None,
    )
    eve.accepted(PlaceOrder(resting), "out")
    (mine,) = (one for one in eve.exits() if one.startswith(chain_of("out")))
    eve.rests(mine)
    found(eve)
    assert eve.accepted(closed_at(D(103)))[0] == "OrderCancelRequested"
    assert eve.desk.exchange.letters[-1].about == (mine,)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (closed_at(D(0)), "InvalidInput: closedAt 0 must be a positive, finite number"),
        (closed_at(D(-1)), "InvalidInput: closedAt -1 must be a positive, finite number"),
        (closed_at(D("NaN")), "InvalidInput: closedAt NaN must be a positive, finite number"),
        (closed_at(D("Infinity")), "InvalidInput: closedAt Infinity must be a positive, finite number"),
        (closed_at(D("1e-19")), "InvalidInput: closedAt of 1E-19 is above 1E+18 or finer than 1E-18"),
        (closed_at(D("10.3")), "Refused: closedAt 10.3 is far from every known price of"),
        (closed_at(D(1030)), "Refused: closedAt 1030 is far from every known price of"),
        (closed_at(D(103), transfer=D(5)), "Refused: closedAt and transfer explain different discrepancies"),
        (closed_at(D(103), "d-1"), "Refused: d-1 is no discrepancy of the kind PositionUnknownToThem"),
        (closed_at(D(103), f"{GONE}#2"), f"Refused: no discrepancy has the id {GONE}#2"),
    ],
)
def test_a_price_that_explains_nothing_is_declined_and_the_discrepancy_stays(
    request_: ResolveDiscrepancy, sentence: str
) -> None:
    eve = holding()
    eve.desk.ask(RecordDiscrepancy("d-1", BTC, "1 more"), cause="exchange:test:d-1")
    assert eve.declined(request_).startswith(sentence)
    assert eve.desk.world.portfolio.discrepancies.unresolved == {GONE, "d-1"}


def test_a_price_with_a_wrong_digit_is_declined_with_the_range_that_is_accepted() -> None:
    reason = holding().declined(closed_at(D(1030)))
    assert "(entry 100, last 100" in reason, reason
    assert "is a digit wrong? From 78.4 to 132.5 is accepted" in reason, reason


def executed(number: str, quantity: Decimal, price: Decimal, side: Side = Side.SELL) -> Difference:
    trade = an_execution(number, None, quantity).details
    assert trade is not None
    return ExecutionOfUnknownOrder(subject=BTC, theirs=replace(trade, price=price, side=side))


def test_a_price_off_the_executions_that_closed_the_position_is_declined_with_their_average() -> None:
    eve = holding()
    found(eve, executed("x1", D(4), D("104.5")))
    found(eve, executed("x2", D(6), D(102)))
    reason = eve.declined(closed_at(D("103.2")))
    assert "2 executions of unknown orders in" in reason, reason
    assert "closed exactly its quantity, at 103 on average" in reason, reason
    assert eve.desk.world.portfolio.positions
    assert "PositionClosed" in eve.accepted(closed_at(D("103.1")))


def test_a_close_far_from_every_known_price_is_recorded_where_its_execution_states_it() -> None:
    eve = holding()
    found(eve, executed("x1", D(10), D(40)))
    assert "PositionClosed" in eve.accepted(closed_at(D(40)))


@pytest.mark.parametrize(
    "others",
    [
        [executed("x1", D(4), D(102))],
        [executed("x1", D(10), D(102), Side.BUY)],
        [executed("x1", D(10), D(102)), executed("x2", D(1), D(102))],
    ],
    ids=["less", "other side", "more"],
)
def test_executions_that_do_not_close_exactly_the_position_do_not_decide_its_price(
    others: Sequence[Difference],
) -> None:
    eve = holding()
    for one in others:
        found(eve, one)
    assert "PositionClosed" in eve.accepted(closed_at(D(110)))


def test_a_resolved_execution_does_not_decide_the_price() -> None:
    eve = holding()
    eve.accepted(ResolveDiscrepancy(found(eve, executed("x1", D(10), D(102))), "of another position"))
    assert "PositionClosed" in eve.accepted(closed_at(D(110)))


def test_a_position_of_the_other_side_at_the_exchange_is_not_closed_by_a_price() -> None:
    eve = Asking()
    eve.entered()
    name = found(eve, PositionSideDiffers(subject=BTC, ours=LONG, theirs=SHORT))
    assert "is no discrepancy of the kind PositionUnknownToThem" in eve.declined(closed_at(D(103), name))
    assert eve.desk.world.portfolio.positions


@pytest.mark.parametrize(
    ("ours", "sentence"),
    [
        (SHORT, "the log holds LONG 10 in"),
        (StatedPosition(BTC, Direction.LONG, D(4)), "the log holds LONG 10"),
    ],
)
def test_a_position_that_is_not_the_one_of_the_discrepancy_any_more_stays(
    ours: StatedPosition, sentence: str
) -> None:
    eve = Asking()
    eve.entered()
    name = found(eve, PositionUnknownToThem(subject=BTC, ours=ours))
    assert sentence in eve.declined(closed_at(D(103), name))


def test_a_position_that_was_closed_in_the_meantime_is_not_closed_again() -> None:
    eve = Asking()
    name = found(eve)
    assert f"the log holds nothing in {BTC} now" in eve.declined(closed_at(D(103), name))


def test_a_position_waits_for_the_outcome_of_an_order_that_may_still_close_it() -> None:
    eve = Asking()
    eve.entered()
    eve.accepted(ClosePosition(f"{BTC}-LONG-1", "out"), "out")
    exit_ = f"{chain_of('out')}-x1"
    found(eve)
    assert f"{exit_} may have filled into {BTC}-LONG-1" in eve.declined(closed_at(D(103)))
    eve.rests(exit_)
    assert f"{exit_} may have filled into {BTC}-LONG-1" in eve.declined(closed_at(D(103))), (
        "it trades at once"
    )
    eve.desk.tell(Cancelled(order_id=exit_, at=eve.desk.at, fact="exchange:test:gone", reason="no position"))
    assert "PositionClosed" in eve.accepted(closed_at(D(103)))


def filled_there(stop: str) -> Difference:
    return FilledDiffers(subject=stop, ours=D(0), theirs=D(10))


def beyond_its_order(stop: str) -> Difference:
    execution = an_execution("x", stop, D(12)).details
    assert execution is not None
    order = stated_order(stop, quantity=D(10))
    return ExecutionBeyondOrder(subject=stop, ours=order, theirs=None, execution=execution, filled=D(12))


@pytest.mark.parametrize("difference", [filled_there, beyond_its_order])
def test_a_position_waits_for_the_executions_of_an_order_that_has_filled_at_the_exchange(
    difference: Callable[[str], Difference],
) -> None:
    eve = holding()
    stop = next(one for one in eve.exits() if one.endswith("-s1"))
    name = found(eve, difference(stop))
    assert f"{stop} may have filled into {BTC}-LONG-1" in eve.declined(closed_at(D(103)))
    eve.accepted(ResolveDiscrepancy(name, "looked at"))
    assert "PositionClosed" in eve.accepted(closed_at(D(103)))


def test_a_close_is_stated_after_a_comparison_that_is_under_way() -> None:
    eve = holding()
    eve.desk.ask(BeginReconciliation("a fill of an unknown order"), cause="exchange:test:begin")
    reason = eve.declined(closed_at(D(103)))
    assert "the log is being compared with the exchange (a fill of an unknown order)" in reason
    eve.desk.ask(EndReconciliation(0, 1), cause="exchange:test:end")
    assert "PositionClosed" in eve.accepted(closed_at(D(103)))


def test_entries_are_judged_again_afterwards() -> None:
    eve = holding()
    eve.accepted(closed_at(D(103)))
    assert "UNRESOLVED_DISCREPANCY" not in str(eve.desk.see(long())[1].event)
