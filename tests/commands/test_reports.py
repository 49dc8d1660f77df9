"""Reports lead to as few units as possible; each report is handled on the state after the previous units."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from commands.exchange import AnyReport, Cancelled
from domain.direction import Side
from domain.position import PositionFunded
from domain.reconciliation import DiscrepancyFound
from tests.commands.desk import Desk, a_fill_of, chain_of, funding, liquidation, long, names
from tests.domain.history import BTC, NOW, D
from tests.replacing import replace

EARLIER = NOW - timedelta(seconds=1)
"""Before the log of a desk begins."""


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


@pytest.mark.parametrize(
    "report",
    [
        a_fill_of("nobody-e1", "x1", D(1), D(100)),
        Cancelled(order_id="nobody-e1", at=NOW, fact="exchange:test:gone", reason="CancelByUser"),
        funding("f1", D("-0.25")),
        liquidation("l1", Side.SELL, D(1), D(81)),
    ],
    ids=lambda report: type(report).__name__,
)
def test_what_others_did_before_the_log_began_leads_to_nothing(report: AnyReport) -> None:
    desk = Desk().opened()
    assert desk.tell(replace(report, at=EARLIER)) == []
    assert names(desk.tell(report)) == ["DiscrepancyFound"]


def test_funding_of_before_the_log_is_not_that_of_a_position_of_the_log() -> None:
    desk, chain = a_desk_with_orders()
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    assert desk.tell(replace(funding("f1", D("-0.25")), at=EARLIER)) == []


def test_a_fill_of_an_order_of_the_log_counts_by_whatever_clock_it_is_dated() -> None:
    desk, chain = a_desk_with_orders()
    fill = a_fill_of(f"{chain}-e1", "x1", D(1), D(100), at=EARLIER)
    assert "PositionOpened" in names(desk.tell(fill))


@pytest.mark.parametrize("amount", ["26", "-26", "1000000"])
def test_funding_beyond_a_quarter_of_the_position_is_a_discrepancy_and_moves_no_balance(amount: str) -> None:
    desk, chain = a_desk_with_orders()
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    desk.tell(funding("f1", D(25)))
    balance = desk.world.portfolio.account.balance
    false = funding("f2", D(amount))
    (found,) = desk.tell(false)
    text = f"funding of {amount} is more than 25% of the 100 that the position has cost: no rate is so high"
    assert found.event == DiscrepancyFound(false.fact, BTC, text)
    assert desk.world.portfolio.account.balance == balance
    assert desk.world.portfolio.positions[BTC].state.funding == 25
    assert desk.tell(false) == []


@pytest.mark.parametrize(("side", "quantity"), [(Side.BUY, "1"), (Side.SELL, "2.001")], ids=["adds", "turns"])
def test_a_liquidation_that_its_position_cannot_have_had_is_a_discrepancy_and_no_fill(
    side: Side, quantity: str
) -> None:
    desk, chain = a_desk_with_orders()
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(2), D(100)))
    held = desk.world.portfolio.positions[BTC]
    (found,) = desk.tell(liquidation("l1", side, D(quantity), D(81)))
    text = f"a liquidation of {side} {quantity} cannot be of a position LONG 2"
    assert found.event == DiscrepancyFound("exchange:test:l1", BTC, text)
    assert desk.world.portfolio.positions[BTC] == held
