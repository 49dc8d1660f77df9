"""The plan of an entry: where it would stand, and how much of it there may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import CEILING, EXACT, ONE, ZERO, distance, total
from domain.committees.view import View
from domain.direction import Direction
from domain.entry import Entry
from domain.instrument import Instrument, round_down, round_up
from domain.portfolio import OpenPosition
from domain.sizing import Funds, Sized, leverage_of, margin_required, named, size


class Plan(Struct, frozen=True, gc=False, kw_only=True):
    """Prices in quote currency, `stop` and `target` on the tick of `rules`; the size, and the funds it is held to."""

    rules: Instrument
    entry: Decimal
    stop: Decimal | None
    target: Decimal | None
    funds: Funds
    sized: Sized

    @property
    def levels(self) -> tuple[Decimal, Decimal]:
        """Stop and target; raises ValueError where one of them is missing."""
        if self.stop is None or self.target is None:
            raise ValueError("the entry has no stop, or no target")
        return self.stop, self.target

    @property
    def notional(self) -> Decimal:
        """quantity·price, in quote currency."""
        return EXACT.multiply(self.sized.quantity, self.entry)

    @property
    def margin(self) -> Decimal:
        """Initial margin and the taker fees in and out, in quote currency."""
        return margin_required(self.rules, self.sized.quantity, self.entry, self.funds.leverage)

    @property
    def risk(self) -> Decimal:
        """What its stop costs, in quote currency and before fees.

        Without a stop it is the initial margin, which is all that an isolated position can lose.
        """
        if self.stop is None:
            return CEILING.divide(self.notional, self.funds.leverage)
        return EXACT.multiply(self.sized.quantity, distance(self.entry, self.stop))


_TO_TICK: Mapping[Direction, Callable[[Decimal, Decimal], Decimal]] = {
    Direction.LONG: round_down,
    Direction.SHORT: round_up,
}
"""Never in our favour: the stop goes away from the entry, so that the size covers the wider risk, the target
towards it. For a long both are down, for a short both are up."""


def plan(entry: Entry, view: View) -> Plan:
    """Where the entry would stand, and how much of it there would be.

    Raises AccountNotOpened and InstrumentNotListed where there is nothing to plan with, ValueError where neither a
    quantity is named nor a stop that one could be found by.
    """
    rules = view.listed
    stop, target = _on_tick(entry, entry.stop, rules), _on_tick(entry, entry.target, rules)
    funds = funds_of(view)
    sized = _sized(entry, stop, funds, view)
    return Plan(rules=rules, entry=entry.price, stop=stop, target=target, funds=funds, sized=sized)


def _on_tick(entry: Entry, level: Decimal | None, rules: Instrument) -> Decimal | None:
    """A person's levels were refused unless they are on the tick; they stay in the digits they were given in."""
    if level is None or entry.origin is None:
        return level
    return _TO_TICK[entry.direction](level, rules.tick)


def _sized(entry: Entry, stop: Decimal | None, funds: Funds, view: View) -> Sized:
    if entry.quantity is not None:
        return named(view.listed, entry.price, entry.quantity)
    if stop is None:
        raise ValueError("an entry without a stop names its quantity")
    return size(view.settings.settings.sizing, view.listed, entry.price, stop, funds)


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
