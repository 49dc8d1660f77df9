"""The bound of a fee: beyond it the row of an execution is false, and nothing of it can be believed."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT
from domain.errors import InvalidInput
from domain.steps import clean

MOST_OF_NOTIONAL = Decimal("0.05")
"""The largest fee or rebate, as a share of price x quantity.

Takers of perpetual futures pay below 0.1 %; exchanges publish fees of a liquidation of up to about 2 %. An order of
which 5 % is taken cannot be of any fee table, and a decimal point in the wrong place is found by it.
"""


def check_fee(name: str, fee: Decimal, price: Decimal, quantity: Decimal) -> None:
    """Raises InvalidInput for a fee, or a rebate (below 0), of more than 5 % of price x quantity.

    `fee` is in quote currency like the price, `quantity` in base currency.
    """
    notional = EXACT.multiply(price, quantity)
    if EXACT.abs(fee) > EXACT.multiply(notional, MOST_OF_NOTIONAL):
        raise InvalidInput(
            f"{name} {fee} is more than {MOST_OF_NOTIONAL:.0%} of the {clean(notional):f} that was traded: "
            "no fee is so high"
        )
