"""What the exchange reports, as stimuli: as few units as may be, each looked up when its turn comes."""

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
    """The names of what each unit recorded."""
    before = desk.log.head()
    first = len(desk.log.units)
    desk.tell(*reports)
    heads = [before, *desk.log.units[first:]]
    return [names(desk.log.envelopes[start:end]) for start, end in pairwise(heads)]


def test_reports_of_orders_are_one_unit_and_what_befalls_a_position_is_its_own() -> None:
    desk, chain = a_desk_with_orders()
    gone = Cancelled(order_id=f"{chain}-t1", at=NOW, fact="exchange:test:gone", reason="CancelByReduceOnly")
    told = units_of(
        desk,
        a_fill_of(f"{chain}-e1", "x1", D(1), D(100)),
        funding("f1", D("-0.25")),
        funding("f2", D("0.125")),
        gone,
        a_fill_of(f"{chain}-s1", "x2", D(1), D(98)),
    )
    assert told == [
        ["OrderFilled", "PositionOpened", "BalanceChanged"],
        ["PositionFunded", "BalanceChanged"],
        ["PositionFunded", "BalanceChanged"],
        ["OrderCancelled", "OrderFilled", "PositionClosed", "BalanceChanged"],
    ]


def test_funding_told_again_moves_the_balance_once() -> None:
    desk, chain = a_desk_with_orders()
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    desk.tell(funding("f1", D("-0.25")), funding("f1", D("-0.25")))
    assert desk.tell(funding("f1", D("-0.25"))) == []
    funded = [e.event for e in desk.log.envelopes if isinstance(e.event, PositionFunded)]
    assert funded == [PositionFunded(D("-0.25"))]


def test_funding_of_what_is_not_held_is_said_aloud_and_never_laid_on_a_later_position() -> None:
    desk, chain = a_desk_with_orders()
    early = funding("f1", D("-0.25"))
    (found,) = desk.tell(early)
    assert found.event == DiscrepancyFound(early.fact, BTC, "Funded of something this log does not know")
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    assert desk.tell(early) == []
    assert desk.world.portfolio.positions[BTC].state.funding == 0


def test_a_liquidation_of_a_part_told_again_reduces_once() -> None:
    desk, chain = a_desk_with_orders()
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(2), D(100)))
    told = liquidation("l1", Side.SELL, D("0.5"), D(81))
    desk.tell(told, told)
    assert desk.tell(told) == []
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


def test_a_liquidation_of_what_is_not_held_is_said_aloud() -> None:
    desk = Desk().opened()
    (found,) = desk.tell(liquidation("l1", Side.SELL, D(1), D(81)))
    assert found.event == DiscrepancyFound(
        "exchange:test:l1", BTC, "Liquidated of something this log does not know"
    )
