"""The plan of an entry: where it would stand, and how much of it there may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import CEILING, EXACT, ONE, ZERO, distance, total
from domain.committees.view import View
from domain.direction import Direction
from domain.instrument import round_down, round_up
from domain.portfolio import OpenPosition
from domain.signal import SignalDetected
from domain.sizing import Funds, Sized, leverage_of, size


class Plan(Struct, frozen=True, gc=False, kw_only=True):
    """Prices in quote currency, `stop` and `target` on the tick; the size, and the funds it was found with."""

    entry: Decimal
    stop: Decimal
    target: Decimal
    funds: Funds
    sized: Sized

    @property
    def risk(self) -> Decimal:
        """What is lost, in quote currency and before fees, when the stop is hit."""
        return EXACT.multiply(self.sized.quantity, distance(self.entry, self.stop))


_TO_TICK: Mapping[Direction, Callable[[Decimal, Decimal], Decimal]] = {
    Direction.LONG: round_down,
    Direction.SHORT: round_up,
}
"""Never in our favour: the stop goes away from the entry, so that the size covers the wider risk, the target
towards it. For a long both are down, for a short both are up."""


def plan(signal: SignalDetected, view: View) -> Plan:
    """The entry that the signal proposes, at the price it was said at.

    Raises AccountNotOpened and InstrumentNotListed, where there is nothing to plan with.
    """
    instrument, to_tick = view.listed, _TO_TICK[signal.direction]
    stop, target = to_tick(signal.stop, instrument.tick), to_tick(signal.target, instrument.tick)
    funds = funds_of(view)
    sized = size(view.settings.settings.sizing, instrument, signal.price, stop, funds)
    return Plan(entry=signal.price, stop=stop, target=target, funds=funds, sized=sized)


def funds_of(view: View) -> Funds:
    """The account's money as one more entry may use it.

    Spendable is the balance less what working entries have reserved, the margin of open positions and the reserve
    that is never touched. An entry that is filled in part counts in both until it ends: too much rather than too
    little. What open positions have gained or lost is not on record, so the reserve is there to bear it.
    """
    account = view.account
    spoken_for = total((*account.reserved.values(), margin_held(view), reserve(view)))
    spendable = max(EXACT.subtract(account.balance, spoken_for), ZERO)
    return Funds(account.balance, spendable, leverage_of(view.listed, account.leverage))


def margin_held(view: View) -> Decimal:
    """The initial margin of all open positions, in quote currency: cost / leverage."""
    return total(_margin(held, view) for held in view.portfolio.positions.values())


def reserve(view: View) -> Decimal:
    """The part of the balance that is never put up as margin, in quote currency."""
    return EXACT.multiply(view.account.balance, view.risk.reserved_balance)


def _margin(held: OpenPosition, view: View) -> Decimal:
    """All of the cost where the instrument's rules are not known."""
    rules = view.portfolio.instruments.get(held.state.instrument)
    leverage = ONE if rules is None else leverage_of(rules, view.account.leverage)
    return CEILING.divide(held.state.cost, leverage)
