"""Slippage: how much worse an order was filled than the price that was decided on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT
from domain.direction import Side

_STEP = Decimal("0.0001")
_TEN_THOUSAND = Decimal(10_000)

_WORSE: Mapping[Side, Callable[[Decimal, Decimal], Decimal]] = {
    Side.BUY: EXACT.subtract,
    Side.SELL: lambda paid, decided: EXACT.subtract(decided, paid),
}
"""The notional filled less the notional decided, with the sign that makes a worse fill positive."""


class Slippage(Struct, frozen=True, gc=False, kw_only=True):
    """The difference between the decision price and the fills of one order. Positive is worse than decided.

    `decided` is the decision price, in quote currency per unit. `money` is the difference over the whole filled
    quantity, in quote currency and exact; `basis_points` is `money` in 1/10,000 of the filled quantity at the decision
    price, rounded to 0.0001. Fees are not part of it.
    """

    decided: Decimal
    money: Decimal
    basis_points: Decimal


def slippage(side: Side, decided: Decimal, quantity: Decimal, notional: Decimal) -> Slippage | None:
    """The slippage of fills of `quantity` (base currency) for `notional` (quote currency, the sum of quantity x price).

    A BUY that paid more than decided, and a SELL that received less, have a positive slippage. None where nothing was
    filled, or where the decision price is not above zero and basis points of it have no meaning.
    """
    if quantity <= 0 or decided <= 0:
        return None
    intended = EXACT.multiply(quantity, decided)
    money = _WORSE[side](notional, intended)
    points = EXACT.divide(EXACT.multiply(money, _TEN_THOUSAND), intended)
    return Slippage(
        decided=decided,
        money=money,
        basis_points=points.quantize(_STEP, context=EXACT),
    )
