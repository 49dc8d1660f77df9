"""The processes of a grid: a level that was sold is entered again, and its end withdraws what still waits."""

from __future__ import annotations

from collections.abc import Sequence

from commands.account import ReserveFunds
from commands.covering import is_placed
from commands.grid_orders import Levels, level_orders
from commands.order import PlaceOrder, check_terms
from commands.processes.deciding import view_of
from commands.processes.moment import Moment, fresh_until
from commands.processes.pausing import with_pauses
from commands.processes.withdrawing import ENDING, withdrawn
from commands.routes import Command
from commands.signal import EndGrid
from domain.arithmetic import EXACT, ZERO, total
from domain.committees.plan import margin_left
from domain.committees.view import View
from domain.committees.weights import row_of
from domain.daily_loss import loss_of_day
from domain.direction import Purpose
from domain.errors import InvalidInput
from domain.grid import GridEnd, RunningGrid, chain_of, entry_number
from domain.opposed import taken_out
from domain.order import Closed, OrderStatus, Working, with_freshness
from domain.pause import ACCOUNT
from domain.portfolio import Portfolio
from domain.position import PositionClosed, PositionReduced
from domain.signal import Decided, GridEnded, Verdict
from domain.streams import order_stream, parse_position, signal_stream

GRID_ENDED = "GRID_ENDED"


def end_on_signal(moment: Moment) -> Sequence[Command]:
    """Ends the grid whose position or entries a decided signal takes out."""
    decided = moment.branch.state(moment.envelope.meta.stream)
    assert isinstance(decided, Decided)
    if decided.decision.verdict not in _TAKES_OUT:
        return ()
    grid = moment.portfolio.grids.get(decided.signal.instrument)
    out = taken_out(decided.signal, decided.signal.strategy, moment.portfolio)
    return () if grid is None or out.is_empty else [EndGrid(grid.chain, GridEnd.EXIT)]


_TAKES_OUT = frozenset({Verdict.CLOSE, Verdict.REVERSE})


def end_on_close(moment: Moment) -> Sequence[Command]:
    """Ends the grid whose position is being closed, whoever closes it."""
    grid = moment.portfolio.grids.get(parse_position(moment.envelope.meta.stream).instrument)
    return () if grid is None else [EndGrid(grid.chain, GridEnd.CLOSED)]


def end_on_trip(moment: Moment) -> Sequence[Command]:
    """Ends every grid when the kill switch is tripped."""
    return [EndGrid(grid.chain, GridEnd.KILL_SWITCH) for grid in moment.portfolio.grids.values()]


def end_when_done(moment: Moment) -> Sequence[Command]:
    """Ends the grid of an order that has ended, if no entry of the grid works and nothing is held."""
    order = moment.branch.state(moment.envelope.meta.stream)
    if not isinstance(order, Working | Closed):
        return ()
    grid = moment.portfolio.grids.get(order.terms.instrument)
    return () if grid is None else _end_if_done(grid, moment.portfolio)


def follow_reduction(moment: Moment) -> Sequence[Command]:
    """After a fill that reduced or closed the position: the level that was sold is entered again, or the grid ends.

    Only a level whose entry and target have both filled as a whole is entered again, so that a level never holds more
    than its part of the plan.
    """
    event = moment.envelope.event
    assert isinstance(event, PositionReduced | PositionClosed)
    grid = moment.portfolio.grids.get(parse_position(moment.envelope.meta.stream).instrument)
    if grid is None:
        return ()
    order = moment.branch.state(order_stream(moment.account, event.order_id))
    assert isinstance(order, Working | Closed)
    if order.terms.purpose is not Purpose.TARGET:
        return [EndGrid(grid.chain, _ENDS.get(order.terms.purpose, GridEnd.REDUCED))]
    again = _again(moment, grid, event.order_id, order)
    return again or _end_if_done(grid, moment.portfolio)


_ENDS = {Purpose.STOP: GridEnd.STOP, Purpose.REVERSAL: GridEnd.CLOSED}


def withdraw_levels(moment: Moment) -> Sequence[Command]:
    """Withdraws the entries of an ended grid that still work. What is held keeps its targets and its stop."""
    event = moment.envelope.event
    assert isinstance(event, GridEnded)
    return [
        command
        for order_id, entry in moment.portfolio.entries.items()
        if chain_of(order_id) == moment.subject and entry.order.status not in ENDING
        for command in withdrawn(moment, order_id, GRID_ENDED)
    ]


def is_of_a_grid(moment: Moment, order_id: str) -> bool:
    """Whether the order belongs to a signal that entered a grid, which may have ended."""
    signal = moment.branch.state(signal_stream(moment.account, chain_of(order_id) or order_id))
    return isinstance(signal, Decided) and signal.has_grid


def _end_if_done(grid: RunningGrid, portfolio: Portfolio) -> Sequence[Command]:
    waits = any(chain_of(order_id) == grid.chain for order_id in portfolio.entries)
    return () if waits or grid.instrument in portfolio.positions else [EndGrid(grid.chain, GridEnd.DONE)]


def _again(moment: Moment, grid: RunningGrid, target_id: str, target: Working | Closed) -> Sequence[Command]:
    """The level's next entry with its stop and target, on the terms of the last one; none if it may not be placed."""
    if chain_of(target_id) != grid.chain or target.status is not OrderStatus.FILLED:
        return ()
    number = entry_number(target_id)
    following = grid.grid.next_number(number)
    entry = moment.branch.state(_entry_of(moment, grid, number))
    if following is None or not isinstance(entry, Closed) or entry.status is not OrderStatus.FILLED:
        return ()
    if target.filled != entry.filled or is_placed(_entry_of(moment, grid, following), moment.branch.state):
        return ()
    again = with_freshness(entry.terms, fresh_until=fresh_until(moment))
    orders = level_orders(
        grid.chain,
        following,
        again,
        moment.portfolio.instruments[grid.instrument],
        moment.portfolio.leverage_in_force(grid.instrument),
        Levels(grid.stop, target.terms.limit_price),
    )
    return orders if _is_permitted(moment, grid, orders) else ()


def _entry_of(moment: Moment, grid: RunningGrid, number: int) -> str:
    return order_stream(moment.account, f"{grid.chain}-e{number}")


def _is_permitted(moment: Moment, grid: RunningGrid, orders: Sequence[Command]) -> bool:
    """Whether the grid's time is not over, its owner and the account may trade, the free margin is enough, and
    the orders fit rules that may have changed. A pause that the fill's own loss begins counts."""
    view = view_of(with_pauses(moment), grid.instrument)
    if moment.now >= grid.ends_at or not _may_enter(grid, view):
        return False
    left = margin_left(view)
    reserved = [one.amount for one in orders if isinstance(one, ReserveFunds)]
    placed = [one for one in orders if isinstance(one, PlaceOrder)]
    return total(reserved) <= left and all(_fits(one) for one in placed)


def _may_enter(grid: RunningGrid, view: View) -> bool:
    """Whether nothing holds back every entry of the grid's owner, of its instrument or of the account.

    A pause whose time is over may not be recorded as ended yet.
    """
    settings, account, allowed = view.settings.settings, view.account, view.risk.allowed
    is_trading = grid.owner in settings.instances and grid.owner not in settings.paused
    pauses, weight = view.portfolio.pauses, row_of(grid.owner, grid.instrument, view)
    is_paused = any(
        owner in pauses and not pauses[owner].is_over(view.now) for owner in (ACCOUNT, grid.owner)
    )
    is_weighed_out = weight is not None and weight.weight <= ZERO
    is_allowed = not allowed or grid.instrument in allowed
    has_lost = loss_of_day(account, view.risk.max_daily_loss).is_reached
    return is_trading and is_allowed and not (is_paused or is_weighed_out or account.tripped or has_lost)


def _fits(order: PlaceOrder) -> bool:
    rules, terms = order.rules, order.terms
    level = terms.limit_price or terms.trigger_price
    if rules is None or level is None:
        return False
    try:
        check_terms(terms, rules)
    except InvalidInput:
        return False
    is_worth = terms.reduce_only or EXACT.multiply(level, terms.quantity) >= rules.min_notional
    return is_worth and rules.min_quantity <= terms.quantity <= rules.max_quantity
