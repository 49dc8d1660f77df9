"""The net profit of a position: what a close now would leave after all its costs, leverage apart."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from domain.arithmetic import EXACT
from domain.position import Open, net_at, notional

_STEP = Decimal("1e-8")


def net_share(state: Open, price: Decimal, fee_rate: Decimal) -> Decimal:
    """The net profit of the whole position if what is held were closed at this price, as a fraction of all its cost.

    (gross + quantity * (price - average entry) - fees - quantity * price * fee_rate + funding) / spent for a long; the
    bracket has the opposite sign for a short. `gross`, `fees` and `funding` are those recorded so far, so that fees of
    the entry and of earlier reductions count. `fee_rate` is the taker fee, a fraction of the notional. Rounded down to
    1e-8.
    """
    fee = EXACT.multiply(notional(state.quantity, price), fee_rate)
    share = EXACT.divide(net_at(state, price, fee), state.spent)
    return share.quantize(_STEP, rounding=ROUND_FLOOR, context=EXACT)
