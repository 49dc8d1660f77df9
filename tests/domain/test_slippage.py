"""Slippage against the decision price: positive is worse than decided."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.direction import Side
from domain.slippage import Slippage, slippage

D = Decimal


@pytest.mark.parametrize(
    ("side", "filled_at", "money", "points"),
    [
        (Side.BUY, "101", "2", "100"),
        (Side.BUY, "99", "-2", "-100"),
        (Side.SELL, "99", "2", "100"),
        (Side.SELL, "101", "-2", "-100"),
        (Side.BUY, "100", "0", "0"),
    ],
    ids=["bought dearer", "bought cheaper", "sold cheaper", "sold dearer", "filled as decided"],
)
def test_a_fill_worse_than_decided_has_a_positive_slippage(
    side: Side, filled_at: str, money: str, points: str
) -> None:
    found = slippage(side, D(100), D(2), D(2) * D(filled_at))
    assert found == Slippage(decided=D(100), money=D(money), basis_points=D(points))


def test_money_is_exact_and_basis_points_are_rounded() -> None:
    found = slippage(Side.BUY, D("3"), D("0.000000000000000001"), D("0.000000000000000004"))
    assert found == Slippage(decided=D(3), money=D("0.000000000000000001"), basis_points=D("3333.3333"))


@pytest.mark.parametrize(("decided", "quantity"), [("0", "1"), ("-1", "1"), ("100", "0")])
def test_without_a_fill_or_a_price_above_zero_there_is_no_slippage(decided: str, quantity: str) -> None:
    assert slippage(Side.BUY, D(decided), D(quantity), D(1)) is None
