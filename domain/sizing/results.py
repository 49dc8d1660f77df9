"""The result of a closed trade as a multiple of what it risked when it was entered: its R-multiple.

R = net / sum over the fills that opened or increased the position of quantity·|price - stop|, where `net` is after fees
and funding and the stop is the position's at that fill. A trade that loses its whole risk at the stop has R = -1, less
its fees. A position that had no stop at one of these fills has no R-multiple.

A grid is sized by the risk of all its levels, so a position of a grid risked that of all levels, whichever have filled:
R = net / sum over the levels of part·|price - stop|. An entry of a further round adds nothing to it.

Source: V. K. Tharp, "Trade Your Way to Financial Freedom" (1998), chapter 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.arithmetic import EXACT, distance

FEWEST_RESULTS = 30
"""The least number of results from which a size may be computed."""
MOST_RESULTS = 500
"""The number of the latest results of an owner that are kept; the largest window that the settings allow."""

Results = Mapping[str, tuple[Decimal, ...]]
"""The R-multiples of the closed trades by owner, the latest last."""

_STEP = Decimal("1e-6")


def risk_of_fill(quantity: Decimal, price: Decimal, stop: Decimal | None) -> Decimal | None:
    """What a fill risks, in quote currency and before fees: quantity·|price - stop|; None without a stop."""
    return None if stop is None else EXACT.multiply(quantity, distance(price, stop))


def risk_of_both(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """The sum of two risks; None where one of them is not known."""
    return None if one is None or other is None else EXACT.add(one, other)


def with_result(results: Results, owner: str, net: Decimal, risked: Decimal | None) -> Results:
    """The results with that of one more trade, rounded to 1e-6; unchanged where the trade has no R-multiple."""
    if not risked:
        return results
    multiple = EXACT.quantize(EXACT.divide(net, risked), _STEP)
    return {**results, owner: (*results.get(owner, ()), multiple)[-MOST_RESULTS:]}
