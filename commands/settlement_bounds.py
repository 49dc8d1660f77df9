"""Funding and liquidations that their position cannot have had: nothing of such a report is taken in.

Both change balance or position by the exchange's word alone, as no order of the log stands behind them.
"""

from __future__ import annotations

from decimal import Decimal

from commands.exchange import Funded, Liquidated
from domain.arithmetic import EXACT
from domain.direction import exit_side
from domain.position import Open
from domain.steps import clean

MOST_OF_COST = Decimal("0.25")
"""The largest funding of one settlement, received or paid, as a share of the position's cost.

Exchanges cap the rate: Bybit states its cap for each contract as `upperFundingRate`, 0.375 % for BTCUSDT and a few per
cent for the most volatile contracts. The rate is of the notional at the mark price, the cost that at the entry, so the
bound leaves room for a price that has risen several times.
"""


def contradiction(report: Funded | Liquidated, held: Open) -> str:
    """Why it cannot be of the position; empty where it can, and for an amount that is not finite, which is refused
    where it is recorded.
    """
    match report:
        case Funded():
            return _of_funding(report, held)
        case Liquidated():
            return _of_liquidation(report, held)


def _of_funding(report: Funded, held: Open) -> str:
    if not report.amount.is_finite() or EXACT.abs(report.amount) <= EXACT.multiply(held.cost, MOST_OF_COST):
        return ""
    return (
        f"funding of {clean(report.amount):f} is more than {MOST_OF_COST:.0%} of the {clean(held.cost):f} that the "
        "position has cost: no rate is so high"
    )


def _of_liquidation(report: Liquidated, held: Open) -> str:
    if not report.quantity.is_finite():
        return ""
    if report.side is exit_side(held.direction) and report.quantity <= held.quantity:
        return ""
    return (
        f"a liquidation of {report.side} {clean(report.quantity):f} cannot be of a position {held.direction} "
        f"{clean(held.quantity):f}"
    )
