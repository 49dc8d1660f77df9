"""Executions at a price that their order cannot have traded at: nothing of such a report is taken in."""

from __future__ import annotations

from decimal import Decimal

from commands.exchange import Filled
from domain.arithmetic import EXACT
from domain.direction import Purpose, Side
from domain.order import OrderPlaced
from domain.steps import clean

_FAR = Decimal(5)
"""No instrument trades so many times above, or below, the last price that the engine knows.

The engine warms up with the latest candles before its first comparison, so that price is minutes old. A decimal point
in the wrong place is beyond the bound. A price that is wrong by less shows at the close, as a difference of balances.
"""


def impossible_price(report: Filled, terms: OrderPlaced, last: Decimal | None) -> str:
    """Why the order cannot have traded at this price (quote currency); empty where it can.

    A limit order trades at its limit or better. A target may fill worse: the exchange triggers it at its price, and
    fills it at the market. `last` is the last price of the instrument, None where none is known.
    """
    if not report.price.is_finite():
        return ""
    return _beyond_limit(report, terms) or _far_from_market(report, last)


def _beyond_limit(report: Filled, terms: OrderPlaced) -> str:
    limit = terms.limit_price
    if limit is None or terms.purpose is Purpose.TARGET:
        return ""
    is_worse = report.price > limit if terms.side is Side.BUY else report.price < limit
    if not is_worse:
        return ""
    return (
        f"execution {report.execution_id} at {clean(report.price):f} is worse than the limit {clean(limit):f} of its "
        f"order {report.order_id}"
    )


def _far_from_market(report: Filled, last: Decimal | None) -> str:
    if last is None or EXACT.divide(last, _FAR) <= report.price <= EXACT.multiply(last, _FAR):
        return ""
    return (
        f"execution {report.execution_id} of the order {report.order_id} at {clean(report.price):f} is more than "
        f"{_FAR} times off the last price {clean(last):f}"
    )
