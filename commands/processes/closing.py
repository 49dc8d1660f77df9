"""Processes after an order or a position has ended: funds are released, and the kill switch may be tripped."""

from __future__ import annotations

from collections.abc import Sequence

from commands.account import ReleaseFunds
from commands.processes.moment import Moment
from commands.routes import Command
from commands.tripping import trip
from domain.account import BalanceChanged, BalanceReason
from domain.daily_loss import loss_of_day
from domain.order import Closed, OrderOverfilled
from domain.settings import OnDailyLoss
from domain.win_rate import too_few_wins

_TRANSFER = BalanceReason.TRANSFER


def release_funds(moment: Moment) -> Sequence[Command]:
    """Releases the reserved funds of an order that has ended."""
    ended = isinstance(moment.branch.state(moment.envelope.meta.stream), Closed)
    reserved = moment.subject in moment.portfolio.account.reserved
    return [ReleaseFunds(moment.subject)] if ended and reserved else ()


def trip_on_overfill(moment: Moment) -> Sequence[Command]:
    """Trips the kill switch on an overfill, because no decision covers its exposure."""
    event = moment.envelope.event
    assert isinstance(event, OrderOverfilled)
    return [trip(f"order {moment.subject} was filled {event.excess} beyond its quantity", moment.portfolio)]


def trip_on_daily_loss(moment: Moment) -> Sequence[Command]:
    """Trips the kill switch when a realised loss, a fee or funding takes the day's loss to `risk.max_daily_loss`.

    Only with `risk.on_daily_loss = TRIP`. A withdrawal is no loss. A gain trips nothing, also while the day's loss is
    above the limit, so that a person's reset holds until the next loss.
    """
    event, limits = moment.envelope.event, moment.portfolio.settings.settings.risk
    assert isinstance(event, BalanceChanged)
    if limits.on_daily_loss is not OnDailyLoss.TRIP or event.amount >= 0 or event.reason is _TRANSFER:
        return ()
    day = loss_of_day(moment.portfolio.account, limits.max_daily_loss)
    if not day.is_reached:
        return ()
    reason = f"the day's loss of {day.loss} has reached its limit of {day.limit}"
    return [trip(reason, moment.portfolio)]


def trip_on_win_rate(moment: Moment) -> Sequence[Command]:
    """Trips the kill switch if too few of the last trades were won.

    Nothing follows while fewer trades than the window were closed since the last reset.
    """
    limits, portfolio = moment.portfolio.settings.settings.risk, moment.portfolio
    won = too_few_wins(portfolio.trades, portfolio.reset_at, limits)
    if won is None:
        return ()
    return [
        trip(
            f"{won} of the last {limits.win_rate_window} trades were won, less than {limits.minimum_win_rate} of them",
            portfolio,
        )
    ]
