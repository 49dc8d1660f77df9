"""The simulator's error: how a backtest of a live run's tape fills its orders, beside how they were filled live.

Orders belong together by the fact that began their chain, by instrument and by their own part of their id (see
`projections/behaviour.py`), because the ids of two logs differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from functools import cached_property
from typing import NamedTuple

from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Side
from domain.order import OrderPlaced
from projections.behaviour import Behaviour, Filled, Leg
from projections.comparison import Comparison, DecisionPair


class Executed(NamedTuple):
    """What was filled of an order: the time of its first execution (UTC), its quantity in base currency, its mean
    price, its value and its fees, in quote currency."""

    at: datetime
    quantity: Decimal
    price: Decimal
    value: Decimal
    fee: Decimal


class FillDifference(NamedTuple):
    """One order that was filled in at least one of both logs; None where it was not filled."""

    leg: Leg
    order: OrderPlaced
    live: Executed | None
    simulated: Executed | None
    money: Decimal
    """What the simulated fills give more than the live ones, less fees, in quote currency: negative where they are
    worse. It is of the quantity that both have filled; fees are counted in the same proportion."""

    @property
    def differs(self) -> bool:
        """Whether quantity, mean price or fees differ. Times always do a little, because a simulation has its own."""
        live, simulated = self.live, self.simulated
        if live is None or simulated is None:
            return True
        return (live.quantity, live.value, live.fee) != (simulated.quantity, simulated.value, simulated.fee)

    @property
    def at(self) -> datetime:
        """The first of both times."""
        return min(one.at for one in (self.live, self.simulated) if one is not None)


class Followed(NamedTuple):
    """A decision that differs, and the last fill before it that does; None where none does."""

    decision: DecisionPair
    after: FillDifference | None


@dataclass(frozen=True)
class SimulatorError:
    """`live` is the recorded log, `simulated` the backtest of its tape under its own settings, up to `until` (UTC)."""

    live: Behaviour
    simulated: Behaviour
    until: datetime

    @cached_property
    def orders(self) -> Sequence[FillDifference]:
        """Every order that was filled in the period, in order of its first fill."""
        before, after = self.live.fills, self.simulated.fills
        found = (self._of(leg, before.get(leg), after.get(leg)) for leg in {**before, **after})
        return sorted((one for one in found if one.at <= self.until), key=lambda one: (one.at, one.leg))

    @property
    def differing(self) -> Sequence[FillDifference]:
        """The orders whose fills differ."""
        return [one for one in self.orders if one.differs]

    @property
    def money(self) -> Decimal:
        """The sum over all orders that both have filled."""
        return total(one.money for one in self.orders)

    @cached_property
    def decisions(self) -> Sequence[Followed]:
        """The decisions that differ, each with the last fill before it that differs."""
        pairs = Comparison(self.live, self.simulated).decisions
        return [
            Followed(one, self._before(one)) for one in pairs if one.signal.candle_closed_at <= self.until
        ]

    def _of(
        self, leg: Leg, live: Sequence[Filled] | None, simulated: Sequence[Filled] | None
    ) -> FillDifference:
        order = self.live.orders.get(leg) or self.simulated.orders[leg]
        one, other = executed(live), executed(simulated)
        return FillDifference(leg, order, one, other, _money(order.side, one, other))

    def _before(self, pair: DecisionPair) -> FillDifference | None:
        """Also a fill of one log alone counts from the time at which the other had it not."""
        at = pair.signal.candle_closed_at
        return next((one for one in reversed(self.differing) if one.at <= at), None)


def executed(fills: Sequence[Filled] | None) -> Executed | None:
    """The executions of an order as one; None without any."""
    if not fills:
        return None
    quantity = total(one.quantity for one in fills)
    value = total(EXACT.multiply(one.price, one.quantity) for one in fills)
    price = fills[0].price if len(fills) == 1 else EXACT.divide(value, quantity)
    return Executed(fills[0].at, quantity, price, value, total(one.fee for one in fills))


def _money(side: Side, live: Executed | None, simulated: Executed | None) -> Decimal:
    if live is None or simulated is None:
        return ZERO
    both = min(live.quantity, simulated.quantity)
    with localcontext(EXACT):
        paid = _share(live.value, live, both) - _share(simulated.value, simulated, both)
        fees = _share(live.fee, live, both) - _share(simulated.fee, simulated, both)
        return fees + (paid if side is Side.BUY else -paid)


def _share(amount: Decimal, of: Executed, quantity: Decimal) -> Decimal:
    return amount if quantity == of.quantity else amount * quantity / of.quantity
