"""The plan of an entry: its prices, its size and its funds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from domain.addition import room
from domain.arithmetic import CEILING, EXACT, ONE, ZERO, distance, total
from domain.committees.view import View
from domain.committees.weights import share_of
from domain.direction import Direction
from domain.entry import Entry
from domain.grid import Grid, on_ticks, prices, worst_loss
from domain.instrument import Instrument, round_down, round_up
from domain.portfolio import OpenPosition
from domain.sizing.kelly import Kelly, Ruled, ruled
from domain.sizing.settings import SizingSettings
from domain.sizing.size import (
    Funds,
    Sized,
    leverage_of,
    margin_required,
    named,
    size,
    size_addition,
    size_grid,
)


class Plan(Struct, frozen=True, gc=False, kw_only=True):
    """The prices of an entry, its size, and the funds that limit the size.

    Prices are in quote currency; `stop` and `target` are multiples of the tick of `rules`, and so are the prices of
    `grid`. The plan of a grid is judged at its worst case: every level is entered, then stopped. `sizing` are the
    owner's settings of sizing; `kelly` is what the rule KELLY computed, None where the size is not by this rule.
    """

    rules: Instrument
    entry: Decimal
    stop: Decimal | None
    target: Decimal | None
    funds: Funds
    sized: Sized
    sizing: SizingSettings
    kelly: Kelly | None = None
    grid: Grid | None = None

    @property
    def levels(self) -> tuple[Decimal, Decimal]:
        """Stop and target; raises ValueError if one of them is missing."""
        if self.stop is None or self.target is None:
            raise ValueError("the entry has no stop, or no target")
        return self.stop, self.target

    @property
    def notional(self) -> Decimal:
        """quantity·price, in quote currency."""
        return total(EXACT.multiply(quantity, price) for price, quantity in self.orders)

    @property
    def orders(self) -> Sequence[tuple[Decimal, Decimal]]:
        """Price and quantity of each entry order."""
        if self.grid is None:
            return ((self.entry, self.sized.quantity),)
        return [(price, self.part) for price in prices(self.grid)]

    @property
    def part(self) -> Decimal:
        """The quantity of one level of a grid; the whole quantity of any other entry, in base currency."""
        return part_of(self.sized.quantity, self.grid)

    @property
    def margin(self) -> Decimal:
        """Initial margin and the taker fees in and out, in quote currency."""
        return total(
            margin_required(self.rules, quantity, price, self.funds.leverage)
            for price, quantity in self.orders
        )

    @property
    def risk(self) -> Decimal:
        """The loss at the stop, in quote currency and before fees; that of a grid includes the fees in and out.

        Without a stop the risk is the initial margin, the most that an isolated position can lose.
        """
        if self.stop is None:
            return CEILING.divide(self.notional, self.funds.leverage)
        if self.grid is not None:
            return EXACT.multiply(self.part, worst_loss(self.grid, self.stop, self.rules.taker_fee))
        return EXACT.multiply(self.sized.quantity, distance(self.entry, self.stop))


TO_TICK: Mapping[Direction, Callable[[Decimal, Decimal], Decimal]] = {
    Direction.LONG: round_down,
    Direction.SHORT: round_up,
}
"""Rounding is never in our favour. The stop is rounded away from the entry, so that the size is computed for the larger
risk. The target is rounded towards the entry. For a long both are rounded down, for a short both up."""


def plan(entry: Entry, view: View, adds_to: OpenPosition | None = None) -> Plan:
    """The prices, size and funds of the entry; `adds_to` is the position that it increases.

    An addition has the stop and target of its position; one that the position does not have is the signal's.

    Raises AccountNotOpened without an account, InstrumentNotListed without the instrument's rules, ValueError if the
    entry has no quantity and no stop from which to compute one.
    """
    rules = view.listed
    stop, target = _on_tick(entry, entry.stop, rules), _on_tick(entry, entry.target, rules)
    funds = funds_of(view)
    grid = None if entry.grid is None else on_ticks(entry.grid, entry.direction, rules.tick)
    by = _rule_of(entry, view)
    if adds_to is None:
        sized = _sized(entry, stop, grid, funds, view, by)
    else:
        stop, target = adds_to.state.stop or stop, adds_to.state.target or target
        sized = _added(entry, stop, funds, view, adds_to, by)
    return Plan(
        rules=rules,
        entry=entry.price,
        stop=stop,
        target=target,
        funds=funds,
        sized=sized,
        sizing=by.settings,
        kelly=by.kelly,
        grid=grid,
    )


def _rule_of(entry: Entry, view: View) -> Ruled:
    """The rule of the entry's owner; a given quantity needs none of its numbers."""
    settings = view.settings.settings.sizing_of(entry.owner)
    if entry.quantity is not None:
        return Ruled(settings, None)
    return ruled(settings, view.portfolio.results.get(entry.owner, ()))


def most_risk(settings: SizingSettings, view: View) -> Decimal | None:
    """The loss at the stop to which a size is cut, in quote currency; None where larger sizes are refused instead."""
    return EXACT.multiply(view.account.balance, view.risk.max_risk_per_trade) if settings.cuts else None


def part_of(quantity: Decimal, grid: Grid | None) -> Decimal:
    """The quantity of one order: an equal part of the whole for each level of a grid, in base currency."""
    return quantity if grid is None else EXACT.divide(quantity, Decimal(len(grid.levels)))


def _on_tick(entry: Entry, level: Decimal | None, rules: Instrument) -> Decimal | None:
    """Rounds only a signal's levels: a person's level that is no multiple of the tick was refused before."""
    if level is None or entry.origin is None:
        return level
    return TO_TICK[entry.direction](level, rules.tick)


def _sized(
    entry: Entry, stop: Decimal | None, grid: Grid | None, funds: Funds, view: View, by: Ruled
) -> Sized:
    if entry.quantity is not None:
        return named(view.listed, entry.price, entry.quantity)
    if stop is None:
        raise ValueError("an entry without a stop needs a quantity")
    if by.kelly is not None and by.kelly.reason:
        return _nothing(by.kelly.reason)
    most, share = most_risk(by.settings, view), share_of(entry, view)
    if grid is not None:
        return size_grid(by.settings, view.listed, grid, stop, funds, most, share=share)
    return size(by.settings, view.listed, entry.price, stop, funds, most, share=share)


def _nothing(reason: str) -> Sized:
    return Sized(wanted=ZERO, quantity=ZERO, reasons=(reason,), cuts=())


def _added(
    entry: Entry, stop: Decimal | None, funds: Funds, view: View, adds_to: OpenPosition, by: Ruled
) -> Sized:
    if stop is None:
        raise ValueError("an addition needs a stop")
    if by.kelly is not None and by.kelly.reason:
        return _nothing(by.kelly.reason)
    settings, rules = view.settings.settings, view.listed
    limit = EXACT.multiply(funds.balance, view.risk.max_risk_per_trade)
    return size_addition(
        by.settings,
        rules,
        entry.price,
        stop,
        funds,
        share=EXACT.multiply(settings.intents_of(entry.owner).addition_size, share_of(entry, view)),
        room=room(adds_to.state, entry.price, stop, rules.taker_fee, limit),
    )


def funds_of(view: View) -> Funds:
    """The account's funds for one more entry.

    Spendable is the balance less three amounts: the funds reserved for working entries, the margin of open positions,
    and the reserve. The filled part of a working entry is subtracted twice, as reservation and as margin, so spendable
    is too low until the entry ends. Unrealised profit and loss is not recorded; the reserve covers it.
    """
    account = view.account
    committed = total((*account.reserved.values(), margin_held(view), reserve(view)))
    spendable = max(EXACT.subtract(account.balance, committed), ZERO)
    return Funds(
        account.balance, spendable, leverage_of(view.listed, view.portfolio.leverage_in_force(view.listed.id))
    )


def margin_left(view: View) -> Decimal:
    """The largest margin with fees of one more entry: the spendable funds, and what `margin.max_in_use` leaves."""
    spendable, share = funds_of(view).spendable, view.settings.settings.margin.max_in_use
    if not share:
        return spendable
    most = EXACT.multiply(view.account.balance, share)
    return min(spendable, EXACT.subtract(most, total((*view.account.reserved.values(), margin_held(view)))))


def margin_held(view: View) -> Decimal:
    """The initial margin of all open positions, in quote currency: cost / leverage."""
    return total(margin_of(held, view) for held in view.portfolio.positions.values())


def reserve(view: View) -> Decimal:
    """The part of the balance that is never used as margin, in quote currency."""
    return EXACT.multiply(view.account.balance, view.risk.reserved_balance)


def margin_of(held: OpenPosition, view: View) -> Decimal:
    """The initial margin of a position; its whole cost if the instrument's rules are not known."""
    rules = view.portfolio.instruments.get(held.state.instrument)
    leverage = ONE if rules is None else leverage_of(rules, view.portfolio.leverage_in_force(rules.id))
    return CEILING.divide(held.state.cost, leverage)
