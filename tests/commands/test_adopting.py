"""Which differences are adopted: what explains the exchange's figures exactly, and nothing of another log."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import pytest

from commands.account import ReserveFunds
from commands.adopting import Adoption, Found, adoption
from commands.exchange import Accepted, Filled
from commands.order import PlaceOrder
from commands.reconciliation import EndDiscrepancy, RecordDiscrepancy, ResolveDiscrepancy, recorded
from domain.direction import Direction, Purpose, Side
from domain.log import chain_id
from domain.order import OrderPlaced, OrderType
from domain.portfolio import Portfolio
from domain.position import PositionClosed, PositionOpened
from domain.reconciliation.comparing import position_difference
from domain.reconciliation.differences import (
    BalanceDiffers,
    Difference,
    ExecutionOfUnknownOrder,
    InstrumentUnknownToThem,
    OrderOfAnotherLog,
    OrderUnknownToUs,
    PositionQuantityDiffers,
    PositionSideDiffers,
    PositionUnknownToThem,
    PositionUnknownToUs,
)
from domain.reconciliation.statement import StatedPosition
from domain.settings import ExternalRule, ReconciliationSettings, Settings
from tests.commands.desk import Desk, a_fill_of, long
from tests.commands.requests.asking import Asking
from tests.domain.history import ACCOUNT, BTC, NOW, D, an_instrument
from tests.domain.history import an_order as an_entry
from tests.domain.test_differences import an_execution, an_order
from tests.replacing import replace

R, A = ExternalRule.REPORT, ExternalRule.ADOPT
THEIRS = OrderUnknownToUs(subject="theirs", theirs=an_order("theirs", quantity=D(1)))
STOP = an_order(
    "stop", side=Side.SELL, type=OrderType.STOP, limit_price=None, trigger_price=D(90), reduce_only=True
)
ANOTHER = f"{chain_id(UUID(int=1), ACCOUNT, 'candle:1')}-e1"
HELD = PositionUnknownToUs(subject=BTC, theirs=StatedPosition(BTC, Direction.LONG, D(3), D("99.5")))


def traded(name: str, quantity: Decimal, order_id: str | None = None, **changed: object) -> Difference:
    details = an_execution(name, order_id, quantity).details
    assert details is not None
    return ExecutionOfUnknownOrder(subject=BTC, theirs=replace(details, **changed))


def a_found(
    *differences: Difference,
    orders: ExternalRule = A,
    positions: ExternalRule = A,
    confirmed: Sequence[Difference] | None = None,
    desk: Desk | None = None,
) -> Found:
    rules = ReconciliationSettings(external_orders=orders, external_positions=positions)
    portfolio = (desk or Desk()).opened(Settings(reconciliation=rules)).world.portfolio
    seen = differences if confirmed is None else confirmed
    return Found(
        differences=differences,
        confirmed={recorded(one).discrepancy_id for one in seen},
        portfolio=portfolio,
        venue="test",
        at=NOW,
    )


def commands(made: Adoption | None) -> list[object]:
    return [] if made is None else [one.command for one in made.asks]


@pytest.mark.parametrize(
    ("orders", "positions", "adopted"),
    [(R, R, []), (A, R, [ReserveFunds, PlaceOrder, Accepted]), (R, A, [PlaceOrder, Filled])],
)
def test_each_setting_permits_its_kind(
    orders: ExternalRule, positions: ExternalRule, adopted: list[type]
) -> None:
    made = adoption(a_found(THEIRS, HELD, orders=orders, positions=positions))
    assert [type(one) for one in commands(made)] == adopted


def test_what_was_found_once_is_not_adopted() -> None:
    assert adoption(a_found(THEIRS, HELD, traded("e", D(3)), confirmed=())) is None


def test_a_position_is_a_fill_at_the_entry_price_without_a_fee() -> None:
    place, fill = commands(adoption(a_found(HELD)))
    assert isinstance(place, PlaceOrder)
    assert isinstance(fill, Filled)
    assert (place.terms.side, place.terms.purpose, place.terms.reduce_only) == (
        Side.BUY,
        Purpose.ENTRY,
        False,
    )
    assert (fill.price, fill.quantity, fill.fee) == (D("99.5"), D(3), D(0))
    assert commands(adoption(a_found(HELD))) == [place, fill], "the ids depend on the exchange alone"


def test_a_position_off_the_lot_is_adopted_because_it_exists() -> None:
    quantity = D("0.0000001")
    _, fill = commands(adoption(a_found(replace(HELD, theirs=replace(HELD.theirs, quantity=quantity)))))
    assert isinstance(fill, Filled)
    assert fill.quantity == quantity


@pytest.mark.parametrize(
    "differences",
    [
        pytest.param((HELD, traded("e", D(2))), id="trades that explain a part"),
        pytest.param((traded("e", D(2)),), id="trades without a difference of the position"),
        pytest.param((HELD, traded("e", D(3), ANOTHER)), id="a trade of another log"),
        pytest.param(
            (HELD, OrderOfAnotherLog(subject=ANOTHER, theirs=an_order(ANOTHER))),
            id="beside an order of another log",
        ),
        pytest.param(
            (
                replace(
                    HELD,
                    subject="NEW-LINEAR.BYBIT",
                    theirs=replace(HELD.theirs, instrument="NEW-LINEAR.BYBIT"),
                ),
            ),
            id="an instrument that is not listed",
        ),
        pytest.param((replace(HELD, theirs=replace(HELD.theirs, entry_price=None)),), id="no entry price"),
        pytest.param((PositionQuantityDiffers(subject=BTC, ours=D(1), theirs=D(2)),), id="no trades"),
        pytest.param(
            (OrderOfAnotherLog(subject=ANOTHER, theirs=an_order(ANOTHER)),), id="an order of another log"
        ),
        pytest.param(
            (replace(THEIRS, theirs=replace(THEIRS.theirs, filled=D(1))),), id="a fill that is not listed"
        ),
        pytest.param((BalanceDiffers(subject="USDT", ours=D(1), theirs=D(2)),), id="a balance"),
        pytest.param((PositionUnknownToThem(subject=BTC, ours=HELD.theirs),), id="a position that is gone"),
    ],
)
def test_what_does_not_explain_the_exchanges_figures_is_not_adopted(
    differences: tuple[Difference, ...],
) -> None:
    assert adoption(a_found(*differences)) is None


def test_trades_that_add_up_to_the_position_are_adopted_with_their_own_prices_and_fees() -> None:
    found = a_found(HELD, traded("a", D(4)), traded("b", D(1), side=Side.SELL))
    made = [one for one in commands(adoption(found)) if isinstance(one, PlaceOrder | Filled)]
    placed = [one.terms for one in made if isinstance(one, PlaceOrder)]
    assert [(one.side, one.quantity, one.reduce_only, one.purpose) for one in placed] == [
        (Side.BUY, D(4), False, Purpose.ENTRY),
        (Side.SELL, D(1), True, Purpose.MANUAL),
    ]
    fills = [one for one in made if isinstance(one, Filled)]
    assert [(one.execution_id, one.fee) for one in fills] == [("a", D("0.05")), ("b", D("0.05"))]


def test_a_later_trade_is_adopted_beside_one_that_a_person_has_accepted() -> None:
    earlier, later = traded("a", D(4)), traded("b", D(3))
    desk = Desk()
    found = a_found(HELD, earlier, later, desk=desk)
    assert adoption(found) is None, "together they do not explain the position"
    record = recorded(earlier)
    desk.ask(record, cause="exchange:test:look")
    desk.ask(ResolveDiscrepancy(record.discrepancy_id, "closed at a stated price"), cause="exchange:test:eve")
    (_, fill) = commands(adoption(replace(found, portfolio=desk.world.portfolio)))
    assert isinstance(fill, Filled)
    assert fill.execution_id == "b"


def test_trades_whose_position_a_person_has_accepted_are_not_adopted_later() -> None:
    trade, desk = traded("a", D(3)), Desk()
    found = a_found(HELD, trade, desk=desk)
    assert adoption(found) is not None
    for one in map(recorded, (HELD, trade)):
        desk.ask(one, cause="exchange:test:look")
        desk.ask(ResolveDiscrepancy(one.discrepancy_id, "mine"), cause="exchange:test:eve")
    assert adoption(replace(found, portfolio=desk.world.portfolio)) is None


def accepts(desk: Desk, *differences: Difference) -> None:
    """A person resolves each of them."""
    for one in map(recorded, differences):
        desk.ask(one, cause=f"exchange:test:look-{len(desk.log.envelopes)}")
        desk.ask(
            ResolveDiscrepancy(one.discrepancy_id, "mine"),
            cause=f"exchange:test:eve-{len(desk.log.envelopes)}",
        )


def between(ours: Decimal, theirs: Decimal) -> list[Difference]:
    """The difference of the position, in a list that is empty where they are equal; negative is short."""
    positions = [
        StatedPosition(BTC, Direction.LONG if one > 0 else Direction.SHORT, abs(one), D(100)) if one else None
        for one in (ours, theirs)
    ]
    difference = position_difference(BTC, *positions)
    return [] if difference is None else [difference]


def bought_and_sold(name: str, quantity: Decimal) -> Difference:
    return traded(name, abs(quantity), side=Side.BUY if quantity > 0 else Side.SELL)


@pytest.mark.parametrize(
    ("own", "accepted", "later", "adopted"),
    [
        pytest.param(5, 4, 2, ["later"], id="an increase, and another"),
        pytest.param(5, -3, 1, ["later"], id="a part closed, and an increase"),
        pytest.param(5, -3, -1, ["later"], id="a part closed, and another part"),
        pytest.param(5, 1, -9, ["later"], id="an increase, and a flip"),
        pytest.param(0, 4, 2, ["later"], id="a position, and its increase"),
        pytest.param(0, 4, -4, [], id="a position, and its close"),
        pytest.param(5, -3, 3, [], id="a part closed, and bought again"),
        pytest.param(5, -8, 1, [], id="a flip, and an increase"),
        pytest.param(5, -5, 2, [], id="a close, and a new position"),
    ],
)
def test_an_accepted_trade_is_not_adopted_when_a_later_one_changes_the_difference_of_the_position(
    own: int, accepted: int, later: int, adopted: list[str]
) -> None:
    desk = Desk()
    earlier = bought_and_sold("earlier", D(accepted))
    a_found(earlier, desk=desk)
    if own:
        desk.ask(PlaceOrder("own", a_market_order(Side.BUY, D(own)), an_instrument(BTC)), cause="command:own")
        desk.tell(a_fill_of("own", "x1", D(own), D(100)))
    accepts(desk, earlier)
    for one in between(D(own), D(own + accepted)):
        if not isinstance(one, PositionUnknownToThem | PositionSideDiffers):
            accepts(desk, one)
    found = a_found(earlier, bought_and_sold("later", D(later)), *between(D(own), D(own + accepted + later)))
    made = adoption(replace(found, portfolio=with_settings_of(found, desk)))
    assert [one.execution_id for one in commands(made) if isinstance(one, Filled)] == adopted


def with_settings_of(found: Found, desk: Desk) -> Portfolio:
    return replace(desk.world.portfolio, settings=found.portfolio.settings)


def test_an_accepted_trade_whose_position_nobody_accepted_is_not_adopted() -> None:
    trades = traded("a", D(4)), traded("b", D(1), side=Side.SELL)
    desk = Desk()
    found = a_found(HELD, *trades, desk=desk)
    accepts(desk, *trades)
    assert adoption(replace(found, portfolio=desk.world.portfolio)) is None


def test_an_accepted_difference_of_the_position_that_is_over_explains_nothing() -> None:
    desk = Desk()
    found = a_found(replace(HELD, theirs=replace(HELD.theirs, quantity=D(5))), traded("b", D(2)), desk=desk)
    accepts(desk, HELD)
    assert adoption(replace(found, portfolio=desk.world.portfolio)) is not None
    desk.ask(EndDiscrepancy(recorded(HELD).discrepancy_id), cause="exchange:test:end")
    assert adoption(replace(found, portfolio=desk.world.portfolio)) is None


def test_orders_that_open_come_before_positions_and_stops_after_them() -> None:
    stop = OrderUnknownToUs(subject="stop", theirs=STOP)
    found = a_found(stop, THEIRS, HELD)
    made = adoption(found)
    assert made is not None
    assert made.order is not None
    assert made.order.order_id == "theirs"
    made = adoption(a_found(stop, HELD))
    assert made is not None
    assert made.order is None
    made = adoption(a_found(stop))
    assert made is not None
    assert made.order is not None
    assert (made.order.terms.purpose, made.order.terms.parent) == (Purpose.STOP, None)


def test_an_entry_reserves_at_most_what_is_available() -> None:
    great = replace(THEIRS, theirs=replace(THEIRS.theirs, quantity=D(100_000)))
    reserve = commands(adoption(a_found(great)))[0]
    assert reserve == ReserveFunds("theirs", D(10_000))


@pytest.mark.parametrize(
    "difference",
    [
        THEIRS,
        OrderOfAnotherLog(subject=ANOTHER, theirs=an_order(ANOTHER)),
        HELD,
        traded("e", D(1)),
        PositionQuantityDiffers(subject=BTC, ours=D(1), theirs=D(2)),
        BalanceDiffers(subject="USDT", ours=D(1), theirs=D(2)),
        InstrumentUnknownToThem(subject=BTC),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_person_resolves_a_difference_by_its_id_and_entries_are_judged_again(
    difference: Difference,
) -> None:
    eve = Asking()
    found = recorded(difference)
    assert isinstance(found, RecordDiscrepancy)
    eve.desk.ask(found, cause="exchange:test:look")
    assert "UNRESOLVED_DISCREPANCY" in str(eve.desk.see(long())[-1].event)
    assert eve.accepted(ResolveDiscrepancy(found.discrepancy_id, "looked at")) == ["DiscrepancyResolved"]
    assert "UNRESOLVED_DISCREPANCY" not in str(eve.desk.see(long())[1].event)


@pytest.mark.parametrize(
    "difference",
    [
        PositionUnknownToThem(subject=BTC, ours=HELD.theirs),
        PositionSideDiffers(
            subject=BTC, ours=HELD.theirs, theirs=replace(HELD.theirs, direction=Direction.SHORT)
        ),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_position_that_the_exchange_does_not_have_is_not_accepted_by_a_person(
    difference: Difference,
) -> None:
    eve = Asking()
    found = recorded(difference)
    eve.desk.ask(found, cause="exchange:test:look")
    answer = eve.declined(ResolveDiscrepancy(found.discrepancy_id, "looked at"))
    assert "cannot be accepted: permit the adoption" in answer
    assert answer.endswith("state the price at which it was closed (resolveDiscrepancy with closedAt)")
    assert "UNRESOLVED_DISCREPANCY" in str(eve.desk.see(long())[-1].event)


@pytest.mark.parametrize(
    ("order_id", "reason"),
    [("adopted-0123456789abcdef", Purpose.MANUAL), ("0123456789abc-e1", Purpose.ENTRY)],
)
def test_an_adopted_trade_that_turns_a_position_has_closed_it_by_hand(order_id: str, reason: Purpose) -> None:
    desk = Desk().opened()
    rules, bought = an_instrument(BTC), a_market_order(Side.BUY, D(5))
    desk.ask(PlaceOrder("adopted-1", bought, rules), cause="command:1")
    desk.tell(a_fill_of("adopted-1", "x1", D(5), D(100)))
    desk.ask(PlaceOrder(order_id, a_market_order(Side.SELL, D(8)), rules), cause="command:2")
    events = [one.event for one in desk.tell(a_fill_of(order_id, "x2", D(8), D(101)))]
    assert [one.reason for one in events if isinstance(one, PositionClosed)] == [reason]
    assert [one.quantity for one in events if isinstance(one, PositionOpened)] == [D(3)]


def a_market_order(side: Side, quantity: Decimal) -> OrderPlaced:
    return an_entry(side=side, type=OrderType.MARKET, limit_price=None, quantity=quantity)
