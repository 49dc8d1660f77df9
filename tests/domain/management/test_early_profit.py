"""Early profit: what a close now leaves after all costs, of positions whose figures were computed by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.closing import CloseReason
from domain.management.action import Close
from domain.management.early_profit import early_profit
from domain.management.profit import net_share
from domain.management.settings import ManagementSettings
from domain.market import LastPrice, PriceSource
from domain.position import FLAT, Open, PositionIncreased, PositionReduced, evolve
from tests.domain.history import NOW, an_opening
from tests.domain.management.positions import D, a_long, a_short, read
from tests.replacing import replace

LIMITS = ManagementSettings(early_profit=D("0.003"), early_loss=D("0.02"), early_seconds=60)
RATE = D("0.001")
PROFIT_AT = D("200.8") / D("1.998")
"""(2p - 200 - 0.2 - 0.002p) / 200 = 0.003"""
LOSS_AT = D("196.2") / D("1.998")
"""(2p - 200 - 0.2 - 0.002p) / 200 = -0.02"""


@pytest.mark.parametrize(
    ("state", "price", "net"),
    [
        # 2 * (101 - 100) = 2 - 0.2 of the entry - 202 * 0.001 = 1.598, of 200
        (a_long(), D(101), D("0.00799")),
        # 2 * (100 - 99) = 2 - 0.2 - 198 * 0.001 = 1.602, of 200
        (a_short(), D(99), D("0.00801")),
        # without a move both fees are lost
        (a_long(), D(100), D("-0.002")),
        # funding that was paid
        (a_long(funding=D(-1)), D(101), D("0.00299")),
        # one half was closed with a profit of 4 and a fee of 0.1: 4 + 1 - 0.3 - 0.101 = 4.599, of all 200
        (a_long(quantity=D(1), cost=D(100), gross=D(4), fees=D("0.3")), D(101), D("0.022995")),
    ],
)
def test_the_net_share_counts_every_fee_and_funding(state: Open, price: Decimal, net: Decimal) -> None:
    assert net_share(state, price, RATE) == net


@pytest.mark.parametrize(
    ("price", "held_for", "reason"),
    [
        (PROFIT_AT + D("0.0001"), 60.0, CloseReason.EARLY_PROFIT),
        (PROFIT_AT - D("0.0001"), 60.0, None),
        (PROFIT_AT + D("0.0001"), 59.9, None),
        (LOSS_AT - D("0.0001"), 60.0, CloseReason.EARLY_LOSS),
        (LOSS_AT + D("0.0001"), 60.0, None),
        (LOSS_AT - D("0.0001"), 0.0, None),
        # 0.3 % of price is 0.1 % after two fees of 0.1 %
        (D("100.3"), 60.0, None),
    ],
)
def test_a_limit_closes_the_position_once_it_was_held_long_enough(
    price: Decimal, held_for: float, reason: CloseReason | None
) -> None:
    found = early_profit(read(a_long(), price, LIMITS, opened_at=NOW - timedelta(seconds=held_for)))
    assert (None if found is None else found.action) == (None if reason is None else Close(reason))


@pytest.mark.parametrize(
    ("state", "bid", "ask", "reason"),
    [
        # the middle of 100.65 would be 0.45 % net, the bid of 100.4 is 0.2 %
        (a_long(), D("100.4"), D("100.9"), None),
        (a_long(), D("100.6"), D("100.7"), CloseReason.EARLY_PROFIT),
        (a_short(), D("99.1"), D("99.6"), None),
        (a_short(), D("99.3"), D("99.4"), CloseReason.EARLY_PROFIT),
    ],
)
def test_the_price_is_that_of_the_side_that_a_close_gets(
    state: Open, bid: Decimal, ask: Decimal, reason: CloseReason | None
) -> None:
    middle = (bid + ask) / 2
    quote = LastPrice(middle, NOW, PriceSource.QUOTE, bid=bid, ask=ask)
    found = early_profit(replace(read(state, middle, LIMITS), price=quote))
    assert (None if found is None else found.action) == (None if reason is None else Close(reason))
    assert early_profit(read(state, middle, LIMITS)) is not None


@pytest.mark.parametrize("price", [D(1), D(98), D(100), D(150), D(10_000)])
def test_limits_of_zero_close_nothing(price: Decimal) -> None:
    assert early_profit(read(a_long(), price, ManagementSettings())) is None


def test_without_a_recent_price_nothing_is_closed() -> None:
    assert early_profit(replace(read(a_long(), D(150), LIMITS), price=None)) is None


def test_entries_add_up_and_reductions_do_not_take_from_them() -> None:
    state = evolve(FLAT, an_opening(quantity=D(2), cost=D(200)))
    more = PositionIncreased(order_id="abc-e2", quantity=D(1), price=D(110), cost=D(110), fee=D(0))
    less = PositionReduced(
        order_id="abc-x1", quantity=D(2), price=D(120), released=D(200), realised=D(40), fee=D(0)
    )
    state = evolve(evolve(state, more), less)
    assert isinstance(state, Open)
    assert (state.quantity, state.entered, state.spent) == (D(1), D(3), D(310))
