"""Reports lead to as few units as possible; each report is handled on the state after the previous units."""

from __future__ import annotations

from itertools import pairwise

from commands.exchange import AnyReport, Cancelled
from domain.direction import Side
from domain.position import PositionFunded
from domain.reconciliation import DiscrepancyFound
from tests.commands.desk import Desk, a_fill_of, chain_of, funding, liquidation, long, names
from tests.domain.history import BTC, NOW, D


def a_desk_with_orders() -> tuple[Desk, str]:
    desk = Desk().opened()
    return desk, chain_of(desk.see(long()))


def units_of(desk: Desk, *reports: AnyReport) -> list[list[str]]:
    """The names of the events of each unit."""
    before = desk.log.head()
    first = len(desk.log.units)
    desk.tell(*reports)
    heads = [before, *desk.log.units[first:]]
    return [names(desk.log.envelopes[start:end]) for start, end in pairwise(heads)]


def test_reports_of_orders_share_a_unit_and_each_funding_has_its_own() -> None:
    desk, chain = a_desk_with_orders()
    gone = Cancelled(order_id=f"{chain}-t1", at=NOW, fact="exchange:test:gone", reason="CancelByReduceOnly")
    units = units_of(
        desk,
        a_fill_of(f"{chain}-e1", "x1", D(1), D(100)),
        funding("f1", D("-0.25")),
        funding("f2", D("0.125")),
        gone,
        a_fill_of(f"{chain}-s1", "x2", D(1), D(98)),
    )
    assert units == [
        ["OrderFilled", "PositionOpened", "BalanceChanged"],
        ["PositionFunded", "BalanceChanged"],
        ["PositionFunded", "BalanceChanged"],
        ["OrderCancelled", "OrderFilled", "PositionClosed", "BalanceChanged", "OrderCancelRequested"],
    ]


def test_repeated_funding_moves_the_balance_once() -> None:
    desk, chain = a_desk_with_orders()
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    desk.tell(funding("f1", D("-0.25")), funding("f1", D("-0.25")))
    assert desk.tell(funding("f1", D("-0.25"))) == []
    funded = [e.event for e in desk.log.envelopes if isinstance(e.event, PositionFunded)]
    assert funded == [PositionFunded(D("-0.25"))]


def test_funding_without_a_position_is_a_discrepancy_and_never_applied_later() -> None:
    desk, chain = a_desk_with_orders()
    early = funding("f1", D("-0.25"))
    (found,) = desk.tell(early)
    assert found.event == DiscrepancyFound(early.fact, BTC, "Funded of something this log does not know")
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    assert desk.tell(early) == []
    assert desk.world.portfolio.positions[BTC].state.funding == 0


def test_a_repeated_partial_liquidation_reduces_the_position_once() -> None:
    desk, chain = a_desk_with_orders()
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(2), D(100)))
    report = liquidation("l1", Side.SELL, D("0.5"), D(81))
    desk.tell(report, report)
    assert desk.tell(report) == []
    assert desk.world.portfolio.positions[BTC].state.quantity == D("1.5")


def test_two_liquidations_are_two_orders() -> None:
    desk, chain = a_desk_with_orders()
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(2), D(100)))
    desk.tell(
        liquidation("l1", Side.SELL, D("0.5"), D(81)),
        liquidation("l2", Side.SELL, D("0.5"), D(80)),
    )
    assert desk.world.portfolio.positions[BTC].state.quantity == D(1)
    orders = [stream for stream in desk.world.versions if f"{chain}-l" in stream]
    assert len(orders) == 2


def test_a_liquidation_without_a_position_is_a_discrepancy() -> None:
    desk = Desk().opened()
    (found,) = desk.tell(liquidation("l1", Side.SELL, D(1), D(81)))
    assert found.event == DiscrepancyFound(
        "exchange:test:l1", BTC, "Liquidated of something this log does not know"
    )
