"""Early profit: a position is closed at the market once its net profit is worth it, before its target is reached.

The formula, of a position held for at least `seconds`:

    net = (gross + profit of a close now - fees so far - fee of that close + funding) / cost of all entries

A `net` of at least `least_profit` closes it, and so does one of at most -`most_loss`. The price is the one that a close
would get: the bid for a long and the ask for a short where a quote is the newest price, else the last price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.arithmetic import EXACT, ZERO
from domain.management.profit import net_share
from domain.position import Open


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyProfit:
    """The limits of early profit; 0 switches off `least_profit` and `most_loss`.

    Both are fractions of the position's cost, after fees and funding. `seconds` is the least time since the position
    was opened.
    """

    least_profit: Decimal = ZERO
    most_loss: Decimal = ZERO
    seconds: int = 0


class Bound(StrEnum):
    """Which limit the net profit has reached."""

    PROFIT = "PROFIT"
    LOSS = "LOSS"


class Reached(Struct, frozen=True, gc=False):
    """The bound that was reached, its limit, and the net profit; both are fractions of the position's cost."""

    bound: Bound
    limit: Decimal
    net: Decimal


def early_profit(
    state: Open, held_for: timedelta, price: Decimal, fee_rate: Decimal, limits: EarlyProfit
) -> Reached | None:
    """The bound that a close at this price reaches; None where it reaches none or was held too short a time."""
    if held_for < timedelta(seconds=limits.seconds):
        return None
    net = net_share(state, price, fee_rate)
    if limits.least_profit and net >= limits.least_profit:
        return Reached(Bound.PROFIT, limits.least_profit, net)
    lowest = EXACT.minus(limits.most_loss)
    if limits.most_loss and net <= lowest:
        return Reached(Bound.LOSS, lowest, net)
    return None
